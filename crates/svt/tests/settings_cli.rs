//! `svt settings`: the reference is what the types say.

#![expect(
    clippy::unwrap_used,
    reason = "a panic is how these tests report a failure"
)]

use std::path::Path;
use std::process::Command;

fn settings(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_svt"))
        .arg("settings")
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_reference_in_the_documentation_is_what_the_types_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/settings.md");
    let written = std::fs::read_to_string(path).unwrap();
    assert!(
        written == settings(&["--markdown"]),
        "docs/reference/settings.md lags behind; write it anew: cargo run -p svt -- settings --markdown > docs/reference/settings.md"
    );
}

#[test]
fn one_server_and_a_part_of_a_name_narrow_the_list() {
    let list = settings(&["jwt", "--find", "revocation"]);
    assert!(list.contains("revocation=denylist") && list.contains("dangerously-key-rotation"));
    assert!(!list.contains("Session server") && !list.contains("audience"));
}
