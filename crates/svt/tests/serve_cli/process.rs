//! `svt serve` as a process of its own, and a client of it.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use reqwest::{Client, Response};
use serde_json::{Value, json};

pub(crate) const USER: &str = "carol";
pub(crate) const PASSWORD: &str = "a-cup-of-tea-at-five";

/// A running server. Dropping it kills it, so that a failed test leaves none behind.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    pub(crate) client: Client,
}

impl Server {
    /// Starts `svt serve` on a free port, with a data folder.
    pub(crate) fn start(server: &str, data: &Path, more: &[&str]) -> Self {
        let mut child = command(&["serve", server, "--listen", "127.0.0.1:0"])
            .arg("--data")
            .arg(data)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap()
            .to_owned();
        Self {
            child,
            url,
            client: Client::builder().no_proxy().build().unwrap(),
        }
    }

    pub(crate) async fn sign_up(&self) {
        let body = json!({ "username": USER, "password": PASSWORD });
        let answer = self.post("/users", None, &body).await;
        assert_eq!(answer.status(), 201);
    }

    /// Logs in; the answer brings the credential.
    pub(crate) async fn log_in(&self) -> Response {
        let body = json!({ "username": USER, "password": PASSWORD });
        let answer = self.post("/login", None, &body).await;
        assert_eq!(answer.status(), 200);
        answer
    }

    /// The cookie of a new login, as a client sends it back.
    pub(crate) async fn cookie(&self) -> (&'static str, String) {
        let answer = self.log_in().await;
        let line = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        ("cookie", line.split(';').next().unwrap().to_owned())
    }

    /// The tokens of a new login.
    pub(crate) async fn tokens(&self) -> Value {
        self.log_in().await.json().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str, credential: &(&str, String)) -> Response {
        let request = self.client.get(format!("{}{path}", self.url));
        let (name, value) = credential;
        request.header(*name, value).send().await.unwrap()
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        credential: Option<&(&str, String)>,
        body: &Value,
    ) -> Response {
        let mut request = self.client.post(format!("{}{path}", self.url)).json(body);
        if let Some((name, value)) = credential {
            request = request.header(*name, value);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn refresh(&self, token: &str) -> Response {
        self.form(
            "/token",
            &[("grant_type", "refresh_token"), ("refresh_token", token)],
        )
        .await
    }

    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.client.post(format!("{}{path}", self.url)).form(fields);
        request.send().await.unwrap()
    }

    /// The value of a line of `/metrics` that begins so.
    pub(crate) async fn metric(&self, beginning: &str) -> f64 {
        let text = self.get("/metrics", &("accept", "*/*".to_owned())).await;
        let text = text.text().await.unwrap();
        let lines = text.lines().filter(|line| line.starts_with(beginning));
        lines
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }

    /// Sends a signal by its name, `TERM` or `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Asks it to stop, and waits for a clean end.
    pub(crate) fn stop(mut self) {
        self.signal("TERM");
        assert_eq!(self.ended().code(), Some(0));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already needs no ending.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary with these arguments, reading nothing.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_svt"));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs to the end, which must be exit code 2 with nothing on standard output; the lines on standard error.
pub(crate) fn refusal(mut command: Command) -> String {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut out, mut err) = (String::new(), String::new());
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2), "{err}");
    assert_eq!(out, "", "{err}");
    err
}
