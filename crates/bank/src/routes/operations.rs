//! What those who run the server ask.

use actix_web::{HttpResponse, web};

use super::Bank;
use crate::http::Metrics;
use crate::problem::{ApiError, Problem};

/// The process answers. Says nothing of what it depends on.
#[utoipa::path(get, path = "/healthz", tag = "operations", responses((status = 200, description = "Alive")))]
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// The stores answer too, so requests may be sent here.
#[utoipa::path(get, path = "/readyz", tag = "operations", responses(
    (status = 200, description = "Ready"), (status = 503, description = "The store cannot be reached", body = Problem)))]
pub(super) async fn ready(bank: web::Data<Bank>) -> Result<HttpResponse, ApiError> {
    bank.stores
        .users
        .by_id(user_store::users::UserId(0))
        .await?;
    // Sessions may be kept by another engine. No session has an id that was just made.
    bank.stores
        .sessions
        .load(&user_store::SessionId::generate())
        .await?;
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ready\n"))
}

/// Counters in the OpenMetrics text format.
#[utoipa::path(get, path = "/metrics", tag = "operations", responses((status = 200, description = "OpenMetrics 1.0 text")))]
pub(super) async fn metrics(metrics: web::Data<Metrics>) -> Result<HttpResponse, ApiError> {
    let text = metrics.encode().map_err(ApiError::internal)?;
    Ok(HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(text))
}
