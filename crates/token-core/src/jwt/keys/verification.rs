//! A key that verifies.

use std::collections::BTreeMap;
use std::fmt;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, ParsedPublicKey, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{KeyError, Thumbprint, jwk, pem};
use crate::jwt::SignatureAlgorithm;
use crate::jwt::algorithm::Family;
use crate::jwt::json::Members;
use crate::secret::SecretBytes;

const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A key that verifies signatures of one algorithm, parsed once.
///
/// *Security*: `Debug` shows the id and the algorithm only: for HMAC the verification key is the signing key.
#[derive(Clone)]
pub struct VerificationKey {
    kid: Option<String>,
    algorithm: SignatureAlgorithm,
    checker: Checker,
    public: Public,
}

#[derive(Clone)]
enum Checker {
    Mac(Box<hmac::Key>),
    Signature(ParsedPublicKey),
}

/// What may be published of a key: the members that RFC 7518 §6 gives its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Public {
    Okp {
        x: Vec<u8>,
    },
    Ec {
        x: Vec<u8>,
        y: Vec<u8>,
    },
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// A symmetric key has nothing to publish.
    Nothing,
}

impl VerificationKey {
    /// Reads one JWK, public or private, in JSON.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong: see there for everything that is refused.
    pub fn from_jwk(jwk: &str) -> Result<Self, KeyError> {
        jwk::verification_key(jwk)
    }

    /// Takes a key that came with what it shall verify; one with a private or symmetric member is refused.
    pub(crate) fn from_public_members(members: &Members<'_>) -> Result<Self, KeyError> {
        jwk::public_key(members)
    }

