//! Verifying access tokens.

use std::sync::Arc;
use std::time::Duration;

use super::compact::{self, Compact, Header};
use super::rules::Claims;
use super::{AccessClaims, ConfigError, Expected, KeyRing, Part, VerifyError, jws};
use crate::clock::UnixSeconds;

/// What a verifier demands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierConfig {
    /// The `iss` that is trusted.
    pub issuer: String,
    /// The `aud` that is us.
    pub audience: String,
    /// How far the issuer's clock may differ from ours; at most 60 s, and 0 where both are one.
    pub leeway: Duration,
}

/// Verifies access tokens under the keys of a ring.
#[derive(Clone, Debug)]
pub struct Verifier {
    keys: Arc<KeyRing>,
    expected: Expected,
}

impl Verifier {
    /// A verifier that demands what `config` says.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] when the leeway is more than 60 s.
    pub fn new(keys: Arc<KeyRing>, config: VerifierConfig) -> Result<Self, ConfigError> {
        let expected = Expected {
            issuer: Some(config.issuer),
            audience: Some(config.audience),
            leeway: config.leeway,
        };
        expected.validate()?;
        Ok(Self { keys, expected })
    }

    /// The claims of a token that may be believed at `now`.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] says exactly what is wrong, the signature before any claim; the answer to the client must not.
    ///
    /// *Spec*: RFC 9068 §4, RFC 8725 §3. *Security*: a token that was revoked after it was issued is still accepted until `exp`: no
    /// state is asked. That is the point of the comparison, and its price.
    // ANCHOR: verify
    pub fn verify(&self, token: &str, now: UnixSeconds) -> Result<AccessClaims, VerifyError> {
        let parts = Compact::split(token)?;
        let header = compact::decode(Part::Header, parts.header)?;
        let header = compact::object(Part::Header, &header)?;
        let header = Header::read(&header)?;
        header.check_typ()?;
        jws::check(&parts, &header, self.keys.find(header.kid, now)?)?;

        let claims = compact::decode(Part::Payload, parts.payload)?;
        let claims = compact::object(Part::Payload, &claims)?;
        let claims = Claims(&claims);
        let mut first = None;
        self.expected.check(claims, now, &mut |problem| {
            first.get_or_insert(problem);
        });
        match first {
            Some(problem) => Err(problem),
            None => AccessClaims::read(claims),
        }
    }
    // ANCHOR_END: verify
}
