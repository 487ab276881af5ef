//! Values that never print, are wiped when dropped, and compare in constant time.

use std::fmt::{self, Write as _};

use aws_lc_rs::{digest, hmac};
use serde::{Deserialize, Deserializer};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What `Debug` of every secret prints.
pub(crate) const HIDDEN: &str = "[secret]";

/// Bytes that must not be seen: a key, a raw credential.
///
/// *Security*: hidden from logs and error messages, wiped from memory when dropped, compared without a timing difference
/// (lengths are not secret). Copies made through [`SecretBytes::expose`] are the caller's to look after.
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// Takes `bytes` over; they are wiped when this value is dropped.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes themselves. The name is meant to be found when reading code for leaks.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SecretBytes {}

/// Text that must not be seen: a password, a token. It can be read from a request and never written to an answer by accident.
///
/// *Security*: as [`SecretBytes`]; there is deliberately no `Display` and no `Serialize`.
#[derive(Clone)]
pub struct SecretString(Zeroizing<String>);

impl SecretString {
    /// Takes `text` over; it is wiped when this value is dropped.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. The name is meant to be found when reading code for leaks.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretString {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl From<&str> for SecretString {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl PartialEq for SecretString {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for SecretString {}

impl<'de> Deserialize<'de> for SecretString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// `N` bytes from the operating system's generator.
///
/// # Panics
///
/// If the operating system has no randomness to give; nothing here could go on safely without it.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "a machine without randomness must not go on to make keys"
)]
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// A SHA-256 digest: what a store keeps in place of a credential.
///
/// *Security*: fit for random credentials of 128 bits and more, which cannot be guessed; passwords need a slow hash instead.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256Digest([u8; 32]);

impl Sha256Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut out = [0; 32];
        out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
        Self(out)
    }

    /// A digest read back from where it was kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest as 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        to_hex(&self.0)
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256Digest({})", self.hex())
    }
}

/// A key for the hashes of what could be guessed: a name, an address. Equal texts have equal hashes, and whoever has the hashes
/// without the key cannot try texts against them.
#[derive(Clone)]
pub struct HashKey(hmac::Key);

impl HashKey {
    /// Takes a key; 32 random bytes are enough.
    #[must_use]
    pub fn new(key: &SecretBytes) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.expose()))
    }

    /// HMAC-SHA-256 of `text`. Equal texts of different purposes have nothing in common.
    #[must_use]
    pub fn hash(&self, purpose: &'static str, text: &str) -> Sha256Digest {
        let mut mac = hmac::Context::with_key(&self.0);
        mac.update(purpose.as_bytes());
        // No purpose has a zero byte in it, so where it ends is unmistakable.
        mac.update(&[0]);
        mac.update(text.as_bytes());
        let mut out = [0; 32];
        out.copy_from_slice(mac.sign().as_ref());
        Sha256Digest(out)
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_secret_shows_nothing_of_it() {
        assert_eq!(
            format!("{:?}", SecretBytes::new(b"opensesame".to_vec())),
            "[secret]"
        );
        assert_eq!(
            format!("{:#?}", SecretString::from("opensesame")),
            "[secret]"
        );
    }

    #[test]
    fn secrets_compare_by_content() {
        assert_eq!(SecretString::from("a"), SecretString::from("a"));
        assert_ne!(SecretString::from("a"), SecretString::from("ab"));
        assert_ne!(SecretBytes::new(vec![1]), SecretBytes::new(vec![2]));
    }

    #[test]
    fn a_secret_can_be_read_from_json() {
        let secret: SecretString = serde_json::from_str("\"opensesame\"").unwrap();
        assert_eq!(secret.expose(), "opensesame");
    }

    #[test]
    fn the_digest_is_sha_256() {
        assert_eq!(
            Sha256Digest::of(b"abc").hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn a_keyed_hash_depends_on_key_purpose_and_text() {
        let key = |byte| HashKey::new(&SecretBytes::new(vec![byte; 32]));
        let hash = key(1).hash("account", "alice");
        assert_eq!(hash, key(1).hash("account", "alice"));
        assert_ne!(hash, key(2).hash("account", "alice"));
        assert_ne!(hash, key(1).hash("address", "alice"));
        assert_ne!(hash, key(1).hash("account", "bob"));
        assert_eq!(format!("{:?}", key(1)), "[secret]");
    }

    #[test]
    fn random_bytes_differ_each_time() {
        assert_ne!(random_bytes::<32>(), random_bytes::<32>());
    }
}
