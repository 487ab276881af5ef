//! The defence against cross-site request forgery: a state change must come from a page that may make it.
//!
//! A cookie is sent by the browser whoever caused the request, so the server asks who did. The order matters:
//!
//! 1. an `Origin` on the allow-list passes;
//! 2. any other `Origin`, the opaque `null` included, is refused;
//! 3. without `Origin`, `Sec-Fetch-Site` absent, `same-origin` or `none` passes (programs; a page's own requests);
//! 4. anything else is refused.
//!
//! `same-site` decides nothing: a hostile sibling host is same-site too. A token ([`super::csrf_token`]) on top of it adds
//! nothing, because every browser sends `Origin` with a cross-origin POST (Fetch §3.1).
//!
//! # Security
//! Against forged requests from other origins. Not against script injected into an allowed page, which is that page.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, ORIGIN};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, web};

use super::extension::Exempt;
use crate::config::HttpConfig;
use crate::problem::ApiError;

/// Refuses unsafe requests that another origin caused, and bodies that a plain form could have sent.
pub(super) async fn refuse_cross_site(
    exempt: Exempt,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if !is_safe(request.method()) && !exempt.contains(request.path()) {
        let allowed = request
            .app_data::<web::Data<HttpConfig>>()
            .map(|config| config.allowed_origins.as_slice());
        check(request.headers(), allowed.unwrap_or_default())?;
        if request.method() == Method::POST && !is_json(request.headers()) {
            return Err(ApiError::NotJson.into());
        }
    }
    next.call(request).await
}

/// Refuses a request that another origin caused, for a route that reads no cookie and yet sets one: else a page of another site could
/// log its visitor in as somebody else.
///
/// # Errors
/// [`ApiError::CrossSite`] by the rules above, whatever the method and the type of the body.
pub fn refuse_other_origins(request: &HttpRequest, config: &HttpConfig) -> Result<(), ApiError> {
    check(request.headers(), &config.allowed_origins)
}

/// Whether the method is safe (RFC 9110 §9.2.1): it must not change anything, so it cannot be forged to.
pub(super) fn is_safe(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE
    )
}

// ANCHOR: origin-decides
fn check(headers: &HeaderMap, allowed: &[String]) -> Result<(), ApiError> {
    if let Some(origin) = headers.get(ORIGIN) {
        let passes = allowed
            .iter()
            .any(|allowed| allowed.as_bytes() == origin.as_bytes());
        return if passes {
            Ok(())
        } else {
            Err(ApiError::CrossSite(format!(
                "Pages of the origin {} may not change anything here; http.allowed_origins names those that may.",
                String::from_utf8_lossy(origin.as_bytes())
            )))
        };
    }
    match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
        None | Some(b"same-origin" | b"none") => Ok(()),
        Some(site) => Err(ApiError::CrossSite(format!(
            "The browser says that a {} page caused this request, and names no Origin.",
            String::from_utf8_lossy(site)
        ))),
    }
}
// ANCHOR_END: origin-decides

/// Whether the body is declared as JSON, which no HTML form can do and no page can do cross-origin without a preflight.
fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers)
        .is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/json"))
}

/// The declared type of the body, without its parameters.
pub(super) fn media_type(headers: &HeaderMap) -> Option<&str> {
    let declared = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    declared.split(';').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderName;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn the_order_of_the_rules_decides() {
        let allowed = ["http://app.lab.localhost:8001".to_owned()];
        let cases: &[(&[(&str, &str)], bool)] = &[
            (&[], true),
            (
                &[
                    ("origin", "http://app.lab.localhost:8001"),
                    ("sec-fetch-site", "same-site"),
                ],
                true,
            ),
            (
                &[
                    ("origin", "http://app.lab.localhost:8001"),
                    ("sec-fetch-site", "cross-site"),
                ],
                true,
            ),
            (&[("origin", "http://app.lab.localhost:80010")], false),
            (&[("origin", "http://evil.localhost:8005")], false),
            (
                &[
                    ("origin", "http://blog.lab.localhost:8004"),
                    ("sec-fetch-site", "same-site"),
                ],
                false,
            ),
            (
                &[("origin", "null"), ("sec-fetch-site", "same-origin")],
                false,
            ),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
        ];
        for (pairs, passes) in cases {
            let pairs: Vec<(&'static str, &str)> = pairs.to_vec();
            assert_eq!(
                check(&headers(&pairs), &allowed).is_ok(),
                *passes,
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn only_the_json_media_type_is_json() {
        for (value, json) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("text/plain", false),
            ("text/plain; application/json", false),
            ("application/jsonp", false),
            ("application/x-www-form-urlencoded", false),
        ] {
            assert_eq!(
                is_json(&headers(&[("content-type", value)])),
                json,
                "{value}"
            );
        }
    }
}
