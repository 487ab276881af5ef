//! Keys in PEM, as `openssl genpkey` writes them.
//!
//! `jsonwebtoken` unwraps the armour and the outer ASN.1; what it finds is then parsed and checked like any other key.

use aws_lc_rs::rsa::PublicKey as RsaPublicKey;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair};
use jsonwebtoken::{DecodingKey, EncodingKey};

use super::signing::Signer;
use super::verification::Public;
use super::{KeyError, SigningKey, VerificationKey};
use crate::jwt::SignatureAlgorithm;
use crate::jwt::algorithm::Family;

pub(super) fn signing_key(text: &str) -> Result<SigningKey, KeyError> {
    let (algorithm, signer) = key_pair(text)?;
    SigningKey::named_by_itself(algorithm, signer)
}

/// A nameless key: PEM has no place for an id, and the public half of a private key serves as well.
pub(super) fn verification_key(text: &str) -> Result<VerificationKey, KeyError> {
    let (algorithm, public) = if is_private(text) {
        let (algorithm, signer) = key_pair(text)?;
        (algorithm, signer.public().ok_or(KeyError::Pem)?)
    } else {
        public_key(text)?
    };
    VerificationKey::from_public(None, algorithm, public)
}

fn is_private(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
}

/// A certificate holds a key too, but trusting one means checking who signed it: not done here.
fn refuse_certificate(text: &str) -> Result<(), KeyError> {
    if text.contains("CERTIFICATE-----") {
        return Err(KeyError::Pem);
    }
    Ok(())
}

fn key_pair(text: &str) -> Result<(SignatureAlgorithm, Signer), KeyError> {
    refuse_certificate(text)?;
    if !is_private(text) {
        return Err(KeyError::NotPrivate);
    }
    let pem = text.as_bytes();
    if let Ok(key) = EncodingKey::from_ed_pem(pem) {
        let pair = Ed25519KeyPair::from_pkcs8(key.as_bytes()).map_err(|_| KeyError::Mismatch)?;
        return Ok((SignatureAlgorithm::EdDSA, Signer::Ed25519(pair)));
    }
    if let Ok(key) = EncodingKey::from_ec_pem(pem) {
        // The curve stands inside the key: the library refuses it under any other.
        return curves()
            .find_map(|(algorithm, curve)| {
                let pair = EcdsaKeyPair::from_pkcs8(curve.signing, key.as_bytes()).ok()?;
                Some((algorithm, Signer::Ec(pair)))
            })
            .ok_or(KeyError::Pem);
    }
    let key = EncodingKey::from_rsa_pem(pem).map_err(|_| KeyError::Pem)?;
    let pair = RsaKeyPair::from_der(key.as_bytes()).map_err(|_| KeyError::Pem)?;
    Ok((SignatureAlgorithm::RS256, Signer::Rsa(pair)))
}

fn public_key(text: &str) -> Result<(SignatureAlgorithm, Public), KeyError> {
    refuse_certificate(text)?;
    let pem = text.as_bytes();
    if let Ok(key) = DecodingKey::from_ed_pem(pem) {
        let x = key.try_get_as_bytes().map_err(|_| KeyError::Pem)?.to_vec();
        return Ok((SignatureAlgorithm::EdDSA, Public::Okp { x }));
    }
    if let Ok(key) = DecodingKey::from_ec_pem(pem) {
        let point = key.try_get_as_bytes().map_err(|_| KeyError::Pem)?;
        return ec_point(point).ok_or(KeyError::Pem);
    }
    let key = DecodingKey::from_rsa_pem(pem).map_err(|_| KeyError::Pem)?;
    let der = key.try_get_as_bytes().map_err(|_| KeyError::Pem)?;
    let key = RsaPublicKey::from_der(der).map_err(|_| KeyError::Pem)?;
    let public = Public::Rsa {
        n: key.modulus().big_endian_without_leading_zero().to_vec(),
        e: key.exponent().big_endian_without_leading_zero().to_vec(),
    };
    Ok((SignatureAlgorithm::RS256, public))
}

/// The three curves differ in length, so the point tells which one is meant; whether it lies on it is checked with every key.
fn ec_point(point: &[u8]) -> Option<(SignatureAlgorithm, Public)> {
    let (algorithm, curve) =
        curves().find(|(_, curve)| point.len() == 1 + 2 * curve.coordinate_bytes)?;
    let coordinates = point.strip_prefix(&[0x04])?;
    let (x, y) = coordinates.split_at(curve.coordinate_bytes);
    let public = Public::Ec {
        x: x.to_vec(),
        y: y.to_vec(),
    };
    Some((algorithm, public))
}

fn curves() -> impl Iterator<Item = (SignatureAlgorithm, &'static crate::jwt::algorithm::Curve)> {
    SignatureAlgorithm::all().filter_map(|algorithm| match algorithm.family() {
        Family::Ec(curve) => Some((algorithm, curve)),
        _ => None,
    })
}