    /// Reads a public (or private) key in PEM; its type decides the algorithm, RS256 for RSA.
    ///
    /// # Errors
    ///
    /// [`KeyError`] says what is wrong.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        pem::verification_key(text)
    }

    /// A symmetric key.
    ///
    /// # Errors
    ///
    /// [`KeyError::ShortSecret`] when it is shorter than the hash (RFC 7518 §3.2), and [`KeyError::AlgorithmDoesNotFit`] when the
    /// algorithm is not an HMAC.
    pub fn from_secret(
        kid: Option<String>,
        algorithm: SignatureAlgorithm,
        secret: &SecretBytes,
    ) -> Result<Self, KeyError> {
        let (key, least) = Self::mac(kid, algorithm, secret)?;
        let length = secret.expose().len();
        if length < least {
            return Err(KeyError::ShortSecret {
                algorithm: algorithm.as_str(),
                bits: length * 8,
                least: least * 8,
            });
        }
        Ok(key)
    }

    /// A symmetric key of any length, for looking at a token on the command line under a secret that some tutorial printed.
    ///
    /// *Security*: whoever has one token can try secrets offline, millions in a second. Never in a server.
    ///
    /// # Errors
    ///
    /// [`KeyError::AlgorithmDoesNotFit`] when the algorithm is not an HMAC, and [`KeyError::ShortSecret`] for no secret at all.
    pub fn dangerously_from_short_secret(
        algorithm: SignatureAlgorithm,
        secret: &SecretBytes,
    ) -> Result<Self, KeyError> {
        let (key, least) = Self::mac(None, algorithm, secret)?;
        if secret.expose().is_empty() {
            return Err(KeyError::ShortSecret {
                algorithm: algorithm.as_str(),
                bits: 0,
                least: least * 8,
            });
        }
        Ok(key)
    }

    fn mac(
        kid: Option<String>,
        algorithm: SignatureAlgorithm,
        secret: &SecretBytes,
    ) -> Result<(Self, usize), KeyError> {
        let Family::Hmac(mac, least) = algorithm.family() else {
            return Err(does_not_fit(algorithm));
        };
        let key = Self {
            kid,
            algorithm,
            checker: Checker::Mac(Box::new(hmac::Key::new(mac, secret.expose()))),
            public: Public::Nothing,
        };
        Ok((key, least))
    }

    pub(super) fn from_public(
        kid: Option<String>,
        algorithm: SignatureAlgorithm,
        public: Public,
    ) -> Result<Self, KeyError> {
        let parsed = match (algorithm.family(), &public) {
            (Family::Ed25519, Public::Okp { x }) => {
                ParsedPublicKey::new(&ED25519, x).map_err(|_| KeyError::Malformed("x"))?
            }
            (Family::Ec(curve), Public::Ec { x, y }) => {
                let length = curve.coordinate_bytes;
                if x.len() != length || y.len() != length {
                    return Err(KeyError::NotOnCurve(curve.name));
                }
                ParsedPublicKey::new(curve.verification, point(x, y))
                    .map_err(|_| KeyError::NotOnCurve(curve.name))?
            }
            (Family::Rsa(parameters), Public::Rsa { n, e }) => {
                check_rsa(n, e)?;
                RsaPublicKeyComponents { n, e }
                    .to_parsed_public_key(parameters)
                    .map_err(|_| KeyError::Malformed("n"))?
            }
            _ => return Err(does_not_fit(algorithm)),
        };
        Ok(Self {
            kid,
            algorithm,
            checker: Checker::Signature(parsed),
            public,
        })
    }

    /// The name of the key, if it has one.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    pub(super) fn with_kid(self, kid: String) -> Self {
        Self {
            kid: Some(kid),
            ..self
        }
    }

    /// The one algorithm that the key is for.
    #[must_use]
    pub fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// The first part of every token that is issued with this key and this `typ`, encoded.
    pub(crate) fn header(&self, typ: &str) -> String {
        let mut header = json!({"alg": self.algorithm.as_str(), "typ": typ});
        if let Some(kid) = &self.kid {
            header["kid"] = kid.as_str().into();
        }
        URL_SAFE_NO_PAD.encode(header.to_string())
    }

    /// Whether `signature` is this key's over `message`. For HMAC compared in constant time.
    pub(crate) fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.checker {
            Checker::Mac(key) => hmac::verify(key, message, signature).is_ok(),
            Checker::Signature(key) => key.verify_sig(message, signature).is_ok(),
        }
    }

    /// The public JWK, or nothing for a symmetric key: there is no public half to give away.
    #[must_use]
    pub fn to_public_jwk(&self) -> Option<Value> {
        let Value::Object(mut members) = self.required_members()? else {
            return None;
        };
        members.insert("use".to_owned(), "sig".into());
        members.insert("alg".to_owned(), self.algorithm.as_str().into());
        if let Some(kid) = &self.kid {
            members.insert("kid".to_owned(), kid.as_str().into());
        }
        Some(Value::Object(members))
    }

    /// The name that the key gives itself (RFC 7638); nothing for a symmetric key, where it would be a hash of the secret.
    #[must_use]
    pub fn thumbprint(&self) -> Option<String> {
        self.jkt().map(|thumbprint| thumbprint.to_string())
    }

    /// The same, to be compared with the `jkt` of a token (RFC 9449 §6.1).
    #[must_use]
    pub fn jkt(&self) -> Option<Thumbprint> {
        let Value::Object(members) = self.required_members()? else {
            return None;
        };
        // RFC 7638 §3.3 wants the members in lexicographic order, whichever order the map keeps.
        let sorted: BTreeMap<_, _> = members.into_iter().collect();
        let canonical = serde_json::to_string(&sorted).ok()?;
        Some(Thumbprint::of(canonical.as_bytes()))
    }

    fn required_members(&self) -> Option<Value> {
        let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Some(match (&self.public, self.algorithm.family()) {
            (Public::Okp { x }, _) => json!({"kty": "OKP", "crv": "Ed25519", "x": b64(x)}),
            (Public::Ec { x, y }, Family::Ec(curve)) => {
                json!({"kty": "EC", "crv": curve.name, "x": b64(x), "y": b64(y)})
            }
            (Public::Rsa { n, e }, _) => json!({"kty": "RSA", "n": b64(n), "e": b64(e)}),
            _ => return None,
        })
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

pub(super) fn does_not_fit(algorithm: SignatureAlgorithm) -> KeyError {
    KeyError::AlgorithmDoesNotFit {
        algorithm: algorithm.as_str().to_owned(),
    }
}

/// An uncompressed point (SEC 1 §2.3.3).
pub(super) fn point(x: &[u8], y: &[u8]) -> Vec<u8> {
    [&[0x04], x, y].concat()
}

/// The library checks the size at each use and the exponent hardly at all; a bad key is better refused when it is read.
fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), KeyError> {
    let bits = bit_length(n);
    if !RSA_BITS.contains(&bits) {
        return Err(KeyError::RsaSize { bits });
    }
    let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    if !is_odd(e) || bit_length(e) < 2 || bit_length(e) > 33 {
        return Err(KeyError::RsaExponent);
    }
    Ok(())
}

/// Of a big-endian number without leading zero bytes.
fn bit_length(number: &[u8]) -> usize {
    let leading = number
        .first()
        .map_or(0, |byte| byte.leading_zeros() as usize);
    number.len() * 8 - leading
}
