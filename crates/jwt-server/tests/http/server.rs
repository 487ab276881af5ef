//! A server on a free port, and a client that carries the tokens it is given.

use std::sync::Arc;
use std::time::Duration;

use bank::Hosting;
use jwt_server::{JwtConfig, Revocation};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use token_core::clock::{Clock, ManualClock, UnixSeconds};
use token_core::key_folder::KeyFolder;
use user_store::sqlite::Database;
use user_store::{PasswordHasher, PasswordHasherConfig, Stores, Timeouts};

pub(crate) const PASSWORD: &str = "white-rabbit-1865";
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A server on a free port with one user, and a clock that moves when told.
pub(crate) struct Server {
    pub(crate) base: String,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) client: Client,
    pub(crate) keys: KeyFolder,
    data: Arc<TempDir>,
}

pub(crate) async fn server_with(config: JwtConfig) -> Server {
    let data = Arc::new(tempfile::tempdir().unwrap());
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_700_000_000)));
    let server = server_on(
        data,
        clock,
        config,
        PasswordHasherConfig::dangerously_cheap(),
    );
    let alice = json!({ "username": "alice", "password": PASSWORD });
    assert_eq!(server.post("/users", None, &alice).await.status(), 201);
    server
}

/// A server on a data folder, as another process beside those that are on it already would be.
fn server_on(
    data: Arc<TempDir>,
    clock: Arc<ManualClock>,
    config: JwtConfig,
    hashing: PasswordHasherConfig,
) -> Server {
    let database = Database::open(data.path().join("bank.db")).unwrap();
    let database = database.remembering(config.remembered_rows);
    let keys = KeyFolder::open_or_create(&data.path().join("keys")).unwrap();
    let stores = Stores {
        passwords: PasswordHasher::new(hashing),
        ..Stores::sqlite(
            database,
            Arc::clone(&clock) as Arc<dyn Clock>,
            Timeouts::default(),
        )
    };
    let listener = bank::listen(([127, 0, 0, 1], 0).into(), "--listen").unwrap();
    let application =
        jwt_server::build(config, stores, &keys, Hosting::new(vec![listener], 2)).unwrap();
    let base = format!("http://127.0.0.1:{}", application.port());
    tokio::spawn(application.run_until_stopped());
    let client = Client::builder().no_proxy().build().unwrap();
    Server {
        base,
        clock,
        client,
        keys,
        data,
    }
}

/// Tokens are believed until they expire, as the notes have it.
pub(crate) fn stateless() -> JwtConfig {
    JwtConfig {
        revocation: Revocation::None,
        ..JwtConfig::default()
    }
}

pub(crate) async fn server() -> Server {
    server_with(JwtConfig::default()).await
}

/// What a client holds after a login or a refresh.
#[derive(Clone)]
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Server {
    /// The same, that hashes passwords as a server in use does: a login takes long enough for something to come between.
    pub(crate) fn beside_in_earnest(&self, config: JwtConfig) -> Server {
        let (data, clock) = (Arc::clone(&self.data), Arc::clone(&self.clock));
        server_on(data, clock, config, PasswordHasherConfig::default())
    }

    /// Another server on the same users, families and keys.
    pub(crate) fn beside(&self, config: JwtConfig) -> Server {
        server_on(
            Arc::clone(&self.data),
            Arc::clone(&self.clock),
            config,
            PasswordHasherConfig::dangerously_cheap(),
        )
    }

    pub(crate) async fn post(&self, path: &str, bearer: Option<&str>, body: &Value) -> Response {
        let request = self.client.post(format!("{}{path}", self.base)).json(body);
        let request = match bearer {
            Some(bearer) => request.bearer_auth(bearer),
            None => request,
        };
        request.send().await.unwrap()
    }

    pub(crate) async fn form(&self, path: &str, form: &[(&str, &str)]) -> Response {
        self.client
            .post(format!("{}{path}", self.base))
            .form(form)
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn me(&self, bearer: &str) -> u16 {
        let request = self
            .client
            .get(format!("{}/me", self.base))
            .bearer_auth(bearer);
        request.send().await.unwrap().status().as_u16()
    }

    pub(crate) async fn log_in(&self) -> Pair {
        self.log_in_as("alice").await
    }

    pub(crate) async fn log_in_as(&self, username: &str) -> Pair {
        let login = json!({ "username": username, "password": PASSWORD });
        pair(self.post("/login", None, &login).await).await
    }

    pub(crate) async fn sign_up(&self, username: &str) -> i64 {
        let user = json!({ "username": username, "password": PASSWORD });
        let answer = self.post("/users", None, &user).await;
        assert_eq!(answer.status(), 201);
        answer.json::<Value>().await.unwrap()["id"]
            .as_i64()
            .unwrap()
    }

    pub(crate) async fn refresh(&self, token: &str) -> Response {
        self.form(
            "/token",
            &[("grant_type", "refresh_token"), ("refresh_token", token)],
        )
        .await
    }
}

pub(crate) async fn pair(answer: Response) -> Pair {
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["token_type"], "Bearer");
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    Pair {
        access: text("access_token"),
        refresh: text("refresh_token"),
    }
}

pub(crate) async fn invalid_grant(answer: Response) {
    assert_eq!(answer.status(), 400);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"], "invalid_grant");
}
