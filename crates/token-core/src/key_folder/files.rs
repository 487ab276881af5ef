//! Files that are created once, whole or not at all, and readable by their owner alone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::KeyFolderError;
use crate::secret::{SecretString, random_bytes, to_hex};

pub(super) fn create_folder(path: &Path) -> Result<(), KeyFolderError> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|source| failed(path, source))
}

/// The content of `path`; when there is no such file, what `make` gives becomes it, unless another process was faster.
pub(super) fn read_or_create(
    path: &Path,
    make: impl FnOnce() -> Result<SecretString, KeyFolderError>,
) -> Result<SecretString, KeyFolderError> {
    if let Some(text) = read(path)? {
        return Ok(text);
    }
    let temporary = write_temporary(path, &make()?)?;
    // A link appears whole and never replaces: of many that try, one wins, and everybody reads the winner's.
    let linked = fs::hard_link(&temporary, path);
    let _ = fs::remove_file(&temporary);
    match linked {
        Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
            return Err(failed(path, source));
        }
        _ => sync_folder_of(path)?,
    }
    read(path)?.ok_or_else(|| failed(path, io::ErrorKind::NotFound.into()))
}

/// Replaces the content of `path` in one step: a reader sees the old or the new, a crash leaves one of them.
pub(super) fn replace(path: &Path, text: &SecretString) -> Result<(), KeyFolderError> {
    let temporary = write_temporary(path, text)?;
    if let Err(source) = fs::rename(&temporary, path) {
        let _ = fs::remove_file(&temporary);
        return Err(failed(path, source));
    }
    sync_folder_of(path)
}

/// Held while a file is read, changed and replaced; released when dropped, also by a process that is killed.
pub(super) fn lock(folder: &Path) -> Result<File, KeyFolderError> {
    let path = folder.join("lock");
    let file = options()
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|source| failed(&path, source))?;
    file.lock().map_err(|source| failed(&path, source))?;
    Ok(file)
}

pub(super) fn read(path: &Path) -> Result<Option<SecretString>, KeyFolderError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(SecretString::new(text))),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed(path, source)),
    }
}

fn write_temporary(path: &Path, text: &SecretString) -> Result<PathBuf, KeyFolderError> {
    let temporary = path.with_extension(format!("{}.tmp", to_hex(&random_bytes::<8>())));
    let write = || {
        let mut file = options().create_new(true).open(&temporary)?;
        file.write_all(text.expose().as_bytes())?;
        file.sync_all()
    };
    write().map_err(|source| {
        let _ = fs::remove_file(&temporary);
        failed(path, source)
    })?;
    Ok(temporary)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The name of a new file is durable once its folder is; only Unix lets a folder be synced, and Windows does it by itself.
fn sync_folder_of(path: &Path) -> Result<(), KeyFolderError> {
    if cfg!(unix)
        && let Some(folder) = path.parent()
    {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| failed(path, source))?;
    }
    Ok(())
}

fn failed(path: &Path, source: io::Error) -> KeyFolderError {
    KeyFolderError::Io {
        path: path.to_owned(),
        source,
    }
}
