//! Verifying access tokens.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::compact::{self, Compact, Header};
use super::keys::RingKey;
use super::read_claims::Claims;
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
    pub fn verify(&self, token: &str, now: UnixSeconds) -> Result<AccessClaims, VerifyError> {
        Ok(self.verify_with_bounds(token, now)?.0)
    }

    /// As above, and between which moments the answer stays the same for as long as the ring does.
    // ANCHOR: verify
    pub(super) fn verify_with_bounds(
        &self,
        token: &str,
        now: UnixSeconds,
    ) -> Result<(AccessClaims, Range<UnixSeconds>), VerifyError> {
        let parts = Compact::split(token)?;
        let key = match self.keys.issuing(parts.header) {
            // The first part of every token of our own is the same to the letter: nothing is left to read in it.
            Some(key) => key,
            None => self.key_of_other(parts.header, now)?,
        };
        jws::check_signature(&parts, key.at(now)?)?;

        let payload = compact::decode(Part::Payload, parts.payload)?;
        let claims = Claims::read(&payload)?;
        let mut first = None;
        self.expected.check(&claims, now, &mut |problem| {
            first.get_or_insert(problem);
        });
        match first {
            Some(problem) => Err(problem),
            None => {
                let claims = AccessClaims::read(&claims)?;
                let bounds = self.expected.bounds(&claims, key.retires_at());
                Ok((claims, bounds))
            }
        }
    }

    /// The key that a header names which is not written as ours are.
    fn key_of_other(&self, header: &str, now: UnixSeconds) -> Result<&RingKey, VerifyError> {
        let header = compact::decode(Part::Header, header)?;
        let header = compact::object(Part::Header, &header)?;
        let header = Header::read(&header)?;
        header.check_typ()?;
        let key = self.keys.named(header.kid)?;
        jws::check_algorithm(&header, key.at(now)?)?;
        Ok(key)
    }
    // ANCHOR_END: verify
}
