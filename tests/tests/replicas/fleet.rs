//! Engines of the test's own, and replicas of `svt serve` over them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use engines::{Postgres, Redis};
use serde_json::json;
use tempfile::TempDir;
use tests::benchmark_page::svt;

use crate::client::{Bearer, Client};

pub(crate) const PASSWORD: &str = "follow the white rabbit";

/// What is shared: engines, keys, and the users in them.
pub(crate) struct Fleet {
    pub(crate) postgres: Postgres,
    pub(crate) redis: Option<Redis>,
    folder: TempDir,
}

/// Where a replica finds its database.
pub(crate) enum Way<'a> {
    /// Where it is.
    Straight,
    /// At another address, which leads there.
    Through(&'a str),
}

/// A process.
pub(crate) struct Replica {
    child: Child,
    server: &'static str,
    arguments: Vec<String>,
    /// `127.0.0.1:PORT`, the same after a restart.
    pub(crate) address: String,
}

impl Fleet {
    pub(crate) fn start() -> Self {
        Self {
            postgres: Postgres::start().unwrap(),
            redis: None,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// One whose sessions are in Redis.
    pub(crate) fn with_redis() -> Self {
        Self {
            redis: Some(Redis::start().unwrap()),
            ..Self::start()
        }
    }

    /// A replica on a free port, with these settings.
    pub(crate) fn replica(&self, server: &'static str, settings: &[&str]) -> Replica {
        self.replica_by(Way::Straight, server, settings)
    }

    pub(crate) fn replica_by(
        &self,
        way: Way<'_>,
        server: &'static str,
        settings: &[&str],
    ) -> Replica {
        let database = match way {
            Way::Straight => self.postgres.url(),
            Way::Through(address) => format!("postgres://svt@{address}/postgres"),
        };
        let folder = |name| self.folder.path().join(name).display().to_string();
        let mut arguments = vec![
            ("--database", database),
            ("--keys", folder("keys")),
            ("--data", folder("data")),
            ("--trusted-proxy", "127.0.0.1/32".to_owned()),
        ];
        match (&self.redis, server) {
            (Some(redis), "session") => arguments.push(("--sessions", redis.url())),
            (_, "session") => {}
            _ => arguments.push(("--set", "issuer=http://bank.test".to_owned())),
        }
        arguments.extend(
            settings
                .iter()
                .map(|setting| ("--set", (*setting).to_owned())),
        );
        let arguments = arguments.into_iter();
        let arguments: Vec<_> = arguments
            .flat_map(|(name, value)| [name.to_owned(), value])
            .collect();
        let (child, address) = spawn(server, "127.0.0.1:0", &arguments);
        Replica {
            child,
            server,
            arguments,
            address,
        }
    }

    /// So many of them.
    pub(crate) fn replicas(
        &self,
        count: usize,
        server: &'static str,
        settings: &[&str],
    ) -> Vec<Replica> {
        (0..count).map(|_| self.replica(server, settings)).collect()
    }

    /// Makes a new signing key for all of them, by the command that there is for it.
    pub(crate) fn rotate_keys(&self) {
        let keys = self.folder.path().join("keys");
        let mut rotate = Command::new(svt().unwrap());
        rotate.args(["keys", "rotate", "--keys"]).arg(keys);
        let rotated = rotate.output().unwrap();
        assert!(rotated.status.success(), "{rotated:?}");
    }

    /// Registers a customer, through any replica of either server.
    pub(crate) async fn sign_up(&self, at: &Replica, username: &str) {
        let body = json!({ "username": username, "password": PASSWORD });
        let answer = Client::default()
            .post(&at.address, "/users", &Bearer::nobody(), &body)
            .await;
        assert_eq!(answer.unwrap().status, 201);
    }
}

impl Replica {
    /// As when its machine loses power.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// As an operator ends it: it answers what it has, and takes nothing new.
    pub(crate) fn terminate(&mut self) {
        let pid = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        assert!(self.child.wait().unwrap().success());
    }

    /// Begins again at the same address, and answers when this returns.
    pub(crate) fn restart(&mut self) {
        (self.child, _) = spawn(self.server, &self.address, &self.arguments);
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // One that was killed already is gone.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a server and waits until it listens.
fn spawn(server: &str, listen: &str, arguments: &[String]) -> (Child, String) {
    let mut child = Command::new(svt().unwrap())
        .args(["serve", server, "--listen", listen, "--workers", "2"])
        .args(arguments)
        .env("RUST_LOG", "off")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let out = child.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("listening on http://");
    let address = address.unwrap_or_else(|| panic!("{server} did not come up: {line}"));
    (child, address.to_owned())
}
