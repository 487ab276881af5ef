//! The benchmark of `svt lab`, over HTTP: one run at a time, which ends with the lab.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A running `svt lab`, whose temporary files are in a folder of its own. Dropping it kills it.
struct Lab {
    child: Child,
    app: String,
    client: Client,
    temporary: TempDir,
    _data: TempDir,
}

impl Lab {
    fn start() -> Self {
        let (data, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut child = Command::new(env!("CARGO_BIN_EXE_svt"))
            .args(["lab", "--no-open", "--port-base", "0", "--data"])
            .arg(data.path())
            .env("TMPDIR", temporary.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let app = lines.find_map(|line| {
            let line = line.unwrap();
            let address = line.trim().strip_prefix("the pages")?;
            Some(address.trim().to_owned())
        });
        // The rest is read, so that the lab is not stopped by a pipe that nobody empties.
        std::thread::spawn(move || lines.for_each(drop));
        let loopback = ([127, 0, 0, 1], 0).into();
        let client = Client::builder().no_proxy();
        Self {
            child,
            app: app.unwrap(),
            client: client
                .resolve("app.lab.localhost", loopback)
                .build()
                .unwrap(),
            temporary,
            _data: data,
        }
    }

    async fn ask(&self, method: Method, body: Option<Value>) -> Response {
        let request = self
            .client
            .request(method, format!("{}/lab/benchmark", self.app));
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        request.send().await.unwrap()
    }

    /// Asks until the state is as wanted; what it is then.
    async fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let state = self.ask(Method::GET, None).await.json().await.unwrap();
            if wanted(&state) {
                return state;
            }
        }
    }

    async fn file(&self, name: &str) -> Response {
        let address = format!("{}/lab/benchmark/{name}", self.app);
        self.client.get(address).send().await.unwrap()
    }

    /// The servers that are measured: each has a folder until it has ended.
    fn servers(&self) -> usize {
        servers_below(self.temporary.path())
    }
}

fn servers_below(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("svt-bench-")).count()
}

impl Drop for Lab {
    fn drop(&mut self) {
        // One that has ended already needs no ending.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn a_second_run_is_refused_and_a_stopped_one_leaves_a_report_that_says_so() {
    let lab = Lab::start();
    let before: Value = lab.ask(Method::GET, None).await.json().await.unwrap();
    assert_eq!(before["phase"], "idle");
    assert_eq!(before["can_run"], true);
    assert_eq!(lab.file("results.json").await.status(), 404);

    let order = json!({ "kind": "quick", "rounds": 100, "window_ms": 10 });
    let started = lab.ask(Method::POST, Some(order.clone())).await;
    assert_eq!(started.status(), 202);
    let refused = lab.ask(Method::POST, Some(order.clone())).await;
    assert_eq!(refused.status(), 409);
    assert_eq!(
        refused.headers()["content-type"],
        "application/problem+json"
    );
    let problem: Value = refused.json().await.unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("is running"));

    let running = lab.until(|state| state["shown"].is_object()).await;
    let progress = &running["progress"];
    assert_eq!(
        (&progress["rounds"], &progress["turns"]),
        (&json!(100), &json!(707))
    );
    assert!(progress["seconds_left"].as_u64().unwrap() > 0);
    assert_eq!(lab.ask(Method::DELETE, None).await.status(), 202);
    let done = lab.until(|state| state["phase"] == "done").await;
    assert_eq!(done["progress"], Value::Null);

    let results: Value = lab.file("results.json").await.json().await.unwrap();
    assert_eq!(results["complete"], false);
    let warning = results["warnings"][0].as_str().unwrap();
    assert!(warning.contains("was stopped"), "{warning}");
    let rounds = &results["scenarios"][0]["arms"][0]["rounds"];
    let rounds = rounds.as_array().unwrap().len();
    assert!((1..100).contains(&rounds), "{rounds}");
    assert_eq!(lab.servers(), 0);
    for (name, kind) in [("results.csv", "text/csv"), ("report.html", "text/html")] {
        let file = lab.file(name).await;
        let headers = file.headers();
        let disposition = headers["content-disposition"].to_str().unwrap();
        assert_eq!(disposition, format!("attachment; filename=\"{name}\""));
        let found = headers["content-type"].to_str().unwrap();
        assert!(found.starts_with(kind), "{found}");
    }
    let again = lab.ask(Method::POST, Some(order)).await;
    assert_eq!(again.status(), 202, "and another may begin");
}

#[cfg(unix)]
#[tokio::test]
async fn the_servers_of_a_run_end_with_their_lab() {
    let mut lab = Lab::start();
    let order = json!({ "kind": "quick", "rounds": 100, "window_ms": 10 });
    assert_eq!(lab.ask(Method::POST, Some(order)).await.status(), 202);
    lab.until(|_| lab.servers() > 0).await;
    let sent = Command::new("kill")
        .args(["-INT", &lab.child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    assert!(lab.child.wait().unwrap().success());
    assert_eq!(lab.servers(), 0);
}

#[tokio::test]
async fn an_order_that_is_none_and_a_request_of_another_origin_start_nothing() {
    let lab = Lab::start();
    for order in [
        json!({ "kind": "everything" }),
        json!({ "kind": "quick", "rounds": 0 }),
        json!({ "kind": "quick", "window_ms": 60_000 }),
        json!({ "kind": "quick", "program": "/bin/sh" }),
    ] {
        let status = lab.ask(Method::POST, Some(order.clone())).await.status();
        assert_eq!(status, 400, "{order}");
    }
    let page = format!("{}/benchmark?rounds=many", lab.app);
    let answer = lab.client.get(page).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let address = format!("{}/lab/benchmark", lab.app);
    for (method, header, value) in [
        (Method::POST, "origin", "http://evil.localhost"),
        (Method::POST, "sec-fetch-site", "same-site"),
        (Method::DELETE, "origin", "http://evil.localhost"),
        (Method::GET, "sec-fetch-site", "cross-site"),
    ] {
        let request = lab.client.request(method, &address).header(header, value);
        let answer = request.json(&json!({ "kind": "quick" })).send().await;
        assert_eq!(answer.unwrap().status(), 403, "{header}: {value}");
    }
    let state: Value = lab.ask(Method::GET, None).await.json().await.unwrap();
    assert_eq!(state["phase"], "idle");
}
