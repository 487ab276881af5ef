//! How the session cookie is written.

use actix_session::SessionMiddleware;
use actix_session::config::{CookieContentSecurity, PersistentSession};
use actix_web::body::MessageBody;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use bank::{CookieConfig, Transport, without_attribute};

use crate::adapter::SessionAdapter;
use crate::config::SessionConfig;
use crate::store::SessionStoreKind;

/// How the value of the cookie is protected.
///
/// An id is signed: not because its 256 random bits could be guessed, but so that a made-up id costs no store read. A session that the
/// cookie carries itself is encrypted too.
pub(crate) fn content_security(config: &SessionConfig) -> CookieContentSecurity {
    match config.store {
        SessionStoreKind::DangerouslyCookie => CookieContentSecurity::Private,
        SessionStoreKind::Database | SessionStoreKind::Memory => CookieContentSecurity::Signed,
    }
}

/// What reads the cookie of a request, and sets or removes it with the answer.
pub(crate) fn session_middleware(
    config: &SessionConfig,
    adapter: SessionAdapter,
    key: Key,
) -> SessionMiddleware<SessionAdapter> {
    // In header transport the middleware stays, under a name that no client sends, so that there is one application.
    let name = match config.transport {
        Transport::Cookie => config.cookie_name(),
        Transport::Header => "__Host-unused".to_owned(),
    };
    let cookie = &config.cookie;
    let mut middleware = SessionMiddleware::builder(adapter, key)
        .cookie_name(name)
        .cookie_secure(!cookie.dangerously_plain)
        .cookie_http_only(!cookie.dangerously_script_readable)
        .cookie_same_site(match cookie.same_site {
            bank::SameSite::Lax => SameSite::Lax,
            bank::SameSite::Strict => SameSite::Strict,
            bank::SameSite::None => SameSite::None,
        })
        .cookie_path(cookie.path.clone())
        .cookie_content_security(content_security(config));
    if !cookie.dangerously_domain.is_empty() {
        middleware = middleware.cookie_domain(Some(cookie.dangerously_domain.clone()));
    }
    if let Some(max_age) = cookie.max_age {
        let seconds = i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX);
        middleware = middleware.session_lifecycle(
            PersistentSession::default().session_ttl(Duration::seconds(seconds)),
        );
    }
    middleware.build()
}

/// The cookie, `name=value`, that a browser sends back after the middleware has set it to `ticket`.
pub(crate) fn sent_back(config: &SessionConfig, ticket: String, key: &Key) -> String {
    let mut jar = CookieJar::new();
    let cookie = Cookie::new(config.cookie_name(), ticket);
    match content_security(config) {
        CookieContentSecurity::Signed => jar.signed_mut(key).add(cookie),
        CookieContentSecurity::Private => jar.private_mut(key).add(cookie),
    }
    let pairs: Vec<_> = jar
        .delta()
        .map(|cookie| cookie.encoded().to_string())
        .collect();
    pairs.concat()
}

/// Whether the settings ask for what actix-session cannot write: a cookie without SameSite, or a partitioned one.
pub(crate) fn needs_finishing(cookie: &CookieConfig) -> bool {
    cookie.dangerously_unset_same_site || cookie.partitioned
}

/// Rewrites the lines that actix-session wrote, both those that set the cookie and those that remove it.
pub(crate) async fn finish(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let config = request.app_data::<web::Data<SessionConfig>>().cloned();
    let mut response = next.call(request).await?;
    if let Some(config) = config {
        let ours = format!("{}=", config.cookie_name());
        let headers = response.headers_mut();
        let lines: Vec<HeaderValue> = headers.remove(SET_COOKIE).collect();
        for line in lines {
            let finished = match line.to_str() {
                Ok(text) if text.starts_with(&ours) => finished(&config.cookie, text),
                _ => None,
            };
            headers.append(SET_COOKIE, finished.unwrap_or(line));
        }
    }
    Ok(response)
}

fn finished(cookie: &CookieConfig, line: &str) -> Option<HeaderValue> {
    let mut line = line.to_owned();
    if cookie.dangerously_unset_same_site {
        line = without_attribute(&line, "SameSite");
    }
    if cookie.partitioned {
        line.push_str("; Partitioned");
    }
    HeaderValue::try_from(line).ok()
}
