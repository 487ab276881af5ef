//! `svt bench --target`: a server that runs already, as somebody else would have started it.

use serde_json::Value;

use crate::process::{Server, command};

/// Measures a server that runs already; the exit code, what was said, and the results.
fn bench_target(url: &str, more: &[&str]) -> (Option<i32>, String, Option<Value>) {
    let out = tempfile::tempdir().unwrap();
    let output = command(&["bench", "--rounds", "1", "--target", url, "--out"])
        .arg(out.path())
        .args(more)
        .output()
        .unwrap();
    let results = std::fs::read_to_string(out.path().join("results.json")).ok();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
        results.map(|text| serde_json::from_str(&text).unwrap()),
    )
}

#[test]
fn a_server_that_runs_already_is_recognised_and_measured_on_the_wall() {
    for (what, title) in [
        (&["jwt"][..], "the target, by tokens in a header"),
        (&["session"], "the target, by a cookie"),
        (
            &["session", "--set", "transport=header"],
            "the target, by a header",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(what[0], folder.path(), &what[1..]);
        let (code, said, results) = bench_target(&server.url, &[]);
        assert_eq!(code, Some(0), "{said}");
        let read = &results.unwrap()["scenarios"][0];
        assert_eq!(read["cost_is"], "wall");
        assert_eq!(read["arms"].as_array().unwrap().len(), 1);
        assert_eq!(read["arms"][0]["title"], title);
        assert!(read["arms"][0]["figures"]["cost_us"]["median"].as_f64() > Some(0.0));
    }
}

#[test]
fn an_address_that_cannot_be_measured_is_answered_with_what_can() {
    let folder = tempfile::tempdir().unwrap();
    let naked = Server::start("naked", folder.path(), &[]);
    for (url, more, expected) in [
        (
            "https://127.0.0.1:1",
            &[][..],
            "what is accepted is http://HOST:PORT",
        ),
        (
            "http://127.0.0.1:9",
            &[],
            "the server has to answer POST /users",
        ),
        (
            naked.url.as_str(),
            &[],
            "the server has to answer POST /users",
        ),
        (
            naked.url.as_str(),
            &["--scenario", "growth"],
            "the server has to answer POST /users",
        ),
    ] {
        let (code, said, _) = bench_target(url, more);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start("jwt", folder.path(), &[]);
    let (code, said, _) = bench_target(&server.url, &["--scenario", "growth"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("read, write, login, refresh and day can"),
        "{said}"
    );
}
