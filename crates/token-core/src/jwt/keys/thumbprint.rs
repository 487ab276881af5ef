//! The name that a public key gives itself.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::secret::Sha256Digest;

/// The SHA-256 thumbprint of a public key, written in base64url: the `jkt` that binds a token to it.
///
/// Not secret: it names a key and proves nothing. *Spec*: RFC 7638, RFC 9449 §6.1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Thumbprint(Sha256Digest);

/// Not the base64url of 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a thumbprint is the base64url of 32 bytes, without padding")]
pub struct MalformedThumbprint;

impl Thumbprint {
    pub(super) fn of(canonical: &[u8]) -> Self {
        Self(Sha256Digest::of(canonical))
    }

    /// A thumbprint read back from where it was kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Sha256Digest::from_bytes(bytes))
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.as_bytes()))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}

impl FromStr for Thumbprint {
    type Err = MalformedThumbprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| MalformedThumbprint)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| MalformedThumbprint)?;
        Ok(Self::from_bytes(bytes))
    }
}

impl TryFrom<String> for Thumbprint {
    type Error = MalformedThumbprint;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Thumbprint> for String {
    fn from(thumbprint: Thumbprint) -> Self {
        thumbprint.to_string()
    }
}
