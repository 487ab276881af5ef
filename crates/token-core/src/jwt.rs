//! JWT access tokens as RFC 9068 profiles them, under keys that are each pinned to one algorithm (RFC 8725 §3.1).
//!
//! The cryptography is aws-lc-rs. Parsing and checking are our own: the clock is an argument, what is required is required, and
//! nothing in a token can choose the key or the algorithm that it is checked with.

mod algorithm;
mod claims;
mod compact;
pub mod dpop;
mod error;
mod inspect;
mod issuer;
mod json;
pub mod jws;
mod keys;
mod read_claims;
mod rules;
mod seen;
mod unverified;
mod verifier;

pub use algorithm::{Algorithm, SignatureAlgorithm, UnknownAlgorithm};
pub use claims::{AccessClaims, Audience, Confirmation};
pub use error::{Part, VerifyError};
pub use inspect::{Inspection, inspect};
pub use issuer::{AccessToken, IssueError, Issued, Issuer, IssuerConfig, Subject};
pub use keys::{KeyError, KeyRing, MalformedThumbprint, SigningKey, Thumbprint, VerificationKey};
pub use rules::{ConfigError, Expected, MAX_LEEWAY};
pub use seen::{Believed, RememberingVerifier};
pub use unverified::{Unverified, decode_unverified};
pub use verifier::{Verifier, VerifierConfig};

/// The `typ` of the access tokens that are issued here (RFC 9068 §2.1).
const ACCESS_TOKEN: &str = "at+jwt";
