//! Files of `web/`, built into the binary; in a debug build read from the folder at each request.

use std::io::Write as _;

use actix_web::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, VARY};
use actix_web::{HttpRequest, HttpResponse, web};
use bank::ApiError;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../../web/static"]
struct Static;

#[derive(RustEmbed)]
#[folder = "../../web/stage"]
struct Stage;

#[derive(RustEmbed)]
#[folder = "../../web/i18n"]
pub(crate) struct I18n;

/// What the pages of the app load, compressed for those who take it. No file has a secret in it that its length could tell.
pub(crate) async fn file(
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let file = Static::get(&path).ok_or(NO_FILE)?;
    let mut answer = HttpResponse::Ok();
    answer
        .content_type(media_type(&path))
        .insert_header((VARY, "accept-encoding"));
    Ok(
        match compressed(&file.data).filter(|_| takes_gzip(&request)) {
            Some(body) => answer.insert_header((CONTENT_ENCODING, "gzip")).body(body),
            None => answer.body(file.data.into_owned()),
        },
    )
}

/// A file of `web/static`, as it is.
pub(crate) fn static_file(path: &str) -> Result<HttpResponse, ApiError> {
    answer(path, Static::get(path))
}

/// Whether the client names gzip among the encodings that it takes (RFC 9110 §12.5.3), and does not give it no weight.
fn takes_gzip(request: &HttpRequest) -> bool {
    let header = request.headers().get(ACCEPT_ENCODING);
    let header = header.and_then(|value| value.to_str().ok()).unwrap_or("");
    header.split(',').any(|choice| {
        let mut parts = choice.split(';').map(str::trim);
        parts.next() == Some("gzip") && parts.next() != Some("q=0")
    })
}

/// The file in fewer bytes; none where they would not be fewer.
fn compressed(file: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(file).ok()?;
    let body = encoder.finish().ok()?;
    (body.len() < file.len()).then_some(body)
}

/// A script or style of `web/stage`, for the origins beside the app. The template of the page stands there too, and is none.
pub(crate) fn stage_file(path: &str) -> Result<HttpResponse, ApiError> {
    answer(path, Stage::get(path).filter(|_| !path.ends_with(".html")))
}

/// The text of a script of `web/stage`.
pub(crate) fn stage_source(path: &str) -> Option<std::borrow::Cow<'static, [u8]>> {
    Stage::get(path).map(|file| file.data)
}

const NO_FILE: ApiError = ApiError::NotFound("There is no such file.");

fn answer(path: &str, file: Option<EmbeddedFile>) -> Result<HttpResponse, ApiError> {
    let file = file.ok_or(NO_FILE)?;
    Ok(HttpResponse::Ok()
        .content_type(media_type(path))
        .body(file.data.into_owned()))
}

/// The media type of a file by its name.
pub(crate) fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use actix_web::test::TestRequest;
    use flate2::read::GzDecoder;

    use super::*;

    fn takes(encodings: &str) -> bool {
        let request = TestRequest::default().insert_header((ACCEPT_ENCODING, encodings));
        takes_gzip(&request.to_http_request())
    }

    #[test]
    fn gzip_is_sent_to_those_who_take_it_and_to_nobody_else() {
        assert!(takes("gzip, deflate, br, zstd") && takes("br;q=1.0, gzip;q=0.8"));
        assert!(!takes("br, deflate") && !takes("gzip;q=0") && !takes(""));
    }

    #[test]
    fn a_file_is_the_same_when_it_is_unpacked_and_stays_as_it_is_where_packing_gains_nothing() {
        let script = "export const one = 1;\n".repeat(20);
        let packed = compressed(script.as_bytes()).unwrap();
        let mut unpacked = String::new();
        GzDecoder::new(packed.as_slice())
            .read_to_string(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, script);
        assert_eq!(compressed(b"x"), None);
    }
}
