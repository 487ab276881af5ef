//! The session id: the one secret a session cookie holds.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use token_core::secret::{SecretString, Sha256Digest, random_bytes};

/// 32 random bytes in base64url: 43 characters that open a session.
///
/// *Security*: never stored and never printed; stores keep [`SessionId::hash`]. With 256 random bits the hash needs neither salt nor stretching.
#[derive(Clone)]
pub struct SessionId(SecretString);

impl SessionId {
    /// A new id from the system's generator.
    pub fn generate() -> Self {
        Self(SecretString::from(
            URL_SAFE_NO_PAD.encode(random_bytes::<32>()),
        ))
    }

    /// The id that this text is, if it is one in its exact canonical form.
    ///
    /// Anything else (padding, other alphabet, stray bits, other length) is no id: two texts must never be the same session.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut bytes = [0_u8; 32];
        // The decoder refuses trailing bits and padding, so a text that decodes is the only one for its bytes.
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(32) if text.len() == 43 => Some(Self(SecretString::from(text.to_owned()))),
            _ => None,
        }
    }

    /// The text, for the cookie and for nothing else.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The name of the session in lists, which opens nothing.
    pub fn public_id(&self) -> String {
        public_id(self.hash().as_bytes())
    }

    /// What stores keep: the SHA-256 of the text.
    pub fn hash(&self) -> Sha256Digest {
        Sha256Digest::of(self.0.expose().as_bytes())
    }
}

impl std::fmt::Debug for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionId([secret])")
    }
}

/// The name under which a session is listed: the first 16 bytes of the hash, in hex.
pub(super) fn public_id(hash: &[u8; 32]) -> String {
    // Digit by digit: a formatter called for each byte costs more than the query that found the row.
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value & 0xf)]);
    hash[..16]
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect()
}

/// The first and the last hash that a listed name can stand for, if it is one.
pub(super) fn public_id_range(public_id: &str) -> Option<([u8; 32], [u8; 32])> {
    let digits = public_id.as_bytes();
    if digits.len() != 32 {
        return None;
    }
    let (mut first, mut last) = ([0_u8; 32], [0xff_u8; 32]);
    for (index, pair) in digits.chunks_exact(2).enumerate() {
        let byte = lowercase_digit(pair[0])? << 4 | lowercase_digit(pair[1])?;
        first[index] = byte;
        last[index] = byte;
    }
    Some((first, last))
}

fn lowercase_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
