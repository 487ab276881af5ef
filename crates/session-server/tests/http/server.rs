//! A server on a free port, and a client that carries the cookie it is given.

use std::sync::Arc;

use ::bank::{Extension, Hosting};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use session_server::SessionConfig;
use tempfile::TempDir;
use token_core::clock::{Clock, ManualClock, UnixSeconds};
use token_core::key_folder::KeyFolder;
use user_store::sqlite::Database;
use user_store::{PasswordHasher, PasswordHasherConfig, Stores};

pub(crate) const ALLOWED: &str = "https://bank.example";
pub(crate) const PASSWORD: &str = "white-rabbit-1865";

/// A server on a free port with an empty database, and a clock that moves when told.
pub(crate) struct Server {
    /// The server's own handle: closing it takes the store away.
    pub(crate) database: Database,
    pub(crate) base: String,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) client: Client,
    pub(crate) _data: Option<TempDir>,
}

pub(crate) async fn spawn(
    folder: &std::path::Path,
    clock: Arc<ManualClock>,
    config: SessionConfig,
) -> Server {
    spawn_extended(folder, clock, config, None).await
}

pub(crate) async fn spawn_extended(
    folder: &std::path::Path,
    clock: Arc<ManualClock>,
    config: SessionConfig,
    extension: Option<Extension>,
) -> Server {
    let extended = |hosting| Hosting {
        extension,
        ..hosting
    };
    spawn_hosted(folder, clock, config, extended).await
}

pub(crate) async fn spawn_hosted(
    folder: &std::path::Path,
    clock: Arc<ManualClock>,
    config: SessionConfig,
    host: impl FnOnce(Hosting) -> Hosting,
) -> Server {
    let database = Database::open(folder.join("bank.db")).unwrap();
    let database = database.remembering(config.remembered_rows);
    let keys = KeyFolder::open_or_create(&folder.join("keys")).unwrap();
    let shared = Arc::clone(&clock) as Arc<dyn Clock>;
    let stores = Stores {
        passwords: PasswordHasher::new(PasswordHasherConfig::dangerously_cheap()),
        ..Stores::sqlite(database.clone(), shared, config.timeouts())
    };
    let stores = config.stores(stores);
    let listener = bank::listen(([127, 0, 0, 1], 0).into(), "--listen").unwrap();
    let hosting = host(Hosting::new(vec![listener], 2));
    let application = session_server::build(config, stores, &keys, hosting).unwrap();
    let base = format!("http://127.0.0.1:{}", application.port());
    tokio::spawn(application.run_until_stopped());
    Server {
        database,
        base,
        clock,
        client: Client::builder().no_proxy().build().unwrap(),
        _data: None,
    }
}

pub(crate) fn config() -> SessionConfig {
    let mut config = SessionConfig::default();
    config.http.allowed_origins = vec![ALLOWED.to_owned()];
    config.http.administrators = vec!["root".to_owned()];
    config.http.opening_balance_minor = 100_000;
    config
}

pub(crate) async fn server() -> Server {
    server_with(|_| {}).await
}

/// A server whose settings differ from [`config`] by `change`, with three users.
pub(crate) async fn server_with(change: impl FnOnce(&mut SessionConfig)) -> Server {
    let data = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_700_000_000)));
    let mut config = config();
    change(&mut config);
    let server = spawn(data.path(), clock, config).await;
    for name in ["alice", "bobby", "root"] {
        let created = server
            .post(
                "/users",
                None,
                json!({ "username": name, "password": PASSWORD }),
            )
            .await;
        assert_eq!(created.status(), StatusCode::CREATED);
    }
    Server {
        _data: Some(data),
        ..server
    }
}

impl Server {
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        cookie: Option<&str>,
        body: Option<Value>,
    ) -> Response {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str, cookie: Option<&str>) -> Response {
        self.send(Method::GET, path, cookie, None).await
    }

    pub(crate) async fn post(&self, path: &str, cookie: Option<&str>, body: Value) -> Response {
        self.send(Method::POST, path, cookie, Some(body)).await
    }

    pub(crate) async fn log_in(&self, username: &str) -> String {
        let answer = self
            .post(
                "/login",
                None,
                json!({ "username": username, "password": PASSWORD }),
            )
            .await;
        assert_eq!(answer.status(), StatusCode::OK);
        cookie_of(&answer).expect("a login sets the cookie")
    }
}

pub(crate) fn cookie_of(answer: &Response) -> Option<String> {
    let header = answer.headers().get("set-cookie")?.to_str().unwrap();
    let pair = header.split(';').next().unwrap();
    (!pair.ends_with('=')).then(|| pair.to_owned())
}

pub(crate) async fn problem(answer: Response) -> (u16, String) {
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["status"], status);
    (status, body["type"].as_str().unwrap().to_owned())
}
