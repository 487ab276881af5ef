//! What lives on without an engine: the tables of docs/deploy/README.md, row by row.

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Bearer, Client, Login};
use crate::fleet::{Fleet, PASSWORD, Replica};

/// Open to anybody, and asking no store.
const OPEN: [(&str, u16); 6] = [
    ("/healthz", 200),
    ("/metrics", 200),
    ("/openapi.json", 200),
    ("/api-docs", 200),
    ("/api-docs.css", 200),
    ("/readyz", 503),
];

/// Who asks: a customer who is logged in, and one whose login was not used before the engine went.
struct Customer<'a> {
    at: &'a Replica,
    client: Client,
    login: Login,
}

impl Customer<'_> {
    /// Asserts the status of a request with a body where it is not a GET; of a 503 also that it says when to come back.
    async fn gets(&self, method: &str, path: &str, body: Value, expected: u16) {
        let method: Method = method.parse().unwrap();
        let has_body = method != Method::GET;
        let answer = self
            .client
            .send(
                method.clone(),
                &self.at.address,
                path,
                &self.login.bearer,
                |request| {
                    if has_body {
                        request.json(&body)
                    } else {
                        request
                    }
                },
            )
            .await
            .unwrap();
        assert_eq!(answer.status, expected, "{method} {path}: {answer:?}");
        if expected == 503 {
            assert!(answer.retry_after.is_some(), "{method} {path}: {answer:?}");
        }
    }

    async fn gets_form(&self, path: &str, form: &[(&str, &str)], expected: u16) -> Value {
        let answer = self
            .client
            .form(&self.at.address, path, form)
            .await
            .unwrap();
        assert_eq!(answer.status, expected, "POST {path} {form:?}: {answer:?}");
        answer.body
    }

    /// The routes of the bank that need its database whoever asks.
    async fn has_no_bank(&self) {
        for path in ["/me", "/transfers", "/notes"] {
            self.gets("GET", path, json!(null), 503).await;
        }
        let transfer =
            json!({ "to": "bob", "amount_minor": 1, "idempotency_key": "k", "note": "" });
        self.gets("POST", "/transfers", transfer, 503).await;
        self.gets("POST", "/notes", json!({ "text": "a note" }), 503)
            .await;
        let passwords =
            json!({ "current_password": PASSWORD, "new_password": "down the rabbit hole" });
        self.gets("POST", "/password", passwords, 503).await;
    }

    async fn cannot_log_in(&self) {
        let body = json!({ "username": "alice", "password": PASSWORD });
        self.gets("POST", "/login", body, 503).await;
        let body = json!({ "username": "carol", "password": PASSWORD });
        self.gets("POST", "/users", body, 503).await;
    }

    async fn finds_open(&self) {
        for (path, status) in OPEN {
            self.gets("GET", path, json!(null), status).await;
        }
    }

    /// What is about the login itself.
    async fn about_logins(&self, read: u16, ended: u16) {
        self.gets("GET", "/sessions", json!(null), read).await;
        self.gets(
            "DELETE",
            "/sessions/00000000000000000000000000000000",
            json!({}),
            if ended == 503 { 503 } else { 404 },
        )
        .await;
        self.gets("POST", "/logout", json!({}), ended).await;
    }
}

