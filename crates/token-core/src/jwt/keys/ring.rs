//! The keys of a server: one that signs, and those that still verify.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{KeyError, SigningKey, VerificationKey, jwk};
use crate::clock::UnixSeconds;
use crate::jwt::{ACCESS_TOKEN, VerifyError};

/// An immutable set of keys: a rotation gives a new ring, and whoever holds the old one is not disturbed.
#[derive(Clone, Debug)]
pub struct KeyRing {
    signing: Option<Arc<SigningKey>>,
    verification: Vec<RingKey>,
}

#[derive(Clone, Debug)]
pub(crate) struct RingKey {
    key: VerificationKey,
    /// From this moment the key no longer verifies; `None` for a key in use.
    retires_at: Option<UnixSeconds>,
    /// How every access token begins that is issued with this key.
    header: String,
}

impl RingKey {
    fn new(key: VerificationKey, retires_at: Option<UnixSeconds>) -> Self {
        Self {
            header: key.header(ACCESS_TOKEN),
            key,
            retires_at,
        }
    }

    /// The moment from which it verifies no longer; none for a key in use.
    pub(crate) fn retires_at(&self) -> Option<UnixSeconds> {
        self.retires_at
    }

    /// The key, while it verifies.
    pub(crate) fn at(&self, now: UnixSeconds) -> Result<&VerificationKey, VerifyError> {
        match self.retires_at {
            Some(at) if now >= at => Err(VerifyError::RetiredKey {
                kid: self.key.kid().unwrap_or_default().to_owned(),
            }),
            _ => Ok(&self.key),
        }
    }
}

impl KeyRing {
    /// A ring of one key, which signs and verifies.
    #[must_use]
    pub fn new(signing: SigningKey) -> Self {
        let key = signing.verification_key().clone();
        Self {
            signing: Some(Arc::new(signing)),
            verification: vec![RingKey::new(key, None)],
        }
    }

    /// A ring that only verifies, with the keys of others.
    ///
    /// # Errors
    ///
    /// [`KeyError`] for no key at all, two keys of one id, a nameless key among several, and symmetric beside asymmetric keys.
    pub fn verifying(keys: Vec<VerificationKey>) -> Result<Self, KeyError> {
        check_set(&keys)?;
        let in_use = |key| RingKey::new(key, None);
        Ok(Self {
            signing: None,
            verification: keys.into_iter().map(in_use).collect(),
        })
    }

    /// A ring that verifies with the keys of a JWKS in JSON. One key that is refused refuses the set.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong with a key or with the set.
    pub fn from_jwks(jwks: &str) -> Result<Self, KeyError> {
        Self::verifying(jwk::verification_keys(jwks)?)
    }

    /// A ring that signs with `next` from now on and verifies with the keys of this one until `now + overlap`.
    ///
    /// Choose `overlap` at least as long as a token may live, so that no token dies with its key. Keys whose own overlap is over are
    /// dropped.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the ring with `next` would not be a sound set.
    pub fn rotate(
        &self,
        next: SigningKey,
        now: UnixSeconds,
        overlap: Duration,
    ) -> Result<Self, KeyError> {
        let end = now.plus(overlap);
        let mut verification = vec![RingKey::new(next.verification_key().clone(), None)];
        for old in &self.verification {
            let retires_at = old.retires_at.map_or(end, |at| at.min(end));
            if retires_at > now {
                verification.push(RingKey::new(old.key.clone(), Some(retires_at)));
            }
        }
        Self::assemble(next, verification)
    }

    /// Adds a key that verifies until `retires_at`: for a ring read back from where it was kept.
    pub(crate) fn with_retiring(
        self,
        key: VerificationKey,
        retires_at: UnixSeconds,
    ) -> Result<Self, KeyError> {
        let mut verification = self.verification;
        verification.push(RingKey::new(key, Some(retires_at)));
        check_set(verification.iter().map(|ring_key| &ring_key.key))?;
        Ok(Self {
            signing: self.signing,
            verification,
        })
    }

    fn assemble(signing: SigningKey, verification: Vec<RingKey>) -> Result<Self, KeyError> {
        check_set(verification.iter().map(|ring_key| &ring_key.key))?;
        Ok(Self {
            signing: Some(Arc::new(signing)),
            verification,
        })
    }

    /// The key that signs, if this ring has one.
    #[must_use]
    pub fn signing_key(&self) -> Option<&SigningKey> {
        self.signing.as_deref()
    }

    /// The keys that verify, with the moment at which each retires; the one in use is first.
    pub fn verification_keys(
        &self,
    ) -> impl Iterator<Item = (&VerificationKey, Option<UnixSeconds>)> {
        self.verification
            .iter()
            .map(|ring_key| (&ring_key.key, ring_key.retires_at))
    }

    /// The public keys as a JWKS (RFC 7517 §5). A symmetric key is never in it: publishing it would let everybody sign.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let keys: Vec<Value> = self
            .verification
            .iter()
            .filter_map(|ring_key| ring_key.key.to_public_jwk())
            .collect();
        json!({ "keys": keys })
    }

    /// The key that a header names, while it verifies.
    pub(crate) fn find(
        &self,
        kid: Option<&str>,
        now: UnixSeconds,
    ) -> Result<&VerificationKey, VerifyError> {
        self.named(kid)?.at(now)
    }

    /// The key that a header names. A ring of a single key also serves tokens that name none, and a nameless key is served to all:
    /// whoever made such a ring has already chosen.
    pub(crate) fn named(&self, kid: Option<&str>) -> Result<&RingKey, VerifyError> {
        match (kid, self.verification.as_slice()) {
            (None, [only]) => Ok(only),
            (None, _) => Err(VerifyError::AmbiguousKey),
            (Some(_), [only]) if only.key.kid().is_none() => Ok(only),
            (Some(kid), keys) => keys
                .iter()
                .find(|ring_key| ring_key.key.kid() == Some(kid))
                .ok_or_else(|| VerifyError::UnknownKey {
                    kid: kid.to_owned(),
                }),
        }
    }

    /// The key whose own access tokens begin like this: the one that reading this header would find, and nothing is left to check in it.
    pub(crate) fn issuing(&self, header_b64: &str) -> Option<&RingKey> {
        self.verification
            .iter()
            .find(|ring_key| ring_key.header == header_b64)
    }
}

/// RFC 7517 §4.5 wants distinct ids; RFC 8725 §3.1 wants one kind of key where a verifier looks.
fn check_set<'k>(keys: impl IntoIterator<Item = &'k VerificationKey>) -> Result<(), KeyError> {
    let keys: Vec<_> = keys.into_iter().collect();
    let mut seen = HashSet::new();
    for key in &keys {
        match key.kid() {
            None if keys.len() > 1 => return Err(KeyError::MissingKid),
            Some(kid) if !seen.insert(kid) => return Err(KeyError::DuplicateKid(kid.to_owned())),
            _ => {}
        }
    }
    let symmetric = keys
        .iter()
        .filter(|key| key.algorithm().is_symmetric())
        .count();
    if keys.is_empty() {
        Err(KeyError::EmptySet)
    } else if symmetric != 0 && symmetric != keys.len() {
        Err(KeyError::MixedSet)
    } else {
        Ok(())
    }
}
