//! Cross-origin resource sharing: which pages may *read* the answers.
//!
//! CORS protects answers, not the server: a simple request from any page arrives with its cookies all the same, and only
//! its answer is withheld (Fetch §3.2). What refuses the request is [`super::csrf`].

use actix_cors::Cors;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};

/// How long a browser may remember a preflight, in seconds: long enough to keep pages quick, short enough that a change of
/// the list is felt within a lesson.
const PREFLIGHT_MAX_AGE_SECONDS: usize = 600;

/// Answers the listed origins, each by its own name, with credentials; any other gets no CORS header at all.
pub(super) fn allow_listed(origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::POST, Method::DELETE])
        .allowed_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([RETRY_AFTER, WWW_AUTHENTICATE])
        .supports_credentials()
        .block_on_origin_mismatch(false)
        .max_age(PREFLIGHT_MAX_AGE_SECONDS);
    origins
        .iter()
        .fold(cors, |cors, origin| cors.allowed_origin(origin))
}
