//! Errors as the caller sees them: `application/problem+json` (RFC 9457), saying what to do.
//!
//! This is the one place where errors of the libraries below become answers. Inside, an error says exactly what was wrong;
//! here, every failed authentication becomes the same body, so that an answer never tells a thief which part to mend.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde::Serialize;
use user_store::ledger::TransferError;
use user_store::password::PasswordError;
use user_store::users::CreateUserError;
use user_store::{StoreError, chain};

/// The media type of every error.
const PROBLEM_JSON: &str = "application/problem+json";
/// When to come back after a 503, in seconds.
const RETRY_AFTER_SECONDS: u32 = 1;

/// What a 401 tells the client about the credential that it should have sent (RFC 9110 §11.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// `Authorization: Bearer` was expected and nothing came: a bare challenge (RFC 6750 §3.1).
    Bearer,
    /// A bearer credential came and is not accepted: `error="invalid_token"`.
    InvalidBearer,
    /// `Authorization: DPoP` and a proof were expected, and nothing came (RFC 9449 §7.1).
    Dpop,
    /// A token came that is not accepted, or not in this way: one that is bound to a key is refused as a bearer token.
    InvalidDpopToken,
    /// A bound token came without a proof that fits it.
    InvalidDpopProof,
    /// A cookie was expected. No registered scheme describes that; HTTP demands a challenge all the same.
    Cookie,
}

impl Challenge {
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Bearer => "Bearer",
            Self::InvalidBearer => r#"Bearer error="invalid_token""#,
            Self::Dpop => r#"DPoP algs="ES256 EdDSA""#,
            Self::InvalidDpopToken => r#"DPoP error="invalid_token", algs="ES256 EdDSA""#,
            Self::InvalidDpopProof => r#"DPoP error="invalid_dpop_proof", algs="ES256 EdDSA""#,
            Self::Cookie => r#"Cookie realm="bank""#,
        })
    }
}

/// The body of an error (RFC 9457 §3).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Identifies the kind of error; relative to the server.
    #[serde(rename = "type")]
    #[schema(example = "/problems/insufficient-funds")]
    pub kind: &'static str,
    /// The kind in a few words, always the same.
    pub title: &'static str,
    /// The HTTP status, repeated.
    pub status: u16,
    /// What was wrong with this request, and what to do.
    pub detail: String,
}

