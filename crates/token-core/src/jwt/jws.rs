//! Signature-only checks.

use super::{VerificationKey, VerifyError};

/// Checks one signature and nothing else; gives the payload.
///
/// # Errors
///
/// [`VerifyError`] says what is wrong.
pub fn verify(token: &str, key: &VerificationKey) -> Result<Vec<u8>, VerifyError> {
    let _ = (token, key);
    unimplemented!()
}
