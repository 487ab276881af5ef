//! One line in the log and one count in the metrics for every request, and no secret in either.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web;

use super::Metrics;
use crate::config::HttpConfig;
use crate::server::client_address;

/// Logs method, route, status, duration and client address. The route is the pattern (`/sessions/{id}`), never the
/// address as sent: a path or a query may hold what does not belong in a log. Headers and bodies are never logged.
pub(super) async fn log_and_count(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let Some(metrics) = request.app_data::<web::Data<Metrics>>().cloned() else {
        return next.call(request).await;
    };
    let started = metrics.begin();
    let method = known_method(request.method());
    let client = request
        .app_data::<web::Data<HttpConfig>>()
        .and_then(|config| {
            client_address(
                request.headers(),
                request.peer_addr(),
                &config.trusted_proxies,
            )
        });
    let result = next.call(request).await;
    let (route, status) = match &result {
        Ok(response) => (response.request().match_pattern(), response.status()),
        Err(error) => (None, error.as_response_error().status_code()),
    };
    let route = route.as_deref().unwrap_or("unmatched");
    let elapsed = metrics.end(started, method, route, status.as_u16());
    tracing::info!(
        target: "access",
        method,
        route,
        status = status.as_u16(),
        duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        client = client.map(tracing::field::display),
    );
    result
}

/// The method as a label: an invented one must not become a new time series.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}
