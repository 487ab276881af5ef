//! `--dangerously-seed`: what it writes opens logins of the same folder, each like one that somebody made by logging in.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::process::{Server, command, refusal};

/// How many are seeded.
const COUNT: &str = "200";
/// The number of the login that is used first; any would do.
const CHOSEN: usize = 137;

/// A line of the file, as a header and as what follows it.
type Login = ((&'static str, String), Option<String>);

fn seed(server: &str, data: &Path, more: &[&str]) -> std::process::Command {
    let mut seed = command(&["serve", server, "--dangerously-seed", COUNT]);
    seed.arg("--credentials").arg(data.join("credentials"));
    seed.arg("--data").arg(data).args(more);
    seed
}

/// Seeds and exits.
fn seeded(server: &str, data: &Path, more: &[&str]) -> Vec<Login> {
    let output = seed(server, data, more).arg("--dangerously-allow").output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(output.stdout, b"seeded 200 logins\n");
    written(data)
}

/// The logins in the file, which is its owner's alone.
fn written(data: &Path) -> Vec<Login> {
    let path = data.join("credentials");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let text = std::fs::read_to_string(path).unwrap();
    let logins: Vec<_> = text.lines().map(login).collect();
    assert_eq!(logins.len(), 200);
    logins
}

fn login(line: &str) -> Login {
    let (header, refresh_token) = match line.split_once('\t') {
        Some((header, token)) => (header, Some(token.to_owned())),
        None => (line, None),
    };
    let (name, value) = header.split_once(": ").unwrap();
    let name = match name {
        "Cookie" => "cookie",
        "Authorization" => "authorization",
        other => panic!("{other} carries no credential"),
    };
    ((name, value.to_owned()), refresh_token)
}

/// The chosen login is that of its user, and ends by a logout as the one beside it does not.
async fn logins_are_like_any_others(server: &Server, logins: &[Login]) {
    let (chosen, beside) = (&logins[CHOSEN].0, &logins[CHOSEN + 1].0);
    let answer = server.get("/whoami", chosen).await;
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["username"], "benchmark-0000138");
    let ended = server.post("/logout", Some(chosen), &json!({})).await;
    assert_eq!(ended.status(), 204);
    assert_eq!(server.get("/whoami", chosen).await.status(), 401);
    assert_eq!(server.get("/whoami", beside).await.status(), 200);
}

#[tokio::test]
async fn seeded_sessions_are_sessions_of_whoever_serves_the_folder_then() {
    for transport in ["transport=cookie", "transport=header"] {
        let (data, set) = (tempdir().unwrap(), ["--set", transport]);
        let logins = seeded("session", data.path(), &set);
        let server = Server::start("session", data.path(), &set);
        logins_are_like_any_others(&server, &logins).await;
    }
}

#[tokio::test]
async fn seeded_tokens_are_believed_and_refreshed_by_whoever_serves_the_folder_then() {
    for transport in ["transport=cookie", "transport=header"] {
        let data = tempdir().unwrap();
        let set = ["--set", transport, "--set", "issuer=http://bank.example"];
        let logins = seeded("jwt", data.path(), &set);
        let server = Server::start("jwt", data.path(), &set);
        logins_are_like_any_others(&server, &logins).await;
        let token = |number: usize| logins[number].1.as_deref().unwrap();
        assert_eq!(server.refresh(token(7)).await.status(), 200);
        let of_the_ended = server.refresh(token(CHOSEN)).await;
        assert_eq!(of_the_ended.status(), 400);
    }
}

#[tokio::test]
async fn sessions_in_memory_are_served_by_the_process_that_seeded_them() {
    let data = tempdir().unwrap();
    let credentials = data.path().join("credentials");
    let memory = [
        "--dangerously-allow",
        "--dangerously-seed",
        COUNT,
        "--credentials",
        credentials.to_str().unwrap(),
        "--set",
        "store=memory",
    ];
    let server = Server::start("session", data.path(), &memory);
    logins_are_like_any_others(&server, &written(data.path())).await;
}

#[tokio::test]
async fn seeded_sessions_that_cookies_carry_are_believed_and_cannot_be_ended() {
    let data = tempdir().unwrap();
    let set = ["--set", "store=dangerously-cookie"];
    let logins = seeded("session", data.path(), &set);
    let server = Server::start(
        "session",
        data.path(),
        &[&set[..], &["--dangerously-allow"]].concat(),
    );
    let chosen = &logins[CHOSEN].0;
    for _before_and_after_a_logout in 0..2 {
        let answer = server.get("/whoami", chosen).await;
        assert_eq!(answer.status(), 200);
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["username"], "benchmark-0000138");
        server.post("/logout", Some(chosen), &json!({})).await;
    }
}

#[test]
fn seeding_is_refused_without_being_allowed_and_leaves_nothing() {
    let data = tempdir().unwrap();
    let folder = data.path().join("data");
    for server in ["session", "jwt"] {
        let said = refusal(seed(server, &folder, &[]));
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.contains("--dangerously-allow"), "{said}");
        assert!(!folder.exists());
    }
}

#[test]
fn what_cannot_be_seeded_is_refused_with_what_mends_it_and_leaves_no_file() {
    let allow = "--dangerously-allow";
    for (server, more, mends) in [
        ("jwt", &["--listen", "127.0.0.1:0"][..], "--set issuer=URL"),
        ("jwt", &["--set", "dpop=required"], "dpop"),
        ("dangerously-bare", &[], "session and jwt"),
        ("naked", &[], "session and jwt"),
    ] {
        let data = tempdir().unwrap();
        let said = refusal(seed(server, data.path(), &[more, &[allow]].concat()));
        assert!(said.contains(mends), "{said}");
        assert!(!data.path().join("credentials").exists());
    }
    let data = tempdir().unwrap();
    seeded("session", data.path(), &[]);
    let again = || refusal(seed("session", data.path(), &[allow]));
    assert!(again().contains("--credentials FILE"));
    std::fs::remove_file(data.path().join("credentials")).unwrap();
    assert!(again().contains("--data DIR"));
    assert!(!data.path().join("credentials").exists());
}

#[test]
fn the_two_options_require_each_other() {
    for alone in [["--dangerously-seed", "5"], ["--credentials", "file"]] {
        let serve = command(&[&["serve", "session", "--dangerously-allow"][..], &alone].concat());
        assert!(refusal(serve).contains("required"));
    }
}