/// Everything that a route of either server can answer instead of what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No credential, or one that is not accepted. One external shape for every reason.
    #[error("not authenticated")]
    Unauthenticated(Challenge),
    /// At a login, a proof of possession that does not fit, or none where one is needed.
    #[error("no fitting DPoP proof")]
    InvalidDpopProof,
    /// Unknown user, wrong password, banned user: indistinguishable on purpose.
    #[error("login failed")]
    LoginFailed(Challenge),
    /// The current password was wrong, by someone who is logged in.
    #[error("wrong current password")]
    WrongPassword,
    /// Logged in, and not allowed.
    #[error("forbidden: {0}")]
    Forbidden(&'static str),
    /// The request came from a page that may not make it.
    #[error("cross-site request refused: {0}")]
    CrossSite(String),
    /// The thing asked for does not exist, or not for this caller.
    #[error("not found")]
    NotFound(&'static str),
    /// The route exists, the method does not.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The content is not acceptable; the text says what is.
    #[error("invalid request: {0}")]
    Invalid(String),
    /// The body is not what the route reads.
    #[error("unsupported media type")]
    NotJson,
    /// The body is larger than the route reads.
    #[error("body too large")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Taken, or used for something else before.
    #[error("conflict: {0}")]
    Conflict(String),
    /// The account holds less than the transfer moves.
    #[error("insufficient funds")]
    InsufficientFunds,
    /// The `Host` names a server that this is not.
    #[error("misdirected request: {0}")]
    Misdirected(String),
    /// Too many failed logins; nothing was looked at. The same for every name and every password.
    #[error("throttled for {seconds} s")]
    Throttled {
        /// When to come back, in seconds.
        seconds: u64,
    },
    /// Shed before the work began; nothing was done.
    #[error("overloaded")]
    Busy,
    /// The store cannot be reached; whether a write took place is unknown.
    #[error("store unavailable")]
    StoreUnavailable(#[source] StoreError),
    /// A defect of ours.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ApiError {
    /// Wraps an unexpected error; it is logged and never shown.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }

    /// The body of the answer.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let (kind, title, detail) = self.words();
        Problem {
            kind,
            title,
            status: self.status_code().as_u16(),
            detail,
        }
    }

    fn words(&self) -> (&'static str, &'static str, String) {
        match self {
            Self::Unauthenticated(_) => (
                "/problems/unauthenticated",
                "Not logged in",
                "Log in with POST /login and send the credential that it returns.".to_owned(),
            ),
            Self::InvalidDpopProof => (
                "/problems/invalid-dpop-proof",
                "Proof not accepted",
                "Send one new proof for this method and this address in the header DPoP (RFC 9449 §4.2).".to_owned(),
            ),
            Self::LoginFailed(_) => (
                "/problems/login-failed",
                "Login failed",
                "The username or the password is wrong, or the account is closed.".to_owned(),
            ),
            Self::WrongPassword => (
                "/problems/wrong-password",
                "Wrong password",
                "The current password is wrong; nothing was changed.".to_owned(),
            ),
            Self::Forbidden(why) => ("/problems/forbidden", "Not allowed", (*why).to_owned()),
            Self::CrossSite(why) => ("/problems/cross-site-request", "Cross-site request refused", why.clone()),
            Self::NotFound(what) => ("/problems/not-found", "Not found", (*what).to_owned()),
            Self::MethodNotAllowed => (
                "/problems/method-not-allowed",
                "Method not allowed",
                "This address exists, but not for this method; see /api-docs.".to_owned(),
            ),
            Self::Invalid(why) => ("/problems/invalid-request", "Invalid request", why.clone()),
            Self::NotJson => (
                "/problems/unsupported-media-type",
                "Unsupported media type",
                "Send the body as JSON, with Content-Type: application/json.".to_owned(),
            ),
            Self::TooLarge { limit } => (
                "/problems/too-large",
                "Body too large",
                format!("The body may have at most {limit} bytes."),
            ),
            Self::Conflict(why) => ("/problems/conflict", "Conflict", why.clone()),
            Self::InsufficientFunds => (
                "/problems/insufficient-funds",
                "Insufficient funds",
                "The account holds less than amount_minor; nothing was moved.".to_owned(),
            ),
            Self::Misdirected(why) => ("/problems/misdirected-request", "Misdirected request", why.clone()),
            Self::Throttled { .. } => (
                "/problems/too-many-failures",
                "Too many failed logins",
                "Too many logins to this account or from this address have failed, so this one was not looked at; try again after Retry-After seconds."
                    .to_owned(),
            ),
            Self::Busy => (
                "/problems/overloaded",
                "Overloaded",
                "The server is at capacity and did nothing; try again after Retry-After seconds.".to_owned(),
            ),
            Self::StoreUnavailable(_) => (
                "/problems/store-unavailable",
                "Store unavailable",
                "The store cannot be reached; try again after Retry-After seconds, with the same idempotency_key."
                    .to_owned(),
            ),
            Self::Internal(_) => (
                "/problems/internal-error",
                "Internal error",
                "The server failed; its log says more.".to_owned(),
            ),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthenticated(_) | Self::LoginFailed(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) | Self::CrossSite(_) | Self::WrongPassword => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Invalid(_) | Self::InvalidDpopProof => StatusCode::BAD_REQUEST,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Conflict(_) | Self::InsufficientFunds => StatusCode::CONFLICT,
            Self::Misdirected(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::StoreUnavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        match self {
            Self::StoreUnavailable(source) => {
                tracing::error!(error = %chain(source), "store unavailable")
            }
            Self::Internal(source) => {
                tracing::error!(error = %chain(source.as_ref()), "internal error")
            }
            _ => {}
        }
        let mut response = HttpResponseBuilder::new(self.status_code());
        match self {
            Self::Unauthenticated(challenge) | Self::LoginFailed(challenge) => {
                response.insert_header((WWW_AUTHENTICATE, challenge.header()));
            }
            Self::Throttled { seconds } => {
                response.insert_header((RETRY_AFTER, *seconds));
            }
            Self::Busy | Self::StoreUnavailable(_) => {
                response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS));
            }
            _ => {}
        }
        response.content_type(PROBLEM_JSON).json(self.problem())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::Busy,
            other => Self::StoreUnavailable(other),
        }
    }
}

impl From<TransferError> for ApiError {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::InsufficientFunds => Self::InsufficientFunds,
            TransferError::AmountNotPositive => Self::Invalid("amount_minor is at least 1.".to_owned()),
            TransferError::NoSuchPayee => Self::Invalid("No account has the username in `to`.".to_owned()),
            TransferError::SameAccount => Self::Invalid("`to` is the payer; name another account.".to_owned()),
            TransferError::KeyReusedForAnother => Self::Conflict(
                "This idempotency_key was used for another transfer; make a new one for a new transfer.".to_owned(),
            ),
            TransferError::Store(error) => error.into(),
        }
    }
}

impl From<CreateUserError> for ApiError {
    fn from(error: CreateUserError) -> Self {
        match error {
            CreateUserError::UsernameTaken => {
                Self::Conflict("This username is taken; choose another.".to_owned())
            }
            CreateUserError::Store(error) => error.into(),
        }
    }
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            PasswordError::TooShort | PasswordError::TooLong => {
                Self::Invalid("A password has 8 to 128 characters.".to_owned())
            }
            PasswordError::TooCommon => Self::Invalid(
                "This password is among the most common ones; choose another.".to_owned(),
            ),
            other => Self::internal(other),
        }
    }
}
