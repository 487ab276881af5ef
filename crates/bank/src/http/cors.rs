//! Cross-origin resource sharing: which pages may *read* the answers.
//!
//! CORS protects answers, not the server: a simple request from any page arrives with its cookies all the same, and only
//! its answer is withheld (Fetch §3.2). What refuses the request is [`super::csrf`].

use actix_cors::Cors;
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::middleware::{Condition, Next};

use super::csrf_token::CSRF_TOKEN;
use crate::config::{CorsPolicy, HttpConfig};

/// How long a browser may remember a preflight, in seconds: long enough to keep pages quick, short enough that a change of
/// the list is felt within a lesson.
const PREFLIGHT_MAX_AGE_SECONDS: usize = 600;

/// The header of a proof of possession (RFC 9449 §4.1). It grants nothing, and on a server that reads none it is nothing.
const DPOP: HeaderName = HeaderName::from_static("dpop");

/// Answers as the policy says. An origin that is not answered gets its simple requests served all the same, without a CORS
/// header, and its preflights refused.
pub(super) fn answers(config: &HttpConfig) -> Condition<Cors> {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::POST, Method::DELETE])
        .allowed_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            HeaderName::from_static(CSRF_TOKEN),
            DPOP,
        ])
        .expose_headers([RETRY_AFTER, WWW_AUTHENTICATE])
        .block_on_origin_mismatch(false)
        .max_age(PREFLIGHT_MAX_AGE_SECONDS);
    let listed = |cors| {
        let origins = config.allowed_origins.iter();
        origins.fold(cors, |cors: Cors, origin| cors.allowed_origin(origin))
    };
    let policy = match config.cors {
        CorsPolicy::AllowList => listed(cors).supports_credentials(),
        CorsPolicy::AllowListWithoutCredentials => listed(cors),
        CorsPolicy::None => return Condition::new(false, cors),
        CorsPolicy::DangerouslyAny => cors.allow_any_origin().send_wildcard(),
        CorsPolicy::DangerouslyReflect => cors.allow_any_origin().supports_credentials(),
    };
    Condition::new(true, policy)
}

/// Takes off what actix-cors says to origins that it does not answer, and to requests that name none: headers which mean
/// nothing without `Access-Control-Allow-Origin`, and read as if they did.
pub(super) async fn say_nothing_to_strangers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match next.call(request).await {
        Ok(mut response) => {
            tidy(response.headers_mut());
            Ok(response)
        }
        Err(mut error) => {
            error.add_response_mapper(|mut response| {
                tidy(response.headers_mut());
                response
            });
            Err(error)
        }
    }
}

fn tidy(headers: &mut HeaderMap) {
    if !headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
        headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        headers.remove(ACCESS_CONTROL_EXPOSE_HEADERS);
    }
}
