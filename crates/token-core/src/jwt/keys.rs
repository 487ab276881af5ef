//! Keys and the ring that holds them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Algorithm;
use crate::clock::UnixSeconds;
use crate::secret::SecretString;

/// Why a key was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Placeholder.
    #[error("the key is malformed")]
    Malformed,
}

/// A key that signs.
#[derive(Debug)]
pub struct SigningKey(());

impl SigningKey {
    /// Makes a new key.
    ///
    /// # Errors
    ///
    /// When the cryptography has no key to give.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let _ = algorithm;
        unimplemented!()
    }

    /// Reads a private JWK.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong with it.
    pub fn from_jwk(jwk: &str) -> Result<Self, KeyError> {
        let _ = jwk;
        unimplemented!()
    }

    /// Reads a PKCS#8 (or SEC1, PKCS#1) private key in PEM.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong with it.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let _ = pem;
        unimplemented!()
    }

    /// The private JWK, to be kept.
    #[must_use]
    pub fn to_jwk(&self) -> SecretString {
        unimplemented!()
    }

    /// Its key id.
    #[must_use]
    pub fn kid(&self) -> &str {
        unimplemented!()
    }

    /// Its one algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        unimplemented!()
    }

    /// Its other half.
    #[must_use]
    pub fn verification_key(&self) -> VerificationKey {
        unimplemented!()
    }
}

/// A key that verifies.
#[derive(Clone, Debug)]
pub struct VerificationKey(());

impl VerificationKey {
    /// Reads a JWK.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong with it.
    pub fn from_jwk(jwk: &str) -> Result<Self, KeyError> {
        let _ = jwk;
        unimplemented!()
    }
}

/// The keys of a server.
#[derive(Clone, Debug)]
pub struct KeyRing {
    _signing: Option<Arc<SigningKey>>,
}

impl KeyRing {
    /// A ring of one key.
    #[must_use]
    pub fn new(signing: SigningKey) -> Self {
        Self {
            _signing: Some(Arc::new(signing)),
        }
    }

    /// A new ring that signs with `next`.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when `next` has a key id that is in use.
    pub fn rotate(
        &self,
        next: SigningKey,
        now: UnixSeconds,
        overlap: Duration,
    ) -> Result<Self, KeyError> {
        let _ = (next, now, overlap);
        unimplemented!()
    }

    /// The public keys as a JWKS.
    #[must_use]
    pub fn jwks(&self) -> Value {
        unimplemented!()
    }

    /// A ring that verifies with the keys of a JWKS.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong with the set.
    pub fn from_jwks(jwks: &str) -> Result<Self, KeyError> {
        let _ = jwks;
        unimplemented!()
    }
}
