//! Files of `web/`, built into the binary; in a debug build read from the folder at each request.

use actix_web::{HttpResponse, web};
use bank::ApiError;
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

/// What the pages of the app load.
pub(crate) async fn file(path: web::Path<String>) -> Result<HttpResponse, ApiError> {
    static_file(&path)
}

/// A file of `web/static`.
pub(crate) fn static_file(path: &str) -> Result<HttpResponse, ApiError> {
    answer(path, Static::get(path))
}

/// A script or style of `web/stage`, for the origins beside the app. The template of the page stands there too, and is none.
pub(crate) fn stage_file(path: &str) -> Result<HttpResponse, ApiError> {
    answer(path, Stage::get(path).filter(|_| !path.ends_with(".html")))
}

/// The text of a script of `web/stage`.
pub(crate) fn stage_source(path: &str) -> Option<std::borrow::Cow<'static, [u8]>> {
    Stage::get(path).map(|file| file.data)
}

fn answer(path: &str, file: Option<EmbeddedFile>) -> Result<HttpResponse, ApiError> {
    let file = file.ok_or(ApiError::NotFound("There is no such file."))?;
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
