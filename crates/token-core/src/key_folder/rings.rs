//! A key ring on disk: a JWKS whose first key is private and signs; the others verify until their `exp`.
//!
//! `exp` in a JWK is the member that OpenID Federation 1.0 §8.7.2 gives to keys of the past.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::{KeyFolderError, RingMark, files};
use crate::clock::UnixSeconds;
use crate::jwt::{Algorithm, KeyError, KeyRing, SigningKey, VerificationKey};
use crate::secret::SecretString;

pub(super) fn open_or_create(
    folder: &Path,
    algorithm: Algorithm,
) -> Result<KeyRing, KeyFolderError> {
    let path = path_of(folder, algorithm);
    let refused = |source| KeyFolderError::Key {
        path: path.clone(),
        source,
    };
    let text = files::read_or_create(&path, || {
        let key = SigningKey::generate(algorithm).map_err(refused)?;
        let key = private_jwk(&key).map_err(refused)?;
        Ok(pretty(&[key]))
    })?;
    read(&path, algorithm, &text).map(|(ring, _)| ring)
}

pub(super) fn rotate(
    folder: &Path,
    algorithm: Algorithm,
    now: UnixSeconds,
    overlap: Duration,
) -> Result<KeyRing, KeyFolderError> {
    open_or_create(folder, algorithm)?;
    let path = path_of(folder, algorithm);
    let refused = |source| KeyFolderError::Key {
        path: path.clone(),
        source,
    };
    let _held = files::lock(folder)?;
    let text =
        files::read(&path)?.ok_or_else(|| KeyFolderError::Malformed { path: path.clone() })?;
    let (ring, old_keys) = read(&path, algorithm, &text)?;
    let next = SigningKey::generate(algorithm).map_err(refused)?;
    let mut keys = vec![private_jwk(&next).map_err(refused)?];
    let ring = ring.rotate(next, now, overlap).map_err(refused)?;
    for (key, retires_at) in ring.verification_keys() {
        let Some(retires_at) = retires_at else {
            continue;
        };
        // A symmetric key has no public half: what it verified with has to be kept.
        let old = || old_keys.iter().find(|old| old["kid"].as_str() == key.kid());
        if let Some(mut jwk) = key.to_public_jwk().or_else(|| old().cloned()) {
            jwk["exp"] = retires_at.0.into();
            keys.push(jwk);
        }
    }
    files::replace(&path, &pretty(&keys))?;
    Ok(ring)
}

/// When the file was written, its length and its number: a replaced file differs in one of them.
pub(super) fn mark(folder: &Path, algorithm: Algorithm) -> Option<RingMark> {
    let file = std::fs::metadata(path_of(folder, algorithm)).ok()?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&file);
    #[cfg(not(unix))]
    let number = 0;
    Some(RingMark {
        written: file.modified().ok()?,
        length: file.len(),
        number,
    })
}

fn path_of(folder: &Path, algorithm: Algorithm) -> PathBuf {
    folder.join(format!("jwt-{algorithm}.json"))
}

fn private_jwk(key: &SigningKey) -> Result<Value, KeyError> {
    let jwk = key.to_private_jwk()?;
    serde_json::from_str(jwk.expose()).map_err(|_| KeyError::NotJson)
}

fn pretty(keys: &[Value]) -> SecretString {
    SecretString::new(format!("{:#}\n", json!({ "keys": keys })))
}

fn read(
    path: &Path,
    algorithm: Algorithm,
    text: &SecretString,
) -> Result<(KeyRing, Vec<Value>), KeyFolderError> {
    let malformed = || KeyFolderError::Malformed {
        path: path.to_owned(),
    };
    let refused = |source| KeyFolderError::Key {
        path: path.to_owned(),
        source,
    };
    let mut set: Value = serde_json::from_str(text.expose()).map_err(|_| malformed())?;
    let Some(Value::Array(keys)) = set.get_mut("keys").map(Value::take) else {
        return Err(malformed());
    };
    let (first, rest) = keys.split_first().ok_or_else(malformed)?;
    let signing = SigningKey::from_jwk(&first.to_string()).map_err(refused)?;
    if signing.algorithm() != algorithm {
        return Err(malformed());
    }
    let mut ring = KeyRing::new(signing);
    for key in rest {
        let retires_at = key["exp"].as_i64().map(UnixSeconds).ok_or_else(malformed)?;
        let key = VerificationKey::from_jwk(&key.to_string()).map_err(refused)?;
        ring = ring.with_retiring(key, retires_at).map_err(refused)?;
    }
    Ok((ring, keys))
}
