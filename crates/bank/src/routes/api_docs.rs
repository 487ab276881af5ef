//! The interface, described by itself: `/openapi.json` (OpenAPI 3.1) and a page to read it by.

use std::fmt::Write as _;

use actix_web::http::header::CONTENT_SECURITY_POLICY;
use actix_web::{HttpResponse, web};
use serde_json::Value;
use utoipa::OpenApi;

use super::{accounts, admin, logins, notes, operations, users};
use crate::problem::{ApiError, Problem};

/// The routes that both servers share.
#[derive(Debug, OpenApi)]
#[openapi(
    info(
        title = "Bank",
        description = "A little bank, guarded by a cookie session or by JWT access tokens. Times are RFC 3339, amounts integer minor units, errors application/problem+json."
    ),
    paths(
        users::sign_up,
        users::change_password,
        accounts::who_am_i,
        accounts::me,
        accounts::transfer,
        accounts::list_transfers,
        notes::list,
        notes::add,
        logins::csrf_token,
        logins::list,
        logins::end_one,
        logins::end_all,
        admin::ban,
        admin::change_role,
        operations::alive,
        operations::ready,
        operations::metrics,
    ),
    components(schemas(Problem, logins::LoginRequest))
)]
pub struct BankApi;

/// The document of one server, built once.
#[derive(Clone, Debug)]
pub struct OpenApiDocument {
    json: String,
    page: String,
}

impl OpenApiDocument {
    /// The shared routes with those of `server` added.
    ///
    /// # Errors
    /// Only when the document does not become JSON, which it does.
    pub fn of(title: &str, server: utoipa::openapi::OpenApi) -> Result<Self, serde_json::Error> {
        let mut document = BankApi::openapi().merge_from(server);
        title.clone_into(&mut document.info.title);
        let value = serde_json::to_value(&document)?;
        Ok(Self {
            json: serde_json::to_string_pretty(&value)?,
            page: render(title, &value),
        })
    }
}

pub(super) async fn document(document: web::Data<OpenApiDocument>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(document.json.clone())
}

pub(super) async fn page(document: web::Data<OpenApiDocument>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        ))
        .content_type("text/html; charset=utf-8")
        .body(document.page.clone())
}

pub(super) async fn stylesheet() -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .body(include_str!("api_docs.css")))
}

/// Every operation of the document as a section: method, path, what it does, what it answers.
fn render(title: &str, document: &Value) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><link rel=\"stylesheet\" href=\"/api-docs.css\"><main><h1>{title}</h1>\
         <p>The same as a document for programs: <a href=\"/openapi.json\">/openapi.json</a>.</p>",
        title = escape(title)
    );
    for (path, operations) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let summary = [&operation["summary"], &operation["description"]]
                .into_iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(" ");
            // Formatting into a String cannot fail.
            let _ = write!(
                page,
                "<section><h2><b>{}</b> <code>{}</code></h2><p>{}</p><dl>",
                escape(&method.to_uppercase()),
                escape(path),
                escape(&summary)
            );
            for (status, response) in operation["responses"].as_object().into_iter().flatten() {
                let _ = write!(
                    page,
                    "<dt>{}</dt><dd>{}</dd>",
                    escape(status),
                    escape(response["description"].as_str().unwrap_or_default())
                );
            }
            page.push_str("</dl></section>");
        }
    }
    page.push_str("</main></html>");
    page
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
