//! Verifying access tokens.

use std::sync::Arc;
use std::time::Duration;

use super::{AccessClaims, KeyRing};
use crate::clock::UnixSeconds;

/// What a verifier demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierConfig {
    /// The `iss` that is trusted.
    pub issuer: String,
    /// The `aud` that is us.
    pub audience: String,
    /// How far clocks may differ; at most 60 s.
    pub leeway: Duration,
}

/// What is wrong with a verifier's configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// More than a minute is no longer clock skew.
    #[error("leeway must be at most 60 seconds")]
    LeewayTooLong,
}

/// Why a token was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Placeholder.
    #[error("the token is malformed")]
    Malformed,
}

/// Verifies access tokens under the keys of a ring.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: Arc<KeyRing>,
    config: VerifierConfig,
}

impl Verifier {
    /// A verifier that demands what `config` says.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when the leeway is more than 60 s.
    pub fn new(keys: Arc<KeyRing>, config: VerifierConfig) -> Result<Self, ConfigError> {
        Ok(Self { keys, config })
    }

    /// The claims of a token that may be believed at `now`.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] says exactly what is wrong; the answer to the client must not.
    pub fn verify(&self, token: &str, now: UnixSeconds) -> Result<AccessClaims, VerifyError> {
        let _ = (&self.keys, &self.config, token, now);
        unimplemented!()
    }
}
