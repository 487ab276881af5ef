//! Files of `web/`, built into the binary; in a debug build read from the folder at each request.

use actix_web::{HttpResponse, web};
use bank::ApiError;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../web/static"]
struct Static;

#[derive(RustEmbed)]
#[folder = "../../web/i18n"]
pub(crate) struct I18n;

pub(crate) async fn file(path: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let file = Static::get(&path).ok_or(ApiError::NotFound("There is no such file."))?;
    let kind = match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    };
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .body(file.data.into_owned()))
}
