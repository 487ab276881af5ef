//! The keys of an installation, each created once and shared by every process that opens the folder.
//!
//! ```text
//! cookie.key             64 bytes, base64url     signs and encrypts cookies
//! refresh.key            32 bytes, base64url     derives refresh tokens
//! names.key              32 bytes, base64url     hashes names and addresses that are only counted
//! introspection.secret   43 characters           what a resource server shows to /introspect
//! jwt-EdDSA.json …       a private JWKS          signs access tokens; made when its algorithm is first asked for
//! ```
//!
//! *Security*: the folder is 0700 and its files 0600. Whoever reads it is the server.

mod files;
mod rings;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::clock::UnixSeconds;
use crate::csrf::CsrfTokens;
use crate::jwt::{Algorithm, KeyError, KeyRing};
use crate::refresh::RefreshKey;
use crate::secret::{HashKey, SecretBytes, SecretString, random_bytes};

/// Why a key folder cannot be used. Each message is one line that names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFolderError {
    /// A file or the folder cannot be read or written.
    #[error("cannot use the key folder at {}: {source}; give this user access to it, or name another with --keys", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds something else than its key.
    #[error("{} does not hold the key it should; put it back from a copy, or delete it to have a new one made", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
    },
    /// A key of a ring is refused.
    #[error("a key in {} cannot be used: {source}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: KeyError,
    },
}

/// An open key folder. Cheap to clone the keys from; the rings are read from disk at each call, so a rotation by another process is
/// seen.
#[derive(Clone, Debug)]
pub struct KeyFolder {
    path: PathBuf,
    cookie_key: SecretBytes,
    refresh_key: RefreshKey,
    name_key: HashKey,
    introspection_secret: SecretString,
}

impl KeyFolder {
    /// Opens the folder, making it and whatever key is missing. Several processes may do so at once: one of them makes each key, and
    /// all of them read that one.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`] names the file and what to do about it.
    pub fn open_or_create(path: &Path) -> Result<Self, KeyFolderError> {
        files::create_folder(path)?;
        let cookie_key = random_key::<64>(&path.join("cookie.key"))?;
        let refresh_path = path.join("refresh.key");
        let refresh_key = RefreshKey::from_secret(&random_key::<32>(&refresh_path)?)
            .ok_or(KeyFolderError::Malformed { path: refresh_path })?;
        // The secret travels as text, so its text is what is kept; decoding it only checks that the file is whole.
        let introspection = random_key::<32>(&path.join("introspection.secret"))?;
        Ok(Self {
            path: path.to_owned(),
            cookie_key,
            refresh_key,
            name_key: HashKey::new(&random_key::<32>(&path.join("names.key"))?),
            introspection_secret: SecretString::new(URL_SAFE_NO_PAD.encode(introspection.expose())),
        })
    }

    /// 64 bytes for signing and encrypting cookies.
    #[must_use]
    pub fn cookie_key(&self) -> SecretBytes {
        self.cookie_key.clone()
    }

    /// What CSRF tokens are made with, under a key of their own that is derived from that of the cookies.
    #[must_use]
    pub fn csrf_tokens(&self) -> CsrfTokens {
        CsrfTokens::from_cookie_key(&self.cookie_key)
    }

    /// The key that refresh tokens are derived from.
    #[must_use]
    pub fn refresh_key(&self) -> RefreshKey {
        self.refresh_key.clone()
    }

    /// The key of the hashes under which names and addresses are counted. A new one begins all counts anew.
    #[must_use]
    pub fn name_key(&self) -> HashKey {
        self.name_key.clone()
    }

    /// What a resource server shows to `/introspect`.
    #[must_use]
    pub fn introspection_secret(&self) -> SecretString {
        self.introspection_secret.clone()
    }

    /// The key ring of one algorithm, made when it is first asked for: an RSA key takes a good part of a second.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`] names the file and what to do about it.
    pub fn key_ring(&self, algorithm: Algorithm) -> Result<Arc<KeyRing>, KeyFolderError> {
        rings::open_or_create(&self.path, algorithm).map(Arc::new)
    }

    /// A mark of the file of a ring that changes when a rotation, by whatever process, replaces it; `None` while there is none.
    #[must_use]
    pub fn key_ring_mark(&self, algorithm: Algorithm) -> Option<RingMark> {
        rings::mark(&self.path, algorithm)
    }

    /// Makes a new signing key; the keys before it verify for `overlap` longer. Of those the private half is thrown away.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`] names the file and what to do about it.
    pub fn rotate(
        &self,
        algorithm: Algorithm,
        now: UnixSeconds,
        overlap: Duration,
    ) -> Result<Arc<KeyRing>, KeyFolderError> {
        rings::rotate(&self.path, algorithm, now, overlap).map(Arc::new)
    }
}

/// What tells one writing of a ring's file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingMark {
    written: SystemTime,
    length: u64,
    number: u64,
}

/// Reads a key of `N` bytes, making it first when there is none.
fn random_key<const N: usize>(path: &Path) -> Result<SecretBytes, KeyFolderError> {
    let text = files::read_or_create(path, || {
        let bytes = Zeroizing::new(random_bytes::<N>());
        Ok(SecretString::new(URL_SAFE_NO_PAD.encode(*bytes) + "\n"))
    })?;
    let bytes = URL_SAFE_NO_PAD
        .decode(text.expose().trim_end())
        .map(SecretBytes::new)
        .ok()
        .filter(|bytes| bytes.expose().len() == N);
    bytes.ok_or_else(|| KeyFolderError::Malformed {
        path: path.to_owned(),
    })
}
