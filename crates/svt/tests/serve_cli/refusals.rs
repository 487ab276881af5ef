//! What a server says where it cannot run: one line that tells how to mend it, and exit code 2.

use std::net::TcpListener;

use tempfile::tempdir;

use crate::process::{Server, command, refusal};

/// Where SQLite keeps the version of the schema: the user version of the file's header, big-endian.
const USER_VERSION: std::ops::Range<usize> = 60..64;

#[test]
fn a_taken_port_is_named_with_the_option_that_mends_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let data = tempdir().unwrap();
    let mut serve = command(&["serve", "session", "--listen", &address.to_string()]);
    serve.arg("--data").arg(data.path());
    let said = refusal(serve);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains(&format!("port {} on 127.0.0.1 is in use", address.port())),
        "{said}"
    );
    assert!(said.contains("--listen ADDR"), "{said}");

    let base = (address.port() - 2).to_string();
    let mut lab = command(&["lab", "--no-open", "--port-base", &base]);
    lab.arg("--data").arg(data.path());
    let said = refusal(lab);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("is in use") && said.contains("--port-base N"),
        "{said}"
    );
}

#[test]
fn a_data_folder_that_cannot_be_used_is_named() {
    let folder = tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    for first in [
        &["serve", "jwt", "--listen", "127.0.0.1:0"][..],
        &["lab", "--no-open", "--port-base", "0"],
    ] {
        let mut start = command(first);
        start.arg("--data").arg(file.join("data"));
        let said = refusal(start);
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(
            said.contains("file") && said.contains("--data DIR"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let data = tempdir().unwrap();
    Server::start("session", data.path(), &[]).stop();
    let path = data.path().join("bank.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[USER_VERSION].copy_from_slice(&9_999_u32.to_be_bytes());
    std::fs::write(&path, &bytes).unwrap();
    let mut serve = command(&["serve", "session", "--listen", "127.0.0.1:0"]);
    serve.arg("--data").arg(data.path());
    let said = refusal(serve);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("schema 9999") && said.contains("--data"),
        "{said}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_setting_that_is_unknown_or_dangerous_is_refused_with_what_is_accepted() {
    let data = tempdir().unwrap();
    let serve = |set: &str| {
        let mut serve = command(&["serve", "session", "--listen", "127.0.0.1:0", "--set", set]);
        serve.arg("--data").arg(data.path());
        serve
    };
    let said = refusal(serve("idle_timout=5m"));
    assert!(
        said.contains("idle_timout: no such setting") && said.contains("idle_timeout"),
        "{said}"
    );
    let said = refusal(serve("cookie.dangerously_script_readable=true"));
    assert!(said.contains("--dangerously-allow"), "{said}");
    for set in [
        "login.dangerously_unthrottled=true",
        "login.dangerously_skip_dummy_hash=true",
        "store=dangerously-cookie",
    ] {
        assert!(refusal(serve(set)).contains("--dangerously-allow"), "{set}");
    }
    let said = refusal(serve("login.account_failures=1000"));
    assert!(said.contains("login.account_failures: 1 to 100"), "{said}");
    let said = refusal(serve("http.cors=dangerously-reflect"));
    assert!(said.contains("--dangerously-allow"), "{said}");
}

/// Nobody listens there, and nobody has to: what is refused is what was asked for.
const NOBODY: &str = "postgres://svt@127.0.0.1:1/bank";

#[test]
fn where_state_is_to_be_kept_is_refused_where_it_contradicts_the_rest_and_no_password_is_repeated()
{
    let data = tempdir().unwrap();
    let redis = "redis://127.0.0.1:1";
    for (arguments, said_to_mend_it) in [
        (&["jwt", "--database", NOBODY][..], "--set issuer=URL"),
        (
            &["jwt", "--sessions", redis],
            "--sessions is for the session server",
        ),
        (
            &["session", "--sessions", redis, "--set", "store=memory"],
            "`store`",
        ),
        (
            &["session", "--sessions", "rediss://:hunter2@cache"],
            "redis://[user:password@]host",
        ),
        (
            &["session", "--database", "mysql://svt:hunter2@db/bank"],
            "postgres://USER",
        ),
        (
            &[
                "session",
                "--database",
                "postgres://svt:hunter2@db/bank?sslmode=require",
            ],
            "TLS",
        ),
        (
            &["session", "--database", NOBODY, "--commit-group", "1"],
            "--commit-group",
        ),
    ] {
        let mut serve = command(&["serve"]);
        serve
            .args(arguments)
            .args(["--listen", "127.0.0.1:0", "--data"]);
        serve.arg(data.path()).env("RUST_LOG", "off");
        let said = refusal(serve);
        assert!(said.contains(said_to_mend_it), "{arguments:?}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_password_in_the_environment_is_not_in_the_help() {
    let mut help = command(&["serve", "--help"]);
    help.env("SVT_DATABASE", "postgres://svt:hunter2@db/bank");
    let help = String::from_utf8(help.output().unwrap().stdout).unwrap();
    assert!(help.contains("SVT_DATABASE") && !help.contains("hunter2"));
}
