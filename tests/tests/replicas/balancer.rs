//! Behind HAProxy, by the configuration in docs/deploy.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use serde_json::json;

use crate::client::{Bearer, Client, Login};
use crate::fleet::{Fleet, Replica};
use crate::load::{Load, Seen};

const SESSION_HOST: &str = "session.example";
const JWT_HOST: &str = "jwt.example";

/// HAProxy in front of three replicas of each server.
struct Balancer {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Balancer {
    async fn start(sessions: &[Replica], tokens: &[Replica]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = free_address();
        let configuration =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/deploy/haproxy.cfg");
        let mut command = Command::new(program());
        command
            .args(["-db", "-f"])
            .arg(configuration)
            .env("BIND", &address)
            .env("ADMIN_SOCKET", folder.path().join("admin.sock"))
            .env("SESSION_HOST", SESSION_HOST)
            .env("JWT_HOST", JWT_HOST)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        for (server, replicas) in [("SESSION", sessions), ("JWT", tokens)] {
            for (letter, replica) in ["A", "B", "C"].into_iter().zip(replicas) {
                command.env(format!("{server}_{letter}"), &replica.address);
            }
        }
        let child = command.spawn().unwrap_or_else(|error| {
            panic!(
                "haproxy: {error}; `cargo xtask test` installs it, or: sudo apt-get install haproxy"
            )
        });
        let balancer = Self {
            child,
            address,
            _folder: folder,
        };
        let client = Client::as_if_to(JWT_HOST);
        let mut asked = 0;
        while client
            .get(&balancer.address, "/healthz", &Bearer::nobody())
            .await
            .is_err()
        {
            asked += 1;
            assert!(asked < 100_000, "HAProxy does not come up");
            tokio::task::yield_now().await;
        }
        balancer
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where Debian keeps it, only root looks by the name alone.
fn program() -> PathBuf {
    let given = std::env::var_os("HAPROXY").map(PathBuf::from);
    let packaged = Path::new("/usr/sbin/haproxy").to_owned();
    given.unwrap_or_else(|| {
        if packaged.is_file() {
            packaged
        } else {
            "haproxy".into()
        }
    })
}

/// Free now; nobody else is asked for it in the moment until it is used.
fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// What a client has seen fail.
#[derive(Default)]
struct Failures {
    asked: usize,
    of_reads: Vec<String>,
    of_writes: usize,
}

/// Reads, and now and then writes, until told to stop.
async fn use_bank(
    address: String,
    host: &'static str,
    login: Login,
    stop: Arc<AtomicBool>,
    seen: Arc<Seen>,
) -> Failures {
    let (client, mut failures) = (Client::as_if_to(host), Failures::default());
    while !stop.load(Ordering::Relaxed) {
        failures.asked += 1;
        let is_write = failures.asked % 5 == 0;
        let answer = if is_write {
            let note = json!({ "text": "a note" });
            client.post(&address, "/notes", &login.bearer, &note).await
        } else {
            client.get(&address, "/whoami", &login.bearer).await
        };
        match answer {
            Ok(answer) if answer.status < 300 => seen.count(200),
            _ if is_write => failures.of_writes += 1,
            failed => failures.of_reads.push(format!("{failed:?}")),
        }
    }
    failures
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_haproxy_a_killed_replica_costs_what_it_had_in_hand_and_nothing_else() {
    const CLIENTS: usize = 8;
    let fleet = Fleet::start();
    let mut sessions = fleet.replicas(3, "session", &[]);
    let mut tokens = fleet.replicas(3, "jwt", &[]);
    let balancer = Balancer::start(&sessions, &tokens).await;
    fleet.sign_up(&sessions[0], "alice").await;
    for (host, replicas) in [(SESSION_HOST, &mut sessions), (JWT_HOST, &mut tokens)] {
        let client = Client::as_if_to(host);
        let mut logins = Vec::new();
        for _ in 0..CLIENTS {
            logins.push(client.log_in(&balancer.address, "alice").await);
        }
        let address = balancer.address.clone();
        let load = Load::begin(logins, |_, login, stop, seen| {
            use_bank(address.clone(), host, login, stop, seen)
        });
        load.seen.more_good(200).await;
        tokio::task::block_in_place(|| replicas[0].kill());
        load.seen.more_good(500).await;
        tokio::task::block_in_place(|| replicas[0].restart());
        load.seen.more_good(500).await;
        tokio::task::block_in_place(|| replicas[1].terminate());
        load.seen.more_good(500).await;
        let mut whole = Failures::default();
        for failures in load.end().await {
            whole.asked += failures.asked;
            whole.of_writes += failures.of_writes;
            whole.of_reads.extend(failures.of_reads);
        }
        println!(
            "{host}: of {} requests {} writes failed",
            whole.asked, whole.of_writes
        );
        assert!(whole.of_reads.is_empty(), "{:#?}", whole.of_reads);
        // Each client has one request at a time, so this many were in hand at the kill, and none at the orderly end.
        assert!(whole.of_writes <= CLIENTS, "{}", whole.of_writes);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_believed_from_the_proxy_and_from_nobody_behind_it() {
    let fleet = Fleet::start();
    let sessions = fleet.replicas(
        3,
        "session",
        &["login.account_failures=3", "login.address_failures=3"],
    );
    let tokens = fleet.replicas(3, "jwt", &[]);
    let balancer = Balancer::start(&sessions, &tokens).await;
    let client = Client::as_if_to(SESSION_HOST);
    let mut statuses = Vec::new();
    for guess in 0..6 {
        let body = json!({ "username": format!("nobody{guess}"), "password": "a wrong guess" });
        let nobody = Bearer::nobody();
        let answer = client
            .send(
                Method::POST,
                &balancer.address,
                "/login",
                &nobody,
                |request| {
                    // Another one each time: if it were believed, none would reach its limit.
                    request
                        .header("X-Forwarded-For", format!("203.0.113.{guess}"))
                        .json(&body)
                },
            )
            .await;
        statuses.push(answer.unwrap().status);
    }
    assert_eq!(statuses, [401, 401, 401, 429, 429, 429]);
}
