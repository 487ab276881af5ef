//! Looking into a token without believing it.

use serde_json::Value;

use super::VerifyError;

/// What a token says, believed by nobody.
#[derive(Clone, Debug, PartialEq)]
pub struct Unverified {
    /// The header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
    /// The signature, as it stands in the token.
    pub signature_b64: String,
}

/// Decodes a token for display.
///
/// # Errors
///
/// [`VerifyError`] when it is not a JWT in compact form.
pub fn decode_unverified(token: &str) -> Result<Unverified, VerifyError> {
    let _ = token;
    unimplemented!()
}
