//! The other defence against cross-site request forgery: a token that a page can only have read from this server.
//!
//! It is bound to the login, being an HMAC over the cookie that the browser sends by itself, and comes back in a header, which
//! no form can set and no page of another origin can without a preflight. Forms are read otherwise, as in an application
//! whose only defence this is.
//!
//! # Security
//! Against a request that another page makes this browser send, from whatever site, with whatever cookie. It does not
//! defend:
//!
//! - a forged *login* or sign-up: there is no login yet to bind a token to, so none is demanded there, and a page of another
//!   site can log its visitor in as somebody else;
//! - against script injected into an allowed page, which asks for the token as the page does;
//! - against an origin that CORS lets read the answer of `GET /csrf-token`;
//! - logins that travel in a header: nothing is sent by itself, and nothing is demanded.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest};
use token_core::csrf::CsrfTokens;
use token_core::secret::SecretString;

use super::csrf::is_safe;
use super::extension::Exempt;
use crate::config::Transport;
use crate::problem::ApiError;

/// The header that the token comes back in.
pub(super) const CSRF_TOKEN: &str = "x-csrf-token";

/// What asks for no login and therefore carries none.
const WITHOUT_LOGIN: [&str; 2] = ["/login", "/users"];

/// The cookie of a server's credential, and the tokens that are bound to what it holds.
#[derive(Debug)]
pub struct CsrfCookie {
    /// None where the credential travels in a header.
    name: Option<String>,
    tokens: CsrfTokens,
}

impl CsrfCookie {
    /// The cookie `name` of a server, as data of its application.
    #[must_use]
    pub fn data(transport: Transport, name: String, tokens: CsrfTokens) -> Data<Self> {
        Data::new(Self {
            name: (transport == Transport::Cookie).then_some(name),
            tokens,
        })
    }

    fn credential(&self, request: &HttpRequest) -> Option<String> {
        let cookie = request.cookie(self.name.as_deref()?)?;
        Some(cookie.value().to_owned())
    }

    // ANCHOR: token-decides
    /// Whether a request may change something: it brings no cookie, or the token that is made of the cookie.
    fn lets_pass(&self, request: &HttpRequest) -> bool {
        let Some(credential) = self.credential(request) else {
            return true;
        };
        let token = request.headers().get(CSRF_TOKEN);
        token
            .and_then(|token| token.to_str().ok())
            .is_some_and(|token| self.tokens.is_of(token, &credential))
    }
    // ANCHOR_END: token-decides
}

/// The token of the login that a request carries.
pub(crate) fn issue(cookie: &CsrfCookie, request: &HttpRequest) -> Result<SecretString, ApiError> {
    let credential = cookie.credential(request).ok_or(ApiError::NotFound(
        "The credential travels in a header, which no browser adds by itself: no CSRF token is demanded.",
    ))?;
    Ok(cookie.tokens.token(&credential))
}

/// Refuses unsafe requests that carry a login in a cookie and not its token.
pub(super) async fn demand(
    exempt: Exempt,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let path = request.path();
    if !is_safe(request.method()) && !exempt.contains(path) && !WITHOUT_LOGIN.contains(&path) {
        let cookie = request
            .app_data::<Data<CsrfCookie>>()
            .ok_or_else(|| ApiError::internal("the application was built without a CsrfCookie"))?;
        if !cookie.lets_pass(request.request()) {
            return Err(ApiError::CrossSite(
                "X-CSRF-Token is missing or is not that of this login; GET /csrf-token returns it."
                    .to_owned(),
            )
            .into());
        }
    }
    next.call(request).await
}
