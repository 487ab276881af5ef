//! The replicas of `svt lab`, over HTTP and as processes: what a kill takes, what it leaves, and that none outlives its lab.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};

use reqwest::{Client, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How often is looked for something that comes about by itself.
const LOOKS: usize = 1_000_000;

fn svt() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_svt"));
    command.stdin(Stdio::null()).stderr(Stdio::null());
    command
}

fn signal(child: &Child, signal: &str) -> std::io::Result<ExitStatus> {
    Command::new("kill")
        .args([signal, &child.id().to_string()])
        .stderr(Stdio::null())
        .status()
}

/// A running `svt lab` with two replicas of each server. Dropping it ends it, in order, since it may have started engines.
struct Lab {
    child: Child,
    app: String,
    client: Client,
    _data: TempDir,
}

impl Lab {
    fn start() -> Self {
        Self::start_where(&[])
    }

    fn start_where(environment: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut child = svt()
            .args(["lab", "--no-open", "--port-base", "0", "--replicas", "2"])
            .arg("--data")
            .arg(data.path())
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
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
        let mut client = Client::builder().no_proxy();
        for host in ["app", "session", "jwt"] {
            let loopback = (Ipv4Addr::LOCALHOST, 0).into();
            client = client.resolve(&format!("{host}.lab.localhost"), loopback);
        }
        Self {
            child,
            app: app.unwrap(),
            client: client.build().unwrap(),
            _data: data,
        }
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.client.get(format!("{}{path}", self.app)).send().await;
        answer.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> Response {
        let request = self.client.post(format!("{}{path}", self.app)).json(&body);
        request.send().await.unwrap()
    }

    /// Has something done to the replicas.
    async fn order(&self, order: Value) -> Value {
        let answer = self.post("/lab/replicas", order).await;
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    async fn keep_in(&self, store: &str) {
        let mode = json!({ "store": store, "revocation": "none" });
        self.order(json!({ "act": "use", "mode": mode })).await;
    }

    async fn replica(&self, name: &str) -> Value {
        let state = self.get("/lab/replicas").await;
        let rows = state["replicas"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap().clone()
    }

    async fn log_in(&self, name: &str) -> Response {
        let origin = self.replica(name).await["origin"]
            .as_str()
            .unwrap()
            .to_owned();
        let body = json!({ "username": "alice", "password": "white-rabbit-1865" });
        let request = self.client.post(format!("{origin}/login")).json(&body);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer
    }

    /// The cookie of a new login at a replica.
    async fn cookie(&self, name: &str) -> (&'static str, String) {
        let answer = self.log_in(name).await;
        let line = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        ("cookie", line.split(';').next().unwrap().to_owned())
    }

    async fn token(&self, name: &str) -> (&'static str, String) {
        let tokens: Value = self.log_in(name).await.json().await.unwrap();
        let token = tokens["access_token"].as_str().unwrap();
        ("authorization", format!("Bearer {token}"))
    }

    /// What a replica answers to who holds this; 0 where it does not answer.
    async fn asks(&self, name: &str, (header, value): &(&str, String)) -> u16 {
        let origin = self.replica(name).await["origin"]
            .as_str()
            .unwrap()
            .to_owned();
        let request = self.client.get(format!("{origin}/whoami"));
        let answer = request.header(*header, value).send().await;
        answer.map_or(0, |answer| answer.status().as_u16())
    }

    /// How many exchanges of a server the record has.
    async fn recorded(&self, name: &str) -> usize {
        let exchanges = self.get("/lab/exchanges?after=0").await;
        let exchanges = exchanges["exchanges"].as_array().unwrap();
        exchanges
            .iter()
            .filter(|exchange| exchange["server"] == name)
            .count()
    }

    /// Waits until the record has so many.
    async fn records(&self, name: &str, count: usize) {
        for _ in 0..LOOKS {
            if self.recorded(name).await >= count {
                return;
            }
        }
        panic!("{name} never came to {count} exchanges");
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // One that has ended already needs no ending.
        let _ = signal(&self.child, "-INT");
        let ended = (0..LOOKS).any(|_| {
            std::thread::yield_now();
            !matches!(self.child.try_wait(), Ok(None))
        });
        if !ended {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

const KILL_A: (&str, &str) = ("kill", "a");
const RESTART_A: (&str, &str) = ("restart", "a");

fn order((act, letter): (&str, &str)) -> Value {
    json!({ "act": act, "letter": letter })
}

#[tokio::test]
async fn a_session_in_a_shared_file_outlives_the_replica_that_opened_it() {
    let lab = Lab::start();
    let cookie = lab.cookie("session-a").await;
    assert_eq!(lab.asks("session-b", &cookie).await, 200);
    lab.records("session-a", 1).await;
    lab.records("session-b", 1).await;
    let state = lab.order(order(KILL_A)).await;
    assert_eq!(state["replicas"][0]["pid"], Value::Null);
    assert_eq!(lab.asks("session-a", &cookie).await, 0);
    assert_eq!(lab.asks("session-b", &cookie).await, 200);
    lab.records("session-b", 2).await;
    assert_eq!(lab.recorded("session-a").await, 1, "the dead say nothing");
    lab.order(order(RESTART_A)).await;
    assert_eq!(lab.asks("session-a", &cookie).await, 200);
    lab.records("session-a", 2).await;
}

#[tokio::test]
async fn a_session_in_memory_is_known_to_one_replica_and_ends_with_it() {
    let lab = Lab::start();
    lab.keep_in("memory").await;
    let cookie = lab.cookie("session-a").await;
    assert_eq!(lab.asks("session-a", &cookie).await, 200);
    assert_eq!(lab.asks("session-b", &cookie).await, 401);
    lab.order(order(KILL_A)).await;
    lab.order(order(RESTART_A)).await;
    assert_eq!(lab.asks("session-a", &cookie).await, 401);
}

#[tokio::test]
async fn a_token_is_believed_everywhere_under_an_old_key_and_a_new_one() {
    let lab = Lab::start();
    let old = lab.token("jwt-a").await;
    assert_eq!(lab.asks("jwt-b", &old).await, 200);
    lab.order(json!({ "act": "rotate_key" })).await;
    // Restarted, it signs with the new key at once; the other has not looked for one yet, or has.
    lab.order(order(RESTART_A)).await;
    let new = lab.token("jwt-a").await;
    for token in [&old, &new] {
        for name in ["jwt-a", "jwt-b"] {
            assert_eq!(lab.asks(name, token).await, 200, "{name}");
        }
    }
}

#[tokio::test]
async fn without_its_store_a_session_is_503_and_never_401_and_it_is_back_with_it() {
    let lab = Lab::start();
    for store in ["redis", "postgres"] {
        lab.keep_in(store).await;
        let (cookie, token) = (lab.cookie("session-a").await, lab.token("jwt-a").await);
        let cut = lab.order(json!({ "act": "cut_store" })).await;
        assert_eq!(cut["is_cut"], true);
        assert_eq!(lab.asks("session-b", &cookie).await, 503, "{store}");
        assert_eq!(lab.asks("jwt-b", &token).await, 200, "{store}");
        lab.order(json!({ "act": "mend_store" })).await;
        assert_eq!(lab.asks("session-b", &cookie).await, 200, "{store}");
    }
    lab.keep_in("memory").await;
    let refused = lab
        .post("/lab/replicas", json!({ "act": "cut_store" }))
        .await;
    assert_eq!(refused.status(), 409, "there is nothing to cut");
}

#[tokio::test]
async fn an_engine_that_is_not_installed_is_named_with_its_command() {
    let lab = Lab::start_where(&[("SVT_REDIS_SERVER", "/nowhere")]);
    let state = lab.get("/lab/replicas").await;
    let stores = state["stores"].as_array().unwrap();
    let missing = |name: &str| &stores.iter().find(|row| row["store"] == name).unwrap()["missing"];
    assert_eq!(*missing("sqlite"), Value::Null);
    let said = missing("redis").as_str().unwrap();
    assert!(said.contains("apt-get install redis-server"), "{said}");
    let mode = json!({ "store": "redis", "revocation": "none" });
    let refused = lab
        .post("/lab/replicas", json!({ "act": "use", "mode": mode }))
        .await;
    assert_eq!(refused.status(), 409);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["detail"], said);
    let cookie = lab.cookie("session-a").await;
    assert_eq!(
        lab.asks("session-b", &cookie).await,
        200,
        "nothing has changed"
    );
}

#[tokio::test]
async fn replicas_follow_the_clock_of_the_lab_those_too_that_are_started_later() {
    let lab = Lab::start();
    let (cookie, token) = (lab.cookie("session-a").await, lab.token("jwt-a").await);
    let moved = lab.post("/lab/clock", json!({ "advance": "30d" })).await;
    assert_eq!(moved.status(), 200);
    for (name, credential) in [("session-b", &cookie), ("jwt-b", &token)] {
        let mut looks = 0..LOOKS;
        while lab.asks(name, credential).await != 401 {
            looks.next().expect("it never heard of it");
        }
    }
    lab.order(order(RESTART_A)).await;
    assert_eq!(lab.asks("jwt-a", &token).await, 401);
    let back = lab.post("/lab/clock/reset", json!({})).await;
    assert_eq!(back.status(), 200);
    assert_eq!(lab.asks("session-b", &cookie).await, 401, "that is a reset");
}

#[tokio::test]
async fn an_order_that_is_none_does_nothing() {
    let lab = Lab::start();
    for order in [
        json!({ "act": "kill", "letter": "z" }),
        json!({ "act": "kill" }),
        json!({ "act": "burn" }),
        json!({ "act": "use", "mode": { "store": "paper", "revocation": "none" } }),
    ] {
        let status = lab.post("/lab/replicas", order.clone()).await.status();
        assert_eq!(status, 400, "{order}");
    }
    let state = lab.get("/lab/replicas").await;
    assert_eq!(state["version"], 0);
}

#[cfg(unix)]
#[tokio::test]
async fn no_replica_outlives_its_lab_however_that_ends() {
    for name in ["-KILL", "-INT"] {
        let mut lab = Lab::start();
        let state = lab.get("/lab/replicas").await;
        let rows = state["replicas"].as_array().unwrap();
        let ports: Vec<u16> = rows
            .iter()
            .filter_map(|row| row["origin"].as_str()?.rsplit(':').next()?.parse().ok())
            .collect();
        assert_eq!(ports.len(), 4);
        assert!(signal(&lab.child, name).unwrap().success());
        lab.child.wait().unwrap();
        for port in ports {
            let mut looks = 0..LOOKS;
            while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                looks.next().expect("somebody still listens");
            }
        }
    }
}

/// A lab that does not start: its exit code, and what it says.
fn refusal(mut command: Command) -> String {
    let data = tempfile::tempdir().unwrap();
    command.arg("--data").arg(data.path());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let mut err = child.stderr.take().unwrap();
    err.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2), "{said}");
    said
}

#[test]
fn a_port_of_a_replica_that_is_taken_is_named_with_what_to_do() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let base = (port - 10).to_string();
    let mut command = svt();
    command.args(["lab", "--no-open", "--replicas", "1", "--port-base", &base]);
    let said = refusal(command);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("in use") && said.contains("--port-base"),
        "{said}"
    );
}

#[test]
fn the_help_says_what_replicas_are_and_how_many_there_may_be() {
    let help = svt().args(["lab", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for word in ["--replicas <N>", "svt serve", "scale-out"] {
        assert!(help.contains(word), "{word}: {help}");
    }
    assert!(!help.contains("under-lab"), "that is between the two");
    let mut command = svt();
    command.args(["lab", "--no-open", "--replicas", "11"]);
    assert!(refusal(command).contains("0..=10"));
}

#[test]
fn a_server_under_a_lab_that_is_not_there_does_not_start() {
    let mut command = svt();
    command.args(["serve", "session", "--listen", "127.0.0.1:0", "--under-lab"]);
    assert!(refusal(command).contains("--under-lab is for a lab"));
}
