//! Signatures alone (RFC 7515): who signed these bytes, with nothing said about what they mean.
//!
//! For the command line, for public test vectors, and as the primitive under the access token verifier. A payload here need not be JSON.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::compact::{self, Compact, Header};
use super::{IssueError, KeyRing, Part, SigningKey, VerificationKey, VerifyError};
use crate::clock::UnixSeconds;
use crate::secret::SecretString;

/// Checks one signature under one key, and gives the payload.
///
/// The header's `alg` must be the one the key is pinned to; `crit` is refused; `kid` is not looked at, because the caller has
/// already chosen the key; `typ` and claims are not looked at either.
///
/// # Errors
///
/// [`VerifyError`] says what is wrong.
///
/// *Security*: a good signature alone does not make an access token: use [`super::Verifier`] for those.
pub fn verify(token: &str, key: &VerificationKey) -> Result<Vec<u8>, VerifyError> {
    let parts = Compact::split(token)?;
    let header = compact::decode(Part::Header, parts.header)?;
    let header = compact::object(Part::Header, &header)?;
    check(&parts, &Header::read(&header)?, key)?;
    compact::decode(Part::Payload, parts.payload)
}

/// As [`verify`], under the key of a ring that the header's `kid` names.
///
/// # Errors
///
/// [`VerifyError`] says what is wrong.
pub fn verify_with(token: &str, keys: &KeyRing, now: UnixSeconds) -> Result<Vec<u8>, VerifyError> {
    let parts = Compact::split(token)?;
    let header = compact::decode(Part::Header, parts.header)?;
    let header = compact::object(Part::Header, &header)?;
    let header = Header::read(&header)?;
    check(&parts, &header, keys.find(header.kid, now)?)?;
    compact::decode(Part::Payload, parts.payload)
}

/// The pinned algorithm first, so that a key is never used for what it was not made for; then the signature.
pub(crate) fn check(
    parts: &Compact<'_>,
    header: &Header<'_>,
    key: &VerificationKey,
) -> Result<(), VerifyError> {
    check_algorithm(header, key)?;
    check_signature(parts, key)
}

/// Whether the header says the one algorithm that the key is for.
pub(crate) fn check_algorithm(
    header: &Header<'_>,
    key: &VerificationKey,
) -> Result<(), VerifyError> {
    if header.algorithm == key.algorithm() {
        Ok(())
    } else {
        Err(VerifyError::AlgorithmMismatch {
            header: header.algorithm,
            key: key.algorithm(),
        })
    }
}

/// The signature, under a key whose algorithm the header says.
pub(crate) fn check_signature(
    parts: &Compact<'_>,
    key: &VerificationKey,
) -> Result<(), VerifyError> {
    let mut buffer = [0; _];
    let signature = compact::decode_signature(parts.signature, &mut buffer)?;
    if key.accepts(parts.signed.as_bytes(), signature) {
        Ok(())
    } else {
        Err(VerifyError::BadSignature)
    }
}

/// Signs any payload; the header holds `alg`, the key's `kid` if it has one, and `typ`.
///
/// # Errors
///
/// [`IssueError::Signing`] when the cryptography refuses.
pub fn sign(payload: &[u8], typ: &str, key: &SigningKey) -> Result<SecretString, IssueError> {
    sign_under(&key.header(typ), payload, key)
}

/// Signs any payload under any header, for statements that are no access tokens: the proofs of [`super::dpop`] bring their key in it.
///
/// # Errors
///
/// [`IssueError::Signing`] when the cryptography refuses.
///
/// *Security*: nothing makes the header say what the key is; a verifier that pins the algorithm refuses what does not fit.
pub fn sign_with_header(
    header: &Value,
    payload: &[u8],
    key: &SigningKey,
) -> Result<SecretString, IssueError> {
    sign_under(&URL_SAFE_NO_PAD.encode(header.to_string()), payload, key)
}

/// Signs under a header that is encoded already.
pub(crate) fn sign_under(
    header_b64: &str,
    payload: &[u8],
    key: &SigningKey,
) -> Result<SecretString, IssueError> {
    let mut token = String::with_capacity(header_b64.len() + payload.len() * 4 / 3 + 100);
    token.push_str(header_b64);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signature = key.sign(token.as_bytes()).ok_or(IssueError::Signing)?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(SecretString::new(token))
}
