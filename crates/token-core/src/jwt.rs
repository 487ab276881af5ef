//! JWT access tokens as RFC 9068 profiles them.

mod algorithm;
mod claims;
mod issuer;
pub mod jws;
mod keys;
mod unverified;
mod verifier;

pub use algorithm::{Algorithm, SignatureAlgorithm, UnknownAlgorithm};
pub use claims::{AccessClaims, Audience};
pub use issuer::{AccessToken, IssueError, Issued, Issuer, IssuerConfig, Subject};
pub use keys::{KeyError, KeyRing, SigningKey, VerificationKey};
pub use unverified::{Unverified, decode_unverified};
pub use verifier::{ConfigError, Verifier, VerifierConfig, VerifyError};
