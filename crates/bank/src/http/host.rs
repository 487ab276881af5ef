//! Refuses requests that were meant for another host.
//!
//! Every name that resolves to this machine reaches every port; a server that answers to any of them lends its answers
//! to whoever owns a name (DNS rebinding), and in the lab would blur the origins that the lessons are about.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HOST;
use actix_web::middleware::Next;
use actix_web::web;

use crate::config::HttpConfig;
use crate::problem::ApiError;

/// Answers 421 (RFC 9110 §15.5.20) to a `Host` that is not on the list, where there is a list.
pub(super) async fn refuse_foreign(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if let Some(config) = request.app_data::<web::Data<HttpConfig>>()
        && !config.allowed_hosts.is_empty()
    {
        let host = request
            .headers()
            .get(HOST)
            .and_then(|host| host.to_str().ok())
            .or(request.uri().host());
        let known = host.is_some_and(|host| {
            config
                .allowed_hosts
                .iter()
                .any(|known| known.eq_ignore_ascii_case(host))
        });
        if !known {
            return Err(ApiError::Misdirected(format!(
                "This server answers to {} and not to {}.",
                config.allowed_hosts.join(", "),
                host.unwrap_or("a request without Host")
            ))
            .into());
        }
    }
    next.call(request).await
}