async fn customer<'a>(fleet: &Fleet, at: &'a Replica, name: &str) -> Customer<'a> {
    fleet.sign_up(at, name).await;
    let client = Client::default();
    let login = client.log_in(&at.address, name).await;
    assert_eq!(client.who_am_i(&at.address, &login.bearer).await, 200);
    Customer { at, client, login }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_server_without_the_database_that_has_its_sessions() {
    let mut fleet = Fleet::start();
    let replica = fleet.replica("session", &[]);
    let alice = customer(&fleet, &replica, "alice").await;
    tokio::task::block_in_place(|| fleet.postgres.kill());
    alice.finds_open().await;
    alice.gets("GET", "/whoami", json!(null), 503).await;
    alice.gets("GET", "/csrf-token", json!(null), 503).await;
    alice.about_logins(503, 503).await;
    alice.has_no_bank().await;
    alice.cannot_log_in().await;
    let nobody = alice
        .client
        .post(&replica.address, "/logout", &Bearer::nobody(), &json!({}))
        .await;
    assert_eq!(nobody.unwrap().status, 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_server_without_its_database_whose_sessions_are_in_redis() {
    let mut fleet = Fleet::with_redis();
    let replica = fleet.replica("session", &[]);
    let alice = customer(&fleet, &replica, "alice").await;
    tokio::task::block_in_place(|| fleet.postgres.kill());
    alice.finds_open().await;
    alice.gets("GET", "/whoami", json!(null), 200).await;
    alice.gets("GET", "/csrf-token", json!(null), 200).await;
    alice.has_no_bank().await;
    alice.cannot_log_in().await;
    alice.about_logins(200, 204).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_server_without_the_redis_that_has_its_sessions() {
    let mut fleet = Fleet::with_redis();
    let replica = fleet.replica("session", &[]);
    let alice = customer(&fleet, &replica, "alice").await;
    let mut redis = fleet.redis.take().unwrap();
    tokio::task::block_in_place(|| redis.kill());
    alice.finds_open().await;
    alice.gets("GET", "/whoami", json!(null), 503).await;
    alice.about_logins(503, 503).await;
    alice.has_no_bank().await;
    let body = json!({ "username": "carol", "password": PASSWORD });
    alice.gets("POST", "/users", body, 201).await;
    let body = json!({ "username": "alice", "password": PASSWORD });
    alice.gets("POST", "/login", body, 503).await;
    let body = json!({ "username": "alice", "password": "a wrong guess" });
    alice.gets("POST", "/login", body, 401).await;
}

/// What a token server does in each mode while its list is current: `None` is for a mode without a list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_server_without_its_database() {
    for mode in ["none", "denylist", "not-before"] {
        let mut fleet = Fleet::start();
        let setting = format!("revocation={mode}");
        let replica = fleet.replica("jwt", &[&setting, "revocation_staleness=30s"]);
        let alice = customer(&fleet, &replica, "alice").await;
        tokio::task::block_in_place(|| fleet.postgres.kill());
        verifies(&alice, 200).await;
        alice.has_no_bank().await;
        alice.cannot_log_in().await;
        alice.about_logins(503, 503).await;
        needs_the_families(&alice).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_server_whose_list_has_become_too_old() {
    for mode in ["denylist", "not-before"] {
        let mut fleet = Fleet::start();
        let setting = format!("revocation={mode}");
        let replica = fleet.replica("jwt", &[&setting, "revocation_staleness=1s"]);
        let alice = customer(&fleet, &replica, "alice").await;
        tokio::task::block_in_place(|| fleet.postgres.kill());
        let mut asked = 0;
        while alice
            .client
            .who_am_i(&replica.address, &alice.login.bearer)
            .await
            != 503
        {
            asked += 1;
            assert!(asked < 10_000, "{mode}: it goes on");
        }
        verifies(&alice, 503).await;
        alice.has_no_bank().await;
        alice.cannot_log_in().await;
        alice.about_logins(503, 503).await;
    }
}

/// The routes that ask for nothing but who asks.
async fn verifies(alice: &Customer<'_>, expected: u16) {
    alice.finds_open().await;
    for path in [
        "/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server",
    ] {
        alice.gets("GET", path, json!(null), 200).await;
    }
    alice.gets("GET", "/whoami", json!(null), expected).await;
    let unknown = alice
        .gets_form("/revoke", &[("token", "no token of ours")], 200)
        .await;
    assert_eq!(unknown, Value::Null);
}

/// The routes of a refresh token, which is state.
async fn needs_the_families(alice: &Customer<'_>) {
    let token = alice.login.refresh.as_deref().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    alice.gets_form("/token", &form, 503).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "nonsense"),
    ];
    alice.gets_form("/token", &form, 400).await;
    alice.gets_form("/revoke", &[("token", token)], 503).await;
}
