//! Headers that every answer carries, errors included.

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{ResponseError, web};

use crate::config::HttpConfig;
use crate::problem::ApiError;

/// An API answer is data for a script: nothing in it may run, be framed, be sniffed, be cached, or leak its address.
const ALWAYS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Two years, as browsers' preload lists ask for.
const HSTS: &str = "max-age=63072000; includeSubDomains";

/// Adds the headers where the handler set none of the same name, and turns an error of an inner middleware into its
/// answer, so that it carries them too.
pub(super) async fn secure<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let wanted =
        request
            .app_data::<web::Data<HttpConfig>>()
            .map_or_else(Wanted::default, |config| Wanted {
                tls: config.behind_tls_proxy,
                cacheable: config.dangerously_cacheable,
            });
    // A clone of the request must not outlive routing (actix needs it unshared), so the error keeps none: an error from
    // below is answered by the outermost layer, through `SecureError`.
    match next.call(request).await {
        Ok(mut response) => {
            add(response.headers_mut(), wanted);
            Ok(response.map_into_left_body())
        }
        Err(error) => Err(SecureError { error, wanted }.into()),
    }
}

/// Which of the headers the settings decide.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    tls: bool,
    cacheable: bool,
}

fn add(headers: &mut HeaderMap, wanted: Wanted) {
    for (name, value) in ALWAYS {
        let left_out = wanted.cacheable && name == header::CACHE_CONTROL;
        if !left_out && !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if wanted.tls {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static(HSTS),
        );
    }
}

/// An error whose answer carries the headers, and is a problem document whatever raised it.
#[derive(Debug)]
struct SecureError {
    error: Error,
    wanted: Wanted,
}

impl std::fmt::Display for SecureError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl ResponseError for SecureError {
    fn status_code(&self) -> actix_web::http::StatusCode {
        self.error.as_response_error().status_code()
    }

    fn error_response(&self) -> actix_web::HttpResponse {
        let is_ours = self.error.as_error::<ApiError>().is_some();
        let mut response = if !is_ours && self.status_code().is_server_error() {
            ApiError::internal(self.error.to_string()).error_response()
        } else {
            // With what the layers in between had to add: a page that CORS answers reads refusals too.
            self.error.error_response()
        };
        add(response.headers_mut(), self.wanted);
        response
    }
}

/// The answer to a logout: nothing to read, and, where the settings say so, what the browser shall forget.
///
/// # Security
/// It clears the browser that asks. A copy of a credential that was taken before is elsewhere, and stays.
#[must_use]
pub fn logged_out(config: &HttpConfig) -> actix_web::HttpResponse {
    let mut response = actix_web::HttpResponse::NoContent();
    if let Some(what) = config.clear_site_data() {
        response.insert_header((HeaderName::from_static("clear-site-data"), what));
    }
    response.finish()
}
