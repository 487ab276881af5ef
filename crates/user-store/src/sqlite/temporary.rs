//! A folder that goes away with the database in it.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use token_core::secret::random_bytes;

use super::OpenError;

/// A folder of the system's temporary directory, removed on drop.
#[derive(Debug)]
pub(super) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    pub(super) fn create() -> Result<Self, OpenError> {
        let mut name = "svt-".to_owned();
        for byte in random_bytes::<8>() {
            // Writing to a string cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).map_err(|source| OpenError::Unwritable {
            path: path.clone(),
            source: source.into(),
        })?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own cleaning of that directory.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
