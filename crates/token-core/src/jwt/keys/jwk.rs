//! Reading JWKs (RFC 7517, RFC 7518 §6, RFC 8037 §2), strictly.

use aws_lc_rs::rsa::KeyPairComponents;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::signing::Signer;
use super::verification::{Public, point};
use super::{KeyError, SigningKey, VerificationKey, rsa_der};
use crate::jwt::SignatureAlgorithm;
use crate::jwt::algorithm::Family;
use crate::jwt::json::{self, Json, Members};
use crate::secret::SecretBytes;

/// What a key is wanted for, as `key_ops` calls it.
#[derive(Clone, Copy)]
enum Purpose {
    Sign,
    Verify,
}

pub(super) fn verification_key(text: &str) -> Result<VerificationKey, KeyError> {
    Jwk::read(&json::object(text.as_bytes())?, Purpose::Verify)?.verification_key()
}

pub(super) fn signing_key(text: &str) -> Result<SigningKey, KeyError> {
    Jwk::read(&json::object(text.as_bytes())?, Purpose::Sign)?.signing_key()
}

/// The members that only private and symmetric keys have (RFC 7518 §6.2.2, §6.3.2 and §6.4).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A key that somebody sent along to be verified with: public, and nothing but public.
pub(super) fn public_key(members: &Members<'_>) -> Result<VerificationKey, KeyError> {
    if PRIVATE
        .iter()
        .any(|name| json::member(members, name).is_some())
    {
        return Err(KeyError::Private);
    }
    Jwk::read(members, Purpose::Verify)?.verification_key()
}

/// The keys of a JWKS. What makes a set dangerous as a whole is checked by the ring that takes them.
pub(super) fn verification_keys(text: &str) -> Result<Vec<VerificationKey>, KeyError> {
    let set = json::object(text.as_bytes())?;
    let keys = json::member(&set, "keys").ok_or(KeyError::NotASet)?;
    let keys = keys.as_array().ok_or(KeyError::NotASet)?;
    keys.iter()
        .map(|key| match key {
            Json::Object(members) => Jwk::read(members, Purpose::Verify)?.verification_key(),
            _ => Err(KeyError::NotASet),
        })
        .collect()
}

/// A JWK whose declarations agree with each other and with the purpose; its numbers are not read yet.
struct Jwk<'m, 'a> {
    members: &'m Members<'a>,
    kid: Option<String>,
    algorithm: SignatureAlgorithm,
}

impl<'m, 'a> Jwk<'m, 'a> {
    fn read(members: &'m Members<'a>, purpose: Purpose) -> Result<Self, KeyError> {
        let kty = text(members, "kty")?.ok_or(KeyError::Missing("kty"))?;
        if !["EC", "OKP", "RSA", "oct"].contains(&kty) {
            return Err(KeyError::UnknownType(kty.to_owned()));
        }
        if let Some(usage) = text(members, "use")?
            && usage != "sig"
        {
            return Err(KeyError::WrongUse(usage.to_owned()));
        }
        check_operations(members, purpose)?;
        Ok(Self {
            members,
            kid: text(members, "kid")?.map(str::to_owned),
            algorithm: algorithm(members, kty)?,
        })
    }

    fn verification_key(self) -> Result<VerificationKey, KeyError> {
        if let Family::Hmac(..) = self.algorithm.family() {
            let secret = self.secret()?;
            return VerificationKey::from_secret(self.kid, self.algorithm, &secret);
        }
        // A private half that comes along must belong to the public one: otherwise what we verify with is not what they sign with.
        if self.is_private() {
            self.key_pair()?;
        }
        let public = self.public()?;
        VerificationKey::from_public(self.kid, self.algorithm, public)
    }

    fn signing_key(self) -> Result<SigningKey, KeyError> {
        match self.algorithm.family() {
            Family::Hmac(..) if self.algorithm != SignatureAlgorithm::HS256 => {
                Err(KeyError::VerificationOnly(self.algorithm.as_str()))
            }
            Family::Hmac(..) => SigningKey::from_secret(self.kid.clone(), &self.secret()?),
            _ if !self.is_private() => Err(KeyError::NotPrivate),
            _ => {
                let pair = self.key_pair()?;
                match self.kid {
                    Some(kid) => SigningKey::from_pair(Some(kid), self.algorithm, pair),
                    None => SigningKey::named_by_itself(self.algorithm, pair),
                }
            }
        }
    }

    fn is_private(&self) -> bool {
        json::member(self.members, "d").is_some()
    }

    fn secret(&self) -> Result<SecretBytes, KeyError> {
        Ok(SecretBytes::new(bytes(self.members, "k")?.to_vec()))
    }

    fn public(&self) -> Result<Public, KeyError> {
        let bytes = |name| bytes(self.members, name).map(|bytes| bytes.to_vec());
        let number = |name| number(self.members, name).map(|bytes| bytes.to_vec());
        Ok(match self.algorithm.family() {
            Family::Ed25519 => Public::Okp { x: bytes("x")? },
            Family::Ec(_) => Public::Ec {
                x: bytes("x")?,
                y: bytes("y")?,
            },
            Family::Rsa(_) => Public::Rsa {
                n: number("n")?,
                e: number("e")?,
            },
            Family::Hmac(..) => Public::Nothing,
        })
    }

