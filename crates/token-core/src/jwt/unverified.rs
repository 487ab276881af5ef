//! Looking into a token without believing it.

use serde_json::Value;

use super::compact::{self, Compact};
use super::{Part, VerifyError, json};

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

/// Decodes a token for display: a page, a terminal. Nothing is checked but its form.
///
/// # Errors
///
/// [`VerifyError`] when it is not a JWT in compact form, read as strictly as by the verifier.
///
/// *Security*: whoever sends a token decides what this returns. Never decide by it.
pub fn decode_unverified(token: &str) -> Result<Unverified, VerifyError> {
    let parts = Compact::split(token)?;
    let header = compact::decode(Part::Header, parts.header)?;
    let claims = compact::decode(Part::Payload, parts.payload)?;
    compact::decode(Part::Signature, parts.signature)?;
    Ok(Unverified {
        header: json::to_value(&compact::object(Part::Header, &header)?),
        claims: json::to_value(&compact::object(Part::Payload, &claims)?),
        signature_b64: parts.signature.to_owned(),
    })
}
