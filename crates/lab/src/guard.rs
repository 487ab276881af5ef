//! Who may speak to the lab's own origin, and what its pages may do.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web;
use bank::ApiError;
use percent_encoding::percent_decode_str;

use crate::Inner;
use crate::origins::{Origins, host_of};

/// The policy of every page of the app origin: requests may go to every origin of the lab, and to no other.
fn content_security_policy(origins: &Origins) -> String {
    let all = origins.as_sources();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self' {all}; require-trusted-types-for 'script'; trusted-types 'none'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// Checks `Host`, keeps the control panel to the app origin, and adds the headers of a page.
pub(crate) async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let lab = request
        .app_data::<web::Data<Inner>>()
        .cloned()
        .ok_or_else(|| ApiError::internal("the pages were built without a lab"))?;
    if !is_known_host(&request, &lab.origins) {
        return Err(ApiError::Misdirected(format!("The lab is at {}.", lab.origins.app)).into());
    }
    if is_control_panel(&request) {
        refuse_other_origins(&request, &lab.origins.app)?;
    }
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(&lab.origins)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ] {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    Ok(response)
}

/// What reads the record or changes the lab: all below `/lab/`, as the router reads a path, which is decoded; and whatever is no
/// mere look.
fn is_control_panel(request: &ServiceRequest) -> bool {
    let path = percent_decode_str(request.path()).collect::<Vec<u8>>();
    let is_probe = path == b"/lab/probe";
    let is_look = matches!(*request.method(), Method::GET | Method::HEAD);
    (path.starts_with(b"/lab/") && !is_probe) || !is_look
}

fn host(request: &ServiceRequest) -> Option<&str> {
    request.headers().get(header::HOST)?.to_str().ok()
}

/// The app's own name everywhere; plain `localhost` for the landing page and what it is drawn with.
fn is_known_host(request: &ServiceRequest, origins: &Origins) -> bool {
    let Some(host) = host(request) else {
        return false;
    };
    if host.eq_ignore_ascii_case(host_of(&origins.app)) {
        return true;
    }
    let path = request.path();
    is_landing_host(host, origins)
        && (path == "/" || path.starts_with("/static/") || path.starts_with("/i18n/"))
}

/// Whether the request came by an address that is not the app origin's: the landing page answers it.
pub(crate) fn is_landing_host(host: &str, origins: &Origins) -> bool {
    let port = origins.landing.rsplit(':').next().unwrap_or_default();
    !host.eq_ignore_ascii_case(host_of(&origins.app))
        && ["localhost", "127.0.0.1", "[::1]"]
            .iter()
            .any(|name| host == format!("{name}:{port}"))
}

/// Reads of the record and changes of the lab are for the lab's own pages: the record holds every secret of the lesson.
fn refuse_other_origins(request: &ServiceRequest, app: &str) -> Result<(), ApiError> {
    let headers = request.headers();
    let origin_is_ours = headers
        .get(header::ORIGIN)
        .is_none_or(|origin| origin.as_bytes() == app.as_bytes());
    let site_is_ours = headers
        .get("sec-fetch-site")
        .is_none_or(|site| matches!(site.as_bytes(), b"same-origin" | b"none"));
    if !origin_is_ours || !site_is_ours {
        return Err(ApiError::CrossSite(
            "Only the lab's own pages may use its control panel.".to_owned(),
        ));
    }
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if *request.method() == Method::POST && !is_json {
        return Err(ApiError::NotJson);
    }
    Ok(())
}
