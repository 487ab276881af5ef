//! Tokens that are bound to a key of the client (RFC 9449): which logins bind, and what a use of a bound token has to bring.

use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use bank::{ApiError, Challenge, Transport};
use token_core::clock::UnixSeconds;
use token_core::jwt::dpop::{DpopError, Proof, ProofVerifier, ProvenRequest};
use token_core::jwt::{Confirmation, Thumbprint};
use token_core::refresh::TokenFamily;
use user_store::step;

use crate::config::{Dpop, JwtConfig};

/// The header that carries a proof.
const PROOF: &str = "DPoP";
/// The scheme under which a bound token travels.
const SCHEME: &str = "DPoP";

/// How many used proofs are remembered: 3,700 requests a second within the default window, in some 40 MB. Only proofs of those who
/// hold a password or a token of ours are remembered; one of them can fill the room all the same, and then everybody's proofs are
/// answered with 503 until the first expire. Forgetting the oldest instead would let a captured proof be replayed.
const REMEMBERED: usize = 1 << 18;

/// Whether tokens are bound at all: one in a cookie goes by itself, and no proof can go with it.
pub(crate) fn is_spoken(config: &JwtConfig) -> bool {
    config.dpop != Dpop::Off && config.transport == Transport::Header
}

/// The token of a request, and as what it was sent.
pub(crate) struct Carried<'r> {
    pub(crate) token: Cow<'r, str>,
    /// Whether under the scheme of bound tokens; in a cookie there is none.
    sent_as_bound: bool,
}

impl<'r> Carried<'r> {
    /// Read from `Authorization`. Which of the two schemes it has to be is for [`Possession::check`] to say.
    pub(crate) fn in_header(request: &'r HttpRequest) -> Option<Self> {
        let value = request.headers().get(AUTHORIZATION)?.as_bytes();
        let (scheme, token) = std::str::from_utf8(value).ok()?.split_once(' ')?;
        let sent_as_bound = scheme.eq_ignore_ascii_case(SCHEME);
        (sent_as_bound || scheme.eq_ignore_ascii_case("Bearer")).then_some(Self {
            token: Cow::Borrowed(token),
            sent_as_bound,
        })
    }

    pub(crate) fn in_cookie(token: String) -> Self {
        Self {
            token: Cow::Owned(token),
            sent_as_bound: false,
        }
    }
}

/// Why a login or a refresh does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotProven {
    /// No proof where one is needed, or one that does not fit.
    Invalid,
    /// No room to remember it.
    Full,
}

impl From<NotProven> for ApiError {
    fn from(reason: NotProven) -> Self {
        match reason {
            NotProven::Invalid => Self::InvalidDpopProof,
            NotProven::Full => Self::Busy,
        }
    }
}

/// What the server knows of keys: how to check proofs, and when to demand them.
#[derive(Debug)]
pub(crate) struct Possession {
    mode: Dpop,
    /// What every address of this server begins with. Never taken from `Host`, which the client writes.
    base: String,
    proofs: ProofVerifier,
}

impl Possession {
    pub(crate) fn of(config: &JwtConfig) -> Self {
        Self {
            mode: if is_spoken(config) {
                config.dpop
            } else {
                Dpop::Off
            },
            base: config.issuer.trim_end_matches('/').to_owned(),
            proofs: ProofVerifier::new(config.dpop_window, REMEMBERED),
        }
    }

    /// The key that a login, or a refresh, proves to hold; none where the client offers none and need not.
    pub(crate) fn offered(
        &self,
        request: &HttpRequest,
        now: UnixSeconds,
    ) -> Result<Option<Thumbprint>, NotProven> {
        let is_there = request.headers().contains_key(PROOF);
        match self.mode {
            Dpop::Off => return Ok(None),
            Dpop::Accepted if !is_there => return Ok(None),
            Dpop::Accepted | Dpop::Required => {}
        }
        match self.prove(request, None, None, now) {
            Ok(proof) => Ok(Some(proof.key)),
            Err(DpopError::Full) => Err(NotProven::Full),
            Err(_) => Err(NotProven::Invalid),
        }
    }