    /// Parses both halves and compares them.
    fn key_pair(&self) -> Result<Signer, KeyError> {
        // The public half first: a size or a point that is refused has its own message.
        let public = self.public()?;
        VerificationKey::from_public(None, self.algorithm, public.clone())?;
        match (self.algorithm.family(), public) {
            (Family::Ed25519, Public::Okp { x }) => {
                let seed = fixed(self.members, "d", 32)?;
                Ed25519KeyPair::from_seed_and_public_key(&seed, &x)
                    .map(Signer::Ed25519)
                    .map_err(|_| KeyError::Mismatch)
            }
            (Family::Ec(curve), Public::Ec { x, y }) => {
                let d = fixed(self.members, "d", curve.coordinate_bytes)?;
                EcdsaKeyPair::from_private_key_and_public_key(curve.signing, &d, &point(&x, &y))
                    .map(Signer::Ec)
                    .map_err(|_| KeyError::Mismatch)
            }
            (Family::Rsa(_), Public::Rsa { n, e }) => self.rsa_pair(n, e),
            _ => Err(KeyError::Malformed("kty")),
        }
    }

    /// All of RFC 7518 §6.3.2 is required: a key with `d` alone would have to be factored again, and more than two primes (`oth`)
    /// are read by nobody.
    fn rsa_pair(&self, n: Vec<u8>, e: Vec<u8>) -> Result<Signer, KeyError> {
        if json::member(self.members, "oth").is_some() {
            return Err(KeyError::Malformed("oth"));
        }
        let mut private = Vec::with_capacity(6);
        for name in rsa_der::PRIVATE_MEMBERS {
            private.push(number(self.members, name)?);
        }
        let [d, p, q, dp, dq, qi] = &private[..] else {
            return Err(KeyError::Missing("d"));
        };
        let components = KeyPairComponents {
            public_key: RsaPublicKeyComponents { n, e },
            d: d.as_slice(),
            p: p.as_slice(),
            q: q.as_slice(),
            dP: dp.as_slice(),
            dQ: dq.as_slice(),
            qInv: qi.as_slice(),
        };
        RsaKeyPair::from_components(&components)
            .map(Signer::Rsa)
            .map_err(|_| KeyError::Mismatch)
    }
}

/// The one algorithm that the key is pinned to: the `alg` it declares, which must fit its type and curve, or else the first row of the
/// table that fits.
fn algorithm(members: &Members<'_>, kty: &str) -> Result<SignatureAlgorithm, KeyError> {
    let curve = match kty {
        "EC" | "OKP" => text(members, "crv")?.ok_or(KeyError::Missing("crv"))?,
        _ => "",
    };
    let fits = |algorithm: &SignatureAlgorithm| match algorithm.family() {
        Family::Ed25519 => kty == "OKP" && curve == "Ed25519",
        Family::Ec(known) => kty == "EC" && curve == known.name,
        Family::Rsa(_) => kty == "RSA",
        Family::Hmac(..) => kty == "oct",
    };
    let Some(name) = text(members, "alg")? else {
        return SignatureAlgorithm::all()
            .find(fits)
            .ok_or_else(|| KeyError::UnknownCurve(curve.to_owned()));
    };
    let algorithm = SignatureAlgorithm::from_name(name)
        .ok_or_else(|| KeyError::UnknownAlgorithm(name.to_owned()))?;
    if fits(&algorithm) {
        Ok(algorithm)
    } else {
        Err(KeyError::AlgorithmDoesNotFit {
            algorithm: name.to_owned(),
        })
    }
}

/// RFC 7517 §4.3: an array of strings, none twice; if it is there it must have what we are about to do.
fn check_operations(members: &Members<'_>, purpose: Purpose) -> Result<(), KeyError> {
    let Some(operations) = json::member(members, "key_ops") else {
        return Ok(());
    };
    let malformed = || KeyError::Malformed("key_ops");
    let operations = operations.as_array().ok_or_else(malformed)?;
    let mut names = Vec::with_capacity(operations.len());
    for operation in operations {
        let name = operation.as_text().ok_or_else(malformed)?;
        if names.contains(&name) {
            return Err(malformed());
        }
        names.push(name);
    }
    let wanted = match purpose {
        Purpose::Sign => "sign",
        Purpose::Verify => "verify",
    };
    if names.contains(&wanted) {
        Ok(())
    } else {
        Err(KeyError::OperationNotAllowed(wanted))
    }
}

fn text<'m>(members: &'m Members<'_>, name: &'static str) -> Result<Option<&'m str>, KeyError> {
    json::member(members, name)
        .map(|value| value.as_text().ok_or(KeyError::Malformed(name)))
        .transpose()
}

fn bytes(members: &Members<'_>, name: &'static str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let encoded = text(members, name)?.ok_or(KeyError::Missing(name))?;
    URL_SAFE_NO_PAD
        .decode(encoded)
        .map(Zeroizing::new)
        .map_err(|_| KeyError::Malformed(name))
}

fn fixed(
    members: &Members<'_>,
    name: &'static str,
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let bytes = bytes(members, name)?;
    if bytes.len() == length {
        Ok(bytes)
    } else {
        Err(KeyError::Malformed(name))
    }
}

/// A Base64urlUInt (RFC 7518 §2): no leading zero bytes, and never empty.
fn number(members: &Members<'_>, name: &'static str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let bytes = bytes(members, name)?;
    match bytes.first() {
        None | Some(0) => Err(KeyError::Malformed(name)),
        Some(_) => Ok(bytes),
    }
}
