//! A key that signs.

use std::fmt;

use aws_lc_rs::encoding::{AsBigEndian as _, AsDer as _};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, Signature,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::verification::{Public, does_not_fit};
use super::{KeyError, VerificationKey, jwk, pem, rsa_der};
use crate::jwt::algorithm::Family;
use crate::jwt::{Algorithm, SignatureAlgorithm};
use crate::secret::{SecretBytes, SecretString, random_bytes};

/// A key that signs with one algorithm, and its verification half.
///
/// *Security*: `Debug` shows the id and the algorithm only.
pub struct SigningKey {
    algorithm: Algorithm,
    signer: Signer,
    verification: VerificationKey,
}

pub(super) enum Signer {
    Mac(Box<hmac::Key>, SecretBytes),
    Ed25519(Ed25519KeyPair),
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl SigningKey {
    /// Makes a new key, whose id is its RFC 7638 thumbprint (random for HS256).
    ///
    /// RSA has 2048 bits: what others interoperate with, and RS256 is here to be measured.
    ///
    /// # Errors
    ///
    /// [`KeyError::Generation`] when the cryptography has none to give.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let signer = match SignatureAlgorithm::from(algorithm).family() {
            Family::Ed25519 => Ed25519KeyPair::generate().map(Signer::Ed25519),
            Family::Ec(curve) => EcdsaKeyPair::generate(curve.signing).map(Signer::Ec),
            Family::Rsa(_) => RsaKeyPair::generate(KeySize::Rsa2048).map(Signer::Rsa),
            Family::Hmac(..) => {
                let secret = SecretBytes::new(random_bytes::<32>().to_vec());
                return Self::from_secret(Some(random_kid()), &secret);
            }
        }
        .map_err(|_| KeyError::Generation)?;
        Self::named_by_itself(algorithm.into(), signer)
    }

    /// Reads a private JWK in JSON. Without a `kid` it gets its thumbprint, except that a symmetric key stays nameless.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong: see there for everything that is refused.
    pub fn from_jwk(jwk: &str) -> Result<Self, KeyError> {
        jwk::signing_key(jwk)
    }

    /// Reads a private key in PEM: PKCS#8, for RSA also PKCS#1. Its type decides the algorithm, RS256 for RSA.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        pem::signing_key(text)
    }

    /// A key for HS256.
    ///
    /// # Errors
    ///
    /// [`KeyError::ShortSecret`] when it has less than 32 bytes.
    pub fn from_secret(kid: Option<String>, secret: &SecretBytes) -> Result<Self, KeyError> {
        let verification = VerificationKey::from_secret(kid, SignatureAlgorithm::HS256, secret)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose());
        Ok(Self {
            algorithm: Algorithm::HS256,
            signer: Signer::Mac(Box::new(key), secret.clone()),
            verification,
        })
    }

    /// Puts a parsed key pair under a name; the public half is taken from the pair, so the two cannot disagree.
    pub(super) fn from_pair(
        kid: Option<String>,
        algorithm: SignatureAlgorithm,
        signer: Signer,
    ) -> Result<Self, KeyError> {
        let issued_with = Algorithm::try_from(algorithm)
            .map_err(|_| KeyError::VerificationOnly(algorithm.as_str()))?;
        let public = signer.public().ok_or_else(|| does_not_fit(algorithm))?;
        Ok(Self {
            algorithm: issued_with,
            signer,
            verification: VerificationKey::from_public(kid, algorithm, public)?,
        })
    }

    /// As [`Self::from_pair`], with the thumbprint for a name.
    pub(super) fn named_by_itself(
        algorithm: SignatureAlgorithm,
        signer: Signer,
    ) -> Result<Self, KeyError> {
        let key = Self::from_pair(None, algorithm, signer)?;
        Ok(match key.verification.thumbprint() {
            Some(kid) => Self {
                verification: key.verification.with_kid(kid),
                ..key
            },
            None => key,
        })
    }

    /// The name of the key, if it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.verification.kid()
    }

    /// The one algorithm that the key is for.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The half that verifies; for HS256 it is the same key.
    #[must_use]
    pub fn verification_key(&self) -> &VerificationKey {
        &self.verification
    }

    /// The private JWK, to be kept where secrets are kept.
    ///
    /// # Errors
    ///
    /// [`KeyError::Generation`] when the cryptography does not give the key out.
    pub fn to_private_jwk(&self) -> Result<SecretString, KeyError> {
        let failed = |_| KeyError::Generation;
        let b64 = |bytes: &[u8]| Value::from(URL_SAFE_NO_PAD.encode(bytes));
        let mut jwk = match self.verification.to_public_jwk() {
            Some(jwk) => jwk,
            None => json!({"kty": "oct", "use": "sig", "alg": self.algorithm, "kid": self.kid()}),
        };
        match &self.signer {
            Signer::Mac(_, secret) => jwk["k"] = b64(secret.expose()),
            Signer::Ed25519(pair) => {
                let seed = pair.seed().map_err(failed)?;
                jwk["d"] = b64(seed.as_be_bytes().map_err(failed)?.as_ref());
            }
            Signer::Ec(pair) => {
                jwk["d"] = b64(pair.private_key().as_be_bytes().map_err(failed)?.as_ref());
            }
            Signer::Rsa(pair) => {
                let der = pair.as_der().map_err(failed)?;
                let numbers = rsa_der::private_numbers(der.as_ref()).ok_or(KeyError::Generation)?;
                for (name, number) in rsa_der::PRIVATE_MEMBERS.into_iter().zip(numbers) {
                    jwk[name] = b64(number);
                }
            }
        }
        Ok(SecretString::new(jwk.to_string()))
    }

    /// The first part of every token of this key with this `typ`, encoded.
    pub(crate) fn header(&self, typ: &str) -> String {
        self.verification.header(typ)
    }

    /// Signs, or gives nothing when the cryptography refuses.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let bytes = |signature: Signature| signature.as_ref().to_vec();
        match &self.signer {
            Signer::Mac(key, _) => Some(hmac::sign(key, message).as_ref().to_vec()),
            Signer::Ed25519(pair) => pair.try_sign(message).ok().map(bytes),
            Signer::Ec(pair) => pair.sign(&SystemRandom::new(), message).ok().map(bytes),
            Signer::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    message,
                    &mut signature,
                )
                .ok()?;
                Some(signature)
            }
        }
    }
}

impl Signer {
    pub(super) fn public(&self) -> Option<Public> {
        match self {
            Self::Mac(..) => None,
            Self::Ed25519(pair) => Some(Public::Okp {
                x: pair.public_key().as_ref().to_vec(),
            }),
            Self::Ec(pair) => {
                // The point is uncompressed: 0x04, x, y.
                let (_, coordinates) = pair.public_key().as_ref().split_first()?;
                let (x, y) = coordinates.split_at(coordinates.len() / 2);
                Some(Public::Ec {
                    x: x.to_vec(),
                    y: y.to_vec(),
                })
            }
            Self::Rsa(pair) => {
                let key = pair.public_key();
                Some(Public::Rsa {
                    n: key.modulus().big_endian_without_leading_zero().to_vec(),
                    e: key.exponent().big_endian_without_leading_zero().to_vec(),
                })
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid())
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

fn random_kid() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes::<16>())
}