    /// Whether tokens may be issued in this family: one that was begun unbound, before proofs were demanded, has come to its end.
    pub(crate) fn suffices(&self, family: &TokenFamily) -> bool {
        self.mode != Dpop::Required || family.jkt.is_some()
    }

    /// Lets a token pass that was sent as what it is: a bearer token as such, a bound one with a proof of its key. A bound token is
    /// held to that whatever the setting is by now.
    pub(crate) fn check(
        &self,
        request: &HttpRequest,
        carried: &Carried<'_>,
        cnf: Option<Confirmation>,
        now: UnixSeconds,
    ) -> Result<(), ApiError> {
        let token = Some(&*carried.token);
        // ANCHOR: bound-or-bearer
        let problem = match (cnf, carried.sent_as_bound) {
            (Some(cnf), true) => match self.prove(request, token, Some(cnf.jkt), now) {
                Ok(_) => return Ok(()),
                Err(DpopError::Full) => return Err(ApiError::Busy),
                Err(_) => return Err(ApiError::Unauthenticated(Challenge::InvalidDpopProof)),
            },
            (None, false) if self.mode != Dpop::Required => return Ok(()),
            (None, false) => "bound to no key, and a bearer token is not enough",
            (Some(_), false) => "bound to a key, and sent as a bearer token",
            (None, true) => "bound to no key, and sent as if it were",
        };
        // ANCHOR_END: bound-or-bearer
        step!(authentication, compute, "check DPoP proof").record("result", problem);
        Err(ApiError::Unauthenticated(Challenge::InvalidDpopToken))
    }

    /// What is asked of a request that brings nothing. Where both ways are open the older one is named, which every client knows.
    pub(crate) fn challenge(&self) -> Challenge {
        match self.mode {
            Dpop::Off | Dpop::Accepted => Challenge::Bearer,
            Dpop::Required => Challenge::Dpop,
        }
    }

    /// What is said of a token that is not accepted, in the scheme that it came in.
    pub(crate) fn refusal(&self, carried: &Carried<'_>, transport: Transport) -> Challenge {
        match transport {
            Transport::Cookie => Challenge::Cookie,
            Transport::Header if self.mode == Dpop::Required || carried.sent_as_bound => {
                Challenge::InvalidDpopToken
            }
            Transport::Header => Challenge::InvalidBearer,
        }
    }

    fn prove(
        &self,
        request: &HttpRequest,
        token: Option<&str>,
        bound_to: Option<Thumbprint>,
        now: UnixSeconds,
    ) -> Result<Proof, DpopError> {
        let step = step!(authentication, compute, "check DPoP proof");
        let proven = step.in_scope(|| {
            let text = only_proof(request)?;
            let proven = ProvenRequest {
                method: request.method().as_str(),
                uri: &format!("{}{}", self.base, request.path()),
                access_token: token,
            };
            let proof = self.proofs.verify(text, &proven, now)?;
            if bound_to.is_some_and(|key| key != proof.key) {
                return Err(DpopError::OtherKey);
            }
            self.proofs.use_once(&proof, now)?;
            Ok(proof)
        });
        match &proven {
            Ok(proof) => step.record("result", proof.key.to_string().as_str()),
            Err(error) => step.record("result", error.to_string().as_str()),
        };
        proven
    }
}

/// RFC 9449 §4.3, check 1.
fn only_proof(request: &HttpRequest) -> Result<&str, DpopError> {
    let mut proofs = request.headers().get_all(PROOF);
    match (proofs.next().map(HeaderValue::to_str), proofs.next()) {
        (Some(Ok(proof)), None) => Ok(proof),
        (Some(_), Some(_)) => Err(DpopError::Several),
        _ => Err(DpopError::Missing),
    }
}
