//! Issuing access tokens.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{ACCESS_TOKEN, AccessClaims, Confirmation, KeyRing, Thumbprint, jws};
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
    /// The name of this one token, as `jti`: the caller's to make unique, and to find again when the token is taken back.
    pub token_id: String,
    /// The `epoch` claim: how often the user's tokens were taken back so far. Left out where no verifier asks.
    pub epoch: Option<i64>,
    /// The key to bind the token to; a bearer token without.
    pub jkt: Option<Thumbprint>,
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
    /// The claims could not be written as JSON.
    #[error("the claims cannot be written")]
    Claims(#[source] serde_json::Error),
    /// The cryptography refused.
    #[error("signing failed")]
    Signing,
}

/// Issues access tokens under the signing key of a ring.
#[derive(Clone, Debug)]
pub struct Issuer {
    keys: Arc<KeyRing>,
    config: IssuerConfig,
    /// The first part of every token, the same for as long as the key is.
    header: Option<String>,
}

impl Issuer {
    /// An issuer of tokens that say what `config` says.
    #[must_use]
    pub fn new(keys: Arc<KeyRing>, config: IssuerConfig) -> Self {
        let header = keys.signing_key().map(|key| key.header(ACCESS_TOKEN));
        Self {
            keys,
            config,
            header,
        }
    }

    /// A new token for `subject`, valid from `now`. No `nbf`: it would repeat `iat`.
    ///
    /// # Errors
    ///
    /// [`IssueError`] when the ring cannot sign.
    pub fn issue(&self, subject: &Subject, now: UnixSeconds) -> Result<Issued, IssueError> {
        let claims = self.claims(subject, now);
        let (Some(key), Some(header)) = (self.keys.signing_key(), &self.header) else {
            return Err(IssueError::NoSigningKey);
        };
        let payload = serde_json::to_vec(&claims).map_err(IssueError::Claims)?;
        let token = AccessToken(jws::sign_under(header, &payload, key)?);
        Ok(Issued { token, claims })
    }

    fn claims(&self, subject: &Subject, now: UnixSeconds) -> AccessClaims {
        AccessClaims {
            iss: self.config.issuer.clone(),
            aud: self.config.audience.as_str().into(),
            sub: subject.user_id.to_string(),
            exp: now.plus(self.config.lifetime),
            iat: now,
            nbf: None,
            jti: subject.token_id.clone(),
            client_id: self.config.client_id.clone(),
            sid: subject.sid.clone(),
            username: subject.username.clone(),
            role: subject.role.clone(),
            epoch: subject.epoch,
            cnf: subject.jkt.map(|jkt| Confirmation { jkt }),
        }
    }
}
