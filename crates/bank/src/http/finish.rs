//! A change that has begun is finished, whether or not its client is still there.
//!
//! A connection that is reset drops its handler wherever it happens to wait. Between two writes that belong together, the ban of a user
//! and the end of their logins, that would leave half of them; and whoever is to be banned may be the one who can choose the moment.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use tracing::Instrument as _;

use super::csrf::is_safe;
use crate::problem::ApiError;

/// Runs what may change something as a task of its own: dropping the request does not stop it.
pub(super) async fn finish(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if is_safe(request.method()) {
        return next.call(request).await;
    }
    let change = actix_web::rt::spawn(next.call(request).in_current_span());
    change
        .await
        .unwrap_or_else(|panicked| Err(ApiError::internal(panicked).into()))
}
