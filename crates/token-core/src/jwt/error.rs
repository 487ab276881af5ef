//! What exactly was wrong with a token.

use std::fmt;

use super::SignatureAlgorithm;
use super::json::JsonError;
use crate::clock::UnixSeconds;

/// One of the three parts of a token in compact form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first: which algorithm, which key.
    Header,
    /// The second: the claims.
    Payload,
    /// The third.
    Signature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

/// Why a token was refused.
///
/// *Security*: for logs, tests and the person who holds the key. A server answers every one of these the same way: which check failed
/// helps nobody but a forger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Longer than 8 KiB; not looked at.
    #[error(
        "the token has {bytes} bytes; at most {} are read",
        super::compact::MAX_TOKEN_BYTES
    )]
    TooLong {
        /// How long.
        bytes: usize,
    },
    /// Not header.payload.signature.
    #[error("the token does not have three parts separated by dots")]
    NotThreeParts,
    /// Padding, white space, a foreign character, or bits that encode nothing.
    #[error("the {0} is not canonical base64url without padding")]
    NotBase64Url(Part),
    /// Not JSON.
    #[error("the {0} is not JSON")]
    NotJson(Part),
    /// JSON, but no object.
    #[error("the {0} is not a JSON object")]
    NotAnObject(Part),
    /// A member appears twice, at whatever depth.
    #[error("the {part} has the member {name:?} twice")]
    DuplicateMember {
        /// Where.
        part: Part,
        /// Which.
        name: String,
    },
    /// A header member is missing.
    #[error("the header has no {0}")]
    MissingHeader(&'static str),
    /// A header member is not text.
    #[error("the header's {0} is not a string")]
    HeaderType(&'static str),
    /// The header demands an extension (RFC 7515 §4.1.11); none is known here.
    #[error("the header has crit: extensions are not understood here")]
    CriticalHeader,
    /// Not an access token (RFC 9068 §4).
    #[error("typ is {found:?}, not at+jwt")]
    WrongTyp {
        /// What it says.
        found: String,
    },
    /// An algorithm that is not in the table; `none` is the famous one.
    #[error("the algorithm {name:?} is not accepted")]
    UnknownAlgorithm {
        /// What the header says.
        name: String,
    },
    /// The header names another algorithm than the one its key is for.
    #[error("the header says {header}, its key is for {key}")]
    AlgorithmMismatch {
        /// What the header says.
        header: SignatureAlgorithm,
        /// What the key is pinned to.
        key: SignatureAlgorithm,
    },
    /// No key of that id.
    #[error("no key has the id {kid:?}")]
    UnknownKey {
        /// What the header says.
        kid: String,
    },
    /// The key was rotated away and its overlap is over.
    #[error("the key {kid:?} is retired")]
    RetiredKey {
        /// What the header says.
        kid: String,
    },
    /// The header names no key, and there are several.
    #[error("the header has no kid and there is more than one key")]
    AmbiguousKey,
    /// The signature is not the key's over this header and payload.
    #[error("the signature does not match")]
    BadSignature,
    /// A required claim is missing.
    #[error("the claim {0} is missing")]
    MissingClaim(&'static str),
    /// A claim is of another type than its specification says.
    #[error("the claim {claim} is not {expected}")]
    ClaimType {
        /// Which.
        claim: &'static str,
        /// What it should have been, with its article.
        expected: &'static str,
    },
    /// `exp` is now or before.
    #[error("expired at {}, now it is {}", exp.to_rfc3339(), now.to_rfc3339())]
    Expired {
        /// The claim.
        exp: UnixSeconds,
        /// The time of the check.
        now: UnixSeconds,
    },
    /// `nbf` is after now.
    #[error("not valid before {}, now it is {}", nbf.to_rfc3339(), now.to_rfc3339())]
    NotYetValid {
        /// The claim.
        nbf: UnixSeconds,
        /// The time of the check.
        now: UnixSeconds,
    },
    /// `iat` is after now.
    #[error("issued at {}, which is after now, {}", iat.to_rfc3339(), now.to_rfc3339())]
    IssuedInFuture {
        /// The claim.
        iat: UnixSeconds,
        /// The time of the check.
        now: UnixSeconds,
    },
    /// `iss` is somebody else.
    #[error("issued by {found:?}")]
    WrongIssuer {
        /// What it says.
        found: String,
    },
    /// `aud` does not name us.
    #[error("meant for {found:?}")]
    WrongAudience {
        /// What it says.
        found: Vec<String>,
    },
}

impl VerifyError {
    pub(crate) fn json(part: Part, error: JsonError) -> Self {
        match error {
            JsonError::NotJson => Self::NotJson(part),
            JsonError::NotAnObject => Self::NotAnObject(part),
            JsonError::Duplicate(name) => Self::DuplicateMember { part, name },
        }
    }
}
