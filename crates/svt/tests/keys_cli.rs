//! `svt keys`: what signs, what still verifies, and how it is replaced.

#![expect(
    clippy::unwrap_used,
    reason = "a panic is how these tests report a failure"
)]

use std::path::Path;
use std::process::{Command, Output};

fn keys(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_svt"));
    command.arg("keys").args(arguments);
    command.arg("--keys").arg(folder).output().unwrap()
}

/// The lines of a command that succeeds.
fn lines(folder: &Path, arguments: &[&str]) -> Vec<String> {
    let output = keys(folder, arguments);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_new_key_signs_and_the_one_before_it_verifies_for_the_overlap() {
    let folder = tempfile::tempdir().unwrap();
    let [first] = &lines(folder.path(), &["list"])[..] else {
        panic!("one key is made")
    };
    assert!(first.ends_with("EdDSA  signs"), "{first}");
    let kid = first.split(' ').next().unwrap();
    let rotated = lines(folder.path(), &["rotate", "--overlap", "20m"]);
    assert_eq!(rotated, lines(folder.path(), &["list"]));
    let [new, old] = &rotated[..] else {
        panic!("two keys: {rotated:?}")
    };
    assert!(new.ends_with("EdDSA  signs") && !new.starts_with(kid));
    assert!(
        old.starts_with(kid) && old.contains("verifies until 2"),
        "{old}"
    );
    // Of another algorithm there is another ring, and nothing of a key but its name is printed.
    let [symmetric] = &lines(folder.path(), &["list", "--algorithm", "HS256"])[..] else {
        panic!("one key is made")
    };
    let file = std::fs::read_to_string(folder.path().join("jwt-HS256.json")).unwrap();
    let secret = file
        .split("\"k\": \"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert!(secret.len() >= 43 && !symmetric.contains(secret));
}

#[test]
fn a_folder_that_is_not_there_is_named_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("nowhere");
    for command in ["list", "rotate"] {
        let output = keys(&nowhere, &[command]);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("--keys DIR") && said.contains("nowhere"),
            "{said}"
        );
        assert!(!nowhere.exists());
    }
}
