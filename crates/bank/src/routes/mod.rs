//! The routes that both servers share, and the one value that they work on.

mod accounts;
mod admin;
mod api_docs;
mod logins;
mod notes;
mod operations;
mod users;

use std::sync::Arc;

use actix_web::error::{JsonPayloadError, PathError, QueryPayloadError};
use actix_web::{HttpRequest, HttpResponse, Resource, ResponseError, web};
use user_store::Stores;

pub use api_docs::{BankApi, OpenApiDocument};
pub use logins::LoginRequest;

use crate::authentication::Authentication;
use crate::problem::ApiError;
use crate::throttle::LoginThrottle;

/// The largest JSON body that is read, in bytes.
const JSON_LIMIT: usize = 16 * 1024;

/// Everything that the handlers work on.
#[derive(Clone)]
pub struct Bank {
    /// Users, ledger, notes, sessions, families; the password hasher; the clock.
    pub stores: Stores,
    /// What makes this server a session server or a token server.
    pub authentication: Arc<dyn Authentication>,
    /// What keeps passwords from being guessed.
    pub throttle: LoginThrottle,
}

impl std::fmt::Debug for Bank {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bank").finish_non_exhaustive()
    }
}

/// Registers the shared routes and the readers of bodies, paths and queries.
///
/// The application must hold a [`Bank`], an [`OpenApiDocument`], a [`crate::CsrfCookie`], an `HttpConfig` and `Metrics` as
/// data; [`crate::harden`] brings the last two.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .app_data(
            web::JsonConfig::default()
                .limit(JSON_LIMIT)
                .error_handler(|error, _| json_error(&error).into()),
        )
        .app_data(web::PathConfig::default().error_handler(|error, _| path_error(&error).into()))
        .app_data(web::QueryConfig::default().error_handler(|error, _| query_error(&error).into()))
        .service(resource("/users", "POST").route(web::post().to(users::sign_up)))
        .service(resource("/login", "POST").route(web::post().to(logins::log_in)))
        .service(resource("/csrf-token", "GET").route(web::get().to(logins::csrf_token)))
        .service(resource("/whoami", "GET").route(web::get().to(accounts::who_am_i)))
        .service(resource("/me", "GET").route(web::get().to(accounts::me)))
        .service(
            resource("/transfers", "GET, POST")
                .route(web::get().to(accounts::list_transfers))
                .route(web::post().to(accounts::transfer)),
        )
        .service(
            resource("/notes", "GET, POST")
                .route(web::get().to(notes::list))
                .route(web::post().to(notes::add)),
        )
        .service(
            resource("/sessions", "GET, DELETE")
                .route(web::get().to(logins::list))
                .route(web::delete().to(logins::end_all)),
        )
        .service(resource("/sessions/{id}", "DELETE").route(web::delete().to(logins::end_one)))
        .service(resource("/password", "POST").route(web::post().to(users::change_password)))
        .service(resource("/admin/users/{id}/ban", "POST").route(web::post().to(admin::ban)))
        .service(
            resource("/admin/users/{id}/role", "POST").route(web::post().to(admin::change_role)),
        )
        .service(resource("/healthz", "GET").route(web::get().to(operations::alive)))
        .service(resource("/readyz", "GET").route(web::get().to(operations::ready)))
        .service(resource("/metrics", "GET").route(web::get().to(operations::metrics)))
        .service(resource("/openapi.json", "GET").route(web::get().to(api_docs::document)))
        .service(resource("/api-docs", "GET").route(web::get().to(api_docs::page)))
        .service(resource("/api-docs.css", "GET").route(web::get().to(api_docs::stylesheet)))
        .default_service(web::to(not_found));
}

/// A resource that answers a method which it does not have with 405 and `Allow` (RFC 9110 §15.5.6).
pub fn resource(path: &str, allow: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move || async move {
        let mut response = ApiError::MethodNotAllowed.error_response();
        response.headers_mut().insert(
            actix_web::http::header::ALLOW,
            actix_web::http::header::HeaderValue::from_static(allow),
        );
        response
    }))
}

async fn not_found(_: HttpRequest) -> Result<HttpResponse, ApiError> {
    Err(ApiError::NotFound(
        "There is nothing at this address; GET /api-docs lists what there is.",
    ))
}

fn json_error(error: &JsonPayloadError) -> ApiError {
    match error {
        JsonPayloadError::ContentType => ApiError::NotJson,
        JsonPayloadError::Overflow { limit }
        | JsonPayloadError::OverflowKnownLength { limit, .. } => {
            ApiError::TooLarge { limit: *limit }
        }
        JsonPayloadError::Deserialize(error) => ApiError::Invalid(format!(
            "The body is not what this route reads: {}.",
            shape(error)
        )),
        _ => ApiError::Invalid("The body could not be read.".to_owned()),
    }
}

/// What serde says of a body without quoting the body, which may hold a password.
fn shape(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    match error.classify() {
        Category::Data => {
            let text = error.to_string();
            // "invalid type: string "secret", expected i64": the value stands between the first quotes.
            if text.starts_with("invalid type") || text.starts_with("invalid value") {
                let expected = text.split("expected ").nth(1).unwrap_or("another type");
                format!("a value has the wrong type, expected {expected}")
            } else {
                text
            }
        }
        Category::Eof => "it ends too early".to_owned(),
        Category::Syntax | Category::Io => format!(
            "it is not JSON (line {}, column {})",
            error.line(),
            error.column()
        ),
    }
}

fn path_error(_: &PathError) -> ApiError {
    ApiError::NotFound("The address holds an id that is none.")
}

fn query_error(_: &QueryPayloadError) -> ApiError {
    ApiError::Invalid("The query is not what this route reads.".to_owned())
}
