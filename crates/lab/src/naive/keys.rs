//! The keys of the naive verifiers: files in a folder, the bank's public key as a file, and HMAC under any bytes at all.

use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use token_core::jwt::KeyRing;
use token_core::secret::{SecretBytes, random_bytes};

/// What everybody may read of the naive server, at `/stage/naive/public/robots.txt`.
pub(super) const PUBLIC_FILE: &str = "User-agent: *\nDisallow: /keys/\n";

/// The key that the naive server signs with, by the name of its file.
pub(super) const OWN_KEY: &str = "2026-01";

/// The secret that a person thought of. It is in no page; the lesson finds it.
pub(super) const WEAK_SECRET: &[u8] = b"Marmalade42";

/// The longest key file that is read, in bytes.
const LONGEST: u64 = 4096;

/// What an Ed25519 public key begins with in DER (RFC 8410 §4), before its 32 bytes.
const ED25519_DER: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/// The folder of the naive server: `keys/`, whose files are HMAC keys, and `public/` beside it.
#[derive(Debug)]
pub(super) struct KeyFiles {
    folder: PathBuf,
}

impl KeyFiles {
    /// Makes the folder, with a new key.
    pub(super) fn make(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder.join("keys"))?;
        std::fs::create_dir_all(folder.join("public"))?;
        std::fs::write(folder.join("keys").join(OWN_KEY), random_bytes::<32>())?;
        std::fs::write(folder.join("public/robots.txt"), PUBLIC_FILE)?;
        Ok(Self {
            folder: folder.canonicalize()?,
        })
    }

    /// The key in the file that the token names, wherever a path from `keys/` leads.
    ///
    /// *Security*: this is the flaw. What is outside the naive server's own folder is not read all the same: the lesson needs one
    /// file whose content is known, and the lab's secrets lie near by. The content is used as a key and never told.
    pub(super) fn dangerously_by_path(&self, kid: &str) -> Option<SecretBytes> {
        let path = self.folder.join("keys").join(kid).canonicalize().ok()?;
        let is_ours = path.starts_with(&self.folder);
        let length = path
            .metadata()
            .ok()
            .filter(std::fs::Metadata::is_file)?
            .len();
        (is_ours && length <= LONGEST)
            .then(|| std::fs::read(&path).ok().map(SecretBytes::new))
            .flatten()
    }
}

/// The public key as `openssl pkey -pubin` writes it (RFC 7468 §13); nothing where the bank's algorithm is another than EdDSA.
pub(super) fn public_pem(ring: &KeyRing) -> Option<String> {
    let (key, _) = ring.verification_keys().next()?;
    let jwk = key.to_public_jwk()?;
    let x = jwk.get("x").filter(|_| jwk["crv"] == "Ed25519")?;
    let x = URL_SAFE_NO_PAD.decode(x.as_str()?).ok()?;
    let body = STANDARD.encode([&ED25519_DER[..], &x].concat());
    // 44 bytes are 60 letters, which is one line.
    Some(format!(
        "-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n"
    ))
}

/// Whether the third part of a token is the HMAC-SHA256 of the first two under `secret`, however short that is.
pub(super) fn hmac_matches(token: &str, secret: &[u8]) -> bool {
    let Some((signed, signature)) = token.rsplit_once('.') else {
        return false;
    };
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::verify(&key, signed.as_bytes(), &signature).is_ok()
}

/// A token with this header and these claims, under any secret.
pub(super) fn hmac_signed(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = format!("{header}.{claims}");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
    format!("{signed}.{signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_out_of_the_folder_of_keys_and_not_out_of_the_naive_server() {
        let data = tempfile::tempdir().unwrap();
        std::fs::create_dir(data.path().join("keys")).unwrap();
        std::fs::write(data.path().join("keys/bank"), "the bank's own").unwrap();
        let files = KeyFiles::make(&data.path().join("naive")).unwrap();
        let read = |kid: &str| files.dangerously_by_path(kid);
        assert_eq!(read(OWN_KEY).unwrap().expose().len(), 32);
        let public = read("../public/robots.txt").unwrap();
        assert_eq!(public.expose(), PUBLIC_FILE.as_bytes());
        assert!(read("../../keys/bank").is_none());
        assert!(read(data.path().join("keys/bank").to_str().unwrap()).is_none());
        assert!(read("..").is_none());
        assert!(read("no-such-key").is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_does_not_lead_out_either() {
        let data = tempfile::tempdir().unwrap();
        std::fs::write(data.path().join("secret"), "the bank's own").unwrap();
        let naive = data.path().join("naive");
        let files = KeyFiles::make(&naive).unwrap();
        std::os::unix::fs::symlink(data.path().join("secret"), naive.join("public/link")).unwrap();
        assert!(files.dangerously_by_path("../public/link").is_none());
    }
}
