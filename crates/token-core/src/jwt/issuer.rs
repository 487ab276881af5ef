//! Issuing access tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{AccessClaims, KeyRing};
use crate::clock::UnixSeconds;
use crate::secret::{HIDDEN, SecretString};

/// What every token of an issuer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerConfig {
    /// The `iss` claim.
    pub issuer: String,
    /// The `aud` claim.
    pub audience: String,
    /// The `client_id` claim.
    pub client_id: String,
    /// From `iat` to `exp`.
    pub lifetime: Duration,
}

/// Whom a token is issued to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The user, as `sub`.
    pub user_id: i64,
    /// The user's name.
    pub username: String,
    /// The user's role.
    pub role: String,
    /// The token family, as text.
    pub sid: String,
}

/// An access token as the client holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(SecretString);

impl AccessToken {
    /// The text to hand to the client.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// A token and what it says.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The token.
    pub token: AccessToken,
    /// Its claims.
    pub claims: AccessClaims,
}

/// Why no token was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The key ring can only verify.
    #[error("the key ring has no signing key")]
    NoSigningKey,
    /// The cryptography refused.
    #[error("signing failed")]
    Signing,
}

/// Issues access tokens under the signing key of a ring.
#[derive(Clone, Debug)]
pub struct Issuer {
    keys: Arc<KeyRing>,
    config: IssuerConfig,
}

impl Issuer {
    /// An issuer of tokens that say what `config` says.
    #[must_use]
    pub fn new(keys: Arc<KeyRing>, config: IssuerConfig) -> Self {
        Self { keys, config }
    }

    /// A new token for `subject`, valid from `now`.
    ///
    /// # Errors
    ///
    /// [`IssueError`] when the ring cannot sign.
    pub fn issue(&self, subject: &Subject, now: UnixSeconds) -> Result<Issued, IssueError> {
        let _ = (&self.keys, &self.config, subject, now);
        unimplemented!()
    }
}
