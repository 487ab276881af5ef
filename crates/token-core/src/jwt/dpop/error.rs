//! What exactly was wrong with a proof.

use crate::clock::UnixSeconds;
use crate::jwt::{KeyError, SignatureAlgorithm, VerifyError};

/// Why a proof was refused.
///
/// *Security*: for logs, tests and the lab. A server answers all of these alike, save that it may say when it is full.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DpopError {
    /// There is none, where one is needed.
    #[error("no proof came along")]
    Missing,
    /// More than one `DPoP` header field (RFC 9449 §4.3, check 1).
    #[error("more than one proof came along")]
    Several,
    /// Not a signed statement in compact form, not signed by its key, or without a claim that it needs.
    #[error(transparent)]
    Jws(#[from] VerifyError),
    /// The `typ` is another: an access token, for one, is no proof.
    #[error("typ is {found:?}, not dpop+jwt")]
    NotAProof {
        /// What it says.
        found: Option<String>,
    },
    /// Known, but not accepted for proofs.
    #[error("a proof signed with {0} is not accepted: use ES256 or EdDSA")]
    Algorithm(SignatureAlgorithm),
    /// The header has no `jwk` object.
    #[error("the header has no jwk")]
    NoKey,
    /// The key in the header is not a sound public key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Signed with another key than the token is bound to.
    #[error("the proof is made with another key than the token is bound to")]
    OtherKey,
    /// `htm` is another method.
    #[error("made for the method {found:?}")]
    OtherMethod {
        /// What it says.
        found: String,
    },
    /// `htu` is another address.
    #[error("made for {found:?}")]
    OtherAddress {
        /// What it says.
        found: String,
    },
    /// `ath` is the hash of another access token.
    #[error("made for another access token")]
    OtherToken,
    /// `iat` is longer ago than proofs live.
    #[error("made at {}, too long before now, {}", iat.to_rfc3339(), now.to_rfc3339())]
    TooOld {
        /// The claim.
        iat: UnixSeconds,
        /// The time of the check.
        now: UnixSeconds,
    },
    /// `iat` is further ahead than clocks differ.
    #[error("made at {}, which is after now, {}", iat.to_rfc3339(), now.to_rfc3339())]
    Ahead {
        /// The claim.
        iat: UnixSeconds,
        /// The time of the check.
        now: UnixSeconds,
    },
    /// The same proof was used before.
    #[error("used before")]
    Replayed,
    /// As many proofs are remembered as there is room for.
    #[error("no room to remember another proof")]
    Full,
}
