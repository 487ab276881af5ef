//! The text of a refresh token, derived and never stored.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::{HIDDEN, SecretBytes, SecretString, random_bytes, to_hex};

const FAMILY_BYTES: usize = 16;
const GENERATION_BYTES: usize = 4;
const SIGNED_BYTES: usize = FAMILY_BYTES + GENERATION_BYTES;
const TOKEN_BYTES: usize = SIGNED_BYTES + 32;
/// Keeps a MAC made here from ever being one made elsewhere under the same key.
const PURPOSE: &[u8] = b"refresh-token-v1";

/// Which family a refresh token belongs to. Not secret: it is shown in the lab and written in logs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FamilyId(pub [u8; FAMILY_BYTES]);

/// Not 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a family id is 32 lower-case hexadecimal digits")]
pub struct MalformedFamilyId;

impl FamilyId {
    /// A new id that nobody can guess or meet twice.
    #[must_use]
    pub fn random() -> Self {
        Self(random_bytes())
    }
}

impl fmt::Display for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for FamilyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FamilyId({self})")
    }
}

impl FromStr for FamilyId {
    type Err = MalformedFamilyId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(MalformedFamilyId),
        };
        let digits: &[u8; 2 * FAMILY_BYTES] =
            text.as_bytes().try_into().map_err(|_| MalformedFamilyId)?;
        let mut bytes = [0; FAMILY_BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

/// A refresh token as the client holds it.
///
/// *Shape*: base64url(family 16 bytes ‖ generation, 4 bytes big-endian ‖ HMAC-SHA-256 32 bytes), 70 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(SecretString);

impl RefreshToken {
    /// The text to hand to the client.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// The text is not a refresh token of ours. Deliberately one case: what exactly was wrong is of use to a forger alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a refresh token of this server")]
pub struct MalformedRefreshToken;

/// The key that refresh tokens are derived from.
///
/// *Security*: whoever has it can write the token of every family, so it is as good as all of them; a copy of the database
/// without the key gives none.
#[derive(Clone)]
pub struct RefreshKey {
    key: hmac::Key,
}

impl RefreshKey {
    /// Takes a key of 32 random bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, bytes),
        }
    }

    /// Makes a new key.
    #[must_use]
    pub fn random() -> Self {
        Self::new(&random_bytes())
    }

    /// Reads a key kept by [`crate::key_folder`].
    pub(crate) fn from_secret(secret: &SecretBytes) -> Option<Self> {
        Some(Self::new(secret.expose().try_into().ok()?))
    }

    /// The token of one generation of one family: always the same text.
    #[must_use]
    pub fn token(&self, family: FamilyId, generation: u32) -> RefreshToken {
        let mut bytes = [0; TOKEN_BYTES];
        bytes[..FAMILY_BYTES].copy_from_slice(&family.0);
        bytes[FAMILY_BYTES..SIGNED_BYTES].copy_from_slice(&generation.to_be_bytes());
        let tag = self.tag(&bytes[..SIGNED_BYTES]);
        bytes[SIGNED_BYTES..].copy_from_slice(tag.as_ref());
        RefreshToken(SecretString::new(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Reads a token that we derived: which family, which generation. Whether it is alive is for [`super::present`] to say.
    ///
    /// # Errors
    ///
    /// [`MalformedRefreshToken`] for everything else, before any database is asked.
    pub fn open(&self, text: &str) -> Result<(FamilyId, u32), MalformedRefreshToken> {
        let mut bytes = [0; TOKEN_BYTES];
        let length = URL_SAFE_NO_PAD
            .decode_slice(text, &mut bytes)
            .map_err(|_| MalformedRefreshToken)?;
        if length != TOKEN_BYTES {
            return Err(MalformedRefreshToken);
        }
        let (signed, tag) = bytes.split_at(SIGNED_BYTES);
        let (family, generation) = signed.split_at(FAMILY_BYTES);
        let family: [u8; FAMILY_BYTES] = family.try_into().map_err(|_| MalformedRefreshToken)?;
        let generation: [u8; GENERATION_BYTES] =
            generation.try_into().map_err(|_| MalformedRefreshToken)?;
        let ours = self.tag(signed);
        if !bool::from(subtle::ConstantTimeEq::ct_eq(ours.as_ref(), tag)) {
            return Err(MalformedRefreshToken);
        }
        Ok((FamilyId(family), u32::from_be_bytes(generation)))
    }

    fn tag(&self, signed: &[u8]) -> hmac::Tag {
        let mut mac = hmac::Context::with_key(&self.key);
        mac.update(PURPOSE);
        mac.update(signed);
        mac.sign()
    }
}

impl fmt::Debug for RefreshKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}
