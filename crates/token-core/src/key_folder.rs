//! The keys of an installation, each created once and shared by every process that opens the folder.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::UnixSeconds;
use crate::jwt::{Algorithm, KeyRing};
use crate::refresh::RefreshKey;
use crate::secret::{SecretBytes, SecretString};

/// Why a key folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFolderError {
    /// A file or the folder cannot be read or written.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// An open key folder.
#[derive(Debug)]
pub struct KeyFolder {
    path: PathBuf,
}

impl KeyFolder {
    /// Opens the folder, making it and whatever key is missing.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`] names the file and what to do about it.
    pub fn open_or_create(path: &Path) -> Result<Self, KeyFolderError> {
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// 64 bytes for signing and encrypting cookies.
    #[must_use]
    pub fn cookie_key(&self) -> SecretBytes {
        let _ = &self.path;
        unimplemented!()
    }

    /// The key that refresh tokens are derived from.
    #[must_use]
    pub fn refresh_key(&self) -> RefreshKey {
        unimplemented!()
    }

    /// What a resource server shows to `/introspect`.
    #[must_use]
    pub fn introspection_secret(&self) -> SecretString {
        unimplemented!()
    }

    /// The key ring of one algorithm.
    ///
    /// # Errors
    ///
    /// [`KeyFolderError`] names the file and what to do about it.
    pub fn key_ring(&self, algorithm: Algorithm) -> Result<Arc<KeyRing>, KeyFolderError> {
        let _ = algorithm;
        unimplemented!()
    }

    /// Makes a new signing key; the old one verifies for `overlap` longer.
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
        let _ = (algorithm, now, overlap);
        unimplemented!()
    }
}
