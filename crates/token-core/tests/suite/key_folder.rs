//! The key folder: made once, by whoever comes first.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::Barrier;
use std::time::Duration;

use serde_json::Value;
use token_core::jwt::Algorithm;
use token_core::key_folder::{KeyFolder, KeyFolderError};
use token_core::refresh::FamilyId;

use crate::forge::NOW;

const HOUR: Duration = Duration::from_secs(3600);

fn names(folder: &Path) -> HashSet<String> {
    let name =
        |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    fs::read_dir(folder).unwrap().map(name).collect()
}

#[test]
fn the_same_keys_are_there_after_opening_again() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("data/keys");
    let first = KeyFolder::open_or_create(&path).unwrap();
    let second = KeyFolder::open_or_create(&path).unwrap();
    assert_eq!(first.cookie_key(), second.cookie_key());
    assert_eq!(first.cookie_key().expose().len(), 64);
    assert_eq!(first.introspection_secret(), second.introspection_secret());
    let token = first.refresh_key().token(FamilyId([1; 16]), 1);
    assert_eq!(
        second.refresh_key().open(token.expose()),
        Ok((FamilyId([1; 16]), 1))
    );
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::HS256] {
        let ring = first.key_ring(algorithm).unwrap();
        let again = second.key_ring(algorithm).unwrap();
        assert_eq!(ring.jwks(), again.jwks());
        assert_eq!(
            ring.signing_key().unwrap().kid(),
            again.signing_key().unwrap().kid()
        );
    }
}

#[test]
fn sixteen_threads_that_open_at_once_agree_on_every_key() {
    for _round in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let start = Barrier::new(16);
        let open = || {
            start.wait();
            let keys = KeyFolder::open_or_create(&path).unwrap();
            let ring = keys.key_ring(Algorithm::EdDSA).unwrap();
            (
                keys.cookie_key().expose().to_vec(),
                keys.refresh_key()
                    .token(FamilyId([1; 16]), 1)
                    .expose()
                    .to_owned(),
                keys.introspection_secret().expose().to_owned(),
                ring.jwks().to_string(),
            )
        };
        let seen: HashSet<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(open)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert_eq!(seen.len(), 1);
        let expected = [
            "cookie.key",
            "refresh.key",
            "names.key",
            "introspection.secret",
            "jwt-EdDSA.json",
        ];
        assert_eq!(
            names(&path),
            expected.map(str::to_owned).into(),
            "temporary files were left"
        );
    }
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("keys");
    let keys = KeyFolder::open_or_create(&path).unwrap();
    keys.rotate(Algorithm::EdDSA, NOW, HOUR).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    for name in names(&path) {
        assert_eq!(mode(&path.join(&name)), 0o600, "{name}");
    }
}

#[test]
fn a_rotation_is_seen_by_everybody_and_the_old_key_verifies_for_the_overlap() {
    let folder = tempfile::tempdir().unwrap();
    let ours = KeyFolder::open_or_create(folder.path()).unwrap();
    let theirs = KeyFolder::open_or_create(folder.path()).unwrap();
    for algorithm in [Algorithm::EdDSA, Algorithm::HS256] {
        let before = ours.key_ring(algorithm).unwrap();
        let old_kid = before.signing_key().unwrap().kid().unwrap().to_owned();
        let rotated = ours.rotate(algorithm, NOW, HOUR).unwrap();
        let read = theirs.key_ring(algorithm).unwrap();
        for ring in [rotated, read] {
            assert_ne!(ring.signing_key().unwrap().kid(), Some(old_kid.as_str()));
            let keys: Vec<_> = ring.verification_keys().collect();
            assert_eq!(keys.len(), 2);
            assert_eq!(
                (keys[1].0.kid(), keys[1].1),
                (Some(old_kid.as_str()), Some(NOW.plus(HOUR)))
            );
        }
        // An hour later the first key is gone from the file.
        ours.rotate(algorithm, NOW.plus(HOUR), HOUR).unwrap();
        let text = fs::read_to_string(folder.path().join(format!("jwt-{algorithm}.json"))).unwrap();
        assert!(!text.contains(&old_kid));
    }
}

#[test]
fn a_rotation_throws_the_old_private_half_away() {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyFolder::open_or_create(folder.path()).unwrap();
    keys.rotate(Algorithm::ES256, NOW, HOUR).unwrap();
    let text = fs::read_to_string(folder.path().join("jwt-ES256.json")).unwrap();
    let set: Value = serde_json::from_str(&text).unwrap();
    assert!(set["keys"][0]["d"].is_string());
    assert!(set["keys"][1]["x"].is_string());
    assert!(set["keys"][1]["d"].is_null());
}

#[test]
fn rotations_that_race_lose_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyFolder::open_or_create(folder.path()).unwrap();
    keys.key_ring(Algorithm::EdDSA).unwrap();
    let start = Barrier::new(16);
    let rotate = || {
        start.wait();
        let ring = keys.rotate(Algorithm::EdDSA, NOW, HOUR).unwrap();
        ring.signing_key().unwrap().kid().unwrap().to_owned()
    };
    let signed: HashSet<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(rotate)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let ring = keys.key_ring(Algorithm::EdDSA).unwrap();
    let kept: HashSet<String> = ring
        .verification_keys()
        .filter_map(|(key, _)| key.kid().map(str::to_owned))
        .collect();
    assert_eq!(signed.len(), 16);
    assert!(
        kept.is_superset(&signed),
        "a key that may have signed was lost"
    );
}

#[test]
fn a_file_that_holds_no_key_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    KeyFolder::open_or_create(folder.path()).unwrap();
    for name in [
        "cookie.key",
        "refresh.key",
        "names.key",
        "introspection.secret",
    ] {
        let path = folder.path().join(name);
        let right = fs::read_to_string(&path).unwrap();
        for wrong in ["", "AAAA", "not base64!", &right[1..]] {
            fs::write(&path, wrong).unwrap();
            let error = KeyFolder::open_or_create(folder.path()).unwrap_err();
            assert!(
                matches!(error, KeyFolderError::Malformed { .. }),
                "{name} = {wrong:?}"
            );
            let message = error.to_string();
            assert!(
                message.contains(name) && message.contains("delete") && !message.contains('\n'),
                "{message}"
            );
            assert!(!message.contains(right.trim_end()));
        }
        fs::write(&path, right).unwrap();
    }
    let keys = KeyFolder::open_or_create(folder.path()).unwrap();
    let path = folder.path().join("jwt-EdDSA.json");
    for wrong in ["", "{}", "{\"keys\":[]}", "{\"keys\":[1]}", "[]"] {
        fs::write(&path, wrong).unwrap();
        assert!(keys.key_ring(Algorithm::EdDSA).is_err(), "{wrong:?}");
    }
}

#[test]
fn a_ring_of_another_algorithm_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyFolder::open_or_create(folder.path()).unwrap();
    keys.key_ring(Algorithm::EdDSA).unwrap();
    fs::copy(
        folder.path().join("jwt-EdDSA.json"),
        folder.path().join("jwt-ES256.json"),
    )
    .unwrap();
    assert!(keys.key_ring(Algorithm::ES256).is_err());
}

#[test]
fn a_path_that_cannot_be_a_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "").unwrap();
    let error = KeyFolder::open_or_create(&path.join("keys")).unwrap_err();
    assert!(matches!(error, KeyFolderError::Io { .. }));
    assert!(error.to_string().contains("file/keys"), "{error}");
}
