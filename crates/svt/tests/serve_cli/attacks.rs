//! Every attack of the experiments, against both servers as `svt serve` starts them by default: none comes through.
//!
//! What a browser decides (whether a cookie comes along, whether a script may read) is played in the experiments; here the attacker has
//! got as far as a browser lets anybody, and the server alone stands in the way. Only who may administer and what an account holds is
//! set: neither is a defence.

use reqwest::Response;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::attacks_on_tokens::{forged_tokens, stolen_refresh_tokens, tokens_without_their_key};
use crate::process::{PASSWORD, Server, USER};

const MONEY: [&str; 4] = [
    "--set",
    "http.opening_balance_minor=100000",
    "--set",
    "http.administrators=['root']",
];
const ATTACKERS: [&str; 3] = ["https://evil.example", "http://blog.bank.example", "null"];
/// How many wrong passwords an account takes before it is closed to the one who guesses.
const GUESSES: usize = 10;

pub(crate) type Credential = (&'static str, String);

/// A server with three users.
pub(crate) struct Bank {
    pub(crate) server: Server,
    is_jwt: bool,
}

impl Bank {
    async fn open(kind: &str, data: &std::path::Path) -> Self {
        let server = Server::start(kind, data, &MONEY);
        server.sign_up().await;
        for username in ["mallory", "root"] {
            let body = json!({ "username": username, "password": PASSWORD });
            assert_eq!(server.post("/users", None, &body).await.status(), 201);
        }
        Self {
            server,
            is_jwt: kind == "jwt",
        }
    }

    pub(crate) async fn credential(&self) -> Credential {
        self.credential_of(USER).await
    }

    async fn credential_of(&self, username: &str) -> Credential {
        let body = json!({ "username": username, "password": PASSWORD });
        let answer = self.server.post("/login", None, &body).await;
        assert_eq!(answer.status(), 200);
        if self.is_jwt {
            let tokens: Value = answer.json().await.unwrap();
            return bearer(&tokens["access_token"]);
        }
        ("cookie", cookie_set_by(&answer).unwrap())
    }

    pub(crate) async fn me(&self, credential: &Credential) -> u16 {
        self.server.get("/me", credential).await.status().as_u16()
    }

    async fn balance(&self, credential: &Credential) -> i64 {
        let me: Value = self
            .server
            .get("/me", credential)
            .await
            .json()
            .await
            .unwrap();
        me["balance_minor"].as_i64().unwrap()
    }
}

pub(crate) fn bearer(token: &Value) -> Credential {
    (
        "authorization",
        format!("Bearer {}", token.as_str().unwrap()),
    )
}

fn cookie_set_by(answer: &Response) -> Option<String> {
    let line = answer.headers().get("set-cookie")?.to_str().unwrap();
    Some(line.split(';').next().unwrap().to_owned())
}

#[tokio::test]
async fn no_attack_comes_through_where_a_server_runs_as_it_does_by_default() {
    for kind in ["session", "jwt"] {
        let data = tempdir().unwrap();
        let bank = Bank::open(kind, data.path()).await;
        forged_requests(&bank).await;
        forged_logins(&bank).await;
        what_a_script_could_read(&bank).await;
        copies_after_the_end(&bank).await;
        if bank.is_jwt {
            forged_tokens(&bank).await;
            stolen_refresh_tokens(&bank).await;
            tokens_without_their_key(&bank).await;
        } else {
            planted_and_tossed_cookies(&bank).await;
        }
        // Last: it closes the account.
        guesses(&bank).await;
    }
}

/// Experiment `csrf`: whatever page causes the request, and however it words it.
async fn forged_requests(bank: &Bank) {
    let own = bank.credential().await;
    // The JWT is in no cookie; a cookie of its name that comes along anyway is read by nobody.
    let ambient = match &own {
        ("authorization", value) => ("cookie", value.replace("Bearer ", "__Host-token=")),
        cookie => cookie.clone(),
    };
    let before = bank.balance(&own).await;
    let transfer =
        json!({ "to": "mallory", "amount_minor": 100, "idempotency_key": "forged", "note": "" });
    let form = "to=mallory&amount_minor=100&idempotency_key=forged&note=";
    for (kind, body) in [
        ("application/x-www-form-urlencoded", form.to_owned()),
        ("text/plain", transfer.to_string()),
        ("application/json", transfer.to_string()),
    ] {
        let from_a_page = ATTACKERS.iter().map(|origin| ("origin", *origin));
        for (header, value) in from_a_page.chain([
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ]) {
            let request = bank
                .server
                .client
                .post(format!("{}/transfers", bank.server.url));
            let request = request
                .header("cookie", &ambient.1)
                .header("content-type", kind)
                .header(header, value)
                .body(body.clone());
            let status = request.send().await.unwrap().status().as_u16();
            assert!(
                [401, 403, 415].contains(&status),
                "{kind} {header} {value}: {status}"
            );
        }
    }
    assert_eq!(bank.balance(&own).await, before, "nothing moved");
}

/// Experiment `fixation-and-tossing`: a form on another site logs the visitor in as somebody else.
async fn forged_logins(bank: &Bank) {
    for origin in ATTACKERS {
        let form = [("username", "mallory"), ("password", PASSWORD)];
        let request = bank
            .server
            .client
            .post(format!("{}/login", bank.server.url));
        let answer = request
            .header("origin", origin)
            .form(&form)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 403, "{origin}");
        assert_eq!(cookie_set_by(&answer), None);
    }
}

/// Experiment `xss`: what the servers leave for a script to find, and how a browser is told to read their answers.
async fn what_a_script_could_read(bank: &Bank) {
    let own = bank.credential().await;
    let note = json!({ "text": "<img src=x onerror=alert(1)>" });
    assert_eq!(
        bank.server.post("/notes", Some(&own), &note).await.status(),
        201
    );
    let notes = bank.server.get("/notes", &own).await;
    assert_eq!(notes.headers()["content-type"], "application/json");
    assert_eq!(notes.headers()["x-content-type-options"], "nosniff");
    assert!(
        notes.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("default-src 'none'")
    );
    for page in ["/stage/vulnerable/x", "/stage", "/stage/naive/verify"] {
        assert_eq!(bank.server.get(page, &own).await.status(), 404, "{page}");
    }
    let login = bank.server.log_in().await;
    if let Some(line) = login.headers().get("set-cookie") {
        let line = line.to_str().unwrap();
        for part in [
            "__Host-",
            "; HttpOnly",
            "; Secure",
            "; SameSite=Lax",
            "; Path=/",
        ] {
            assert!(line.contains(part), "{line}");
        }
        assert!(!line.contains("Domain"), "{line}");
    }
}

/// Experiment `fixation-and-tossing`, where the credential is in a cookie.
async fn planted_and_tossed_cookies(bank: &Bank) {
    // An id that is well formed, and that the attacker knows because it was theirs.
    let planted = bank.credential_of("mallory").await;
    let out = bank
        .server
        .post("/logout", Some(&planted), &json!({}))
        .await;
    assert_eq!(out.status(), 204);
    let login = json!({ "username": USER, "password": PASSWORD });
    let answer = bank.server.post("/login", Some(&planted), &login).await;
    assert_ne!(cookie_set_by(&answer).unwrap(), planted.1, "the id is new");
    assert_eq!(bank.me(&planted).await, 401);
    // A sibling's cookie has no `__Host-` name, and comes first.
    let (own, theirs) = (bank.credential().await, bank.credential_of("mallory").await);
    let tossed = theirs.1.replace("__Host-", "");
    let both = ("cookie", format!("{tossed}; {}", own.1));
    let who: Value = bank
        .server
        .get("/whoami", &both)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(who["username"], USER);
    assert_eq!(bank.me(&("cookie", tossed)).await, 401);
    let flood = format!("{}; a={}", own.1, "x".repeat(200_000));
    // By a client of its own: the connection is of no use afterwards, and nobody else shall meet it.
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{}/me", bank.server.url));
    // A server that has read enough answers and closes; a client that is still writing then may see the closing alone.
    if let Ok(answer) = request.header("cookie", flood).send().await {
        let status = answer.status().as_u16();
        assert!([400, 413, 431].contains(&status), "{status}");
    }
    assert_eq!(bank.me(&own).await, 200, "and the server goes on");
}

/// Experiment `logout`: a copy, after each of four ends.
async fn copies_after_the_end(bank: &Bank) {
    let copy = bank.credential().await;
    assert_eq!(
        bank.server
            .post("/logout", Some(&copy), &json!({}))
            .await
            .status(),
        204
    );
    assert_eq!(bank.me(&copy).await, 401, "logged out");

    let copy = bank.credential().await;
    let new = "another-cup-of-tea-at-six";
    let change = |from: &str, to: &str| json!({ "current_password": from, "new_password": to });
    let changed = bank
        .server
        .post("/password", Some(&copy), &change(PASSWORD, new))
        .await;
    assert_eq!(changed.status(), 204);
    assert_eq!(bank.me(&copy).await, 401, "password changed");
    let login = json!({ "username": USER, "password": new });
    let answer = bank.server.post("/login", None, &login).await;
    let own = match cookie_set_by(&answer) {
        Some(cookie) => ("cookie", cookie),
        None => bearer(&answer.json::<Value>().await.unwrap()["access_token"]),
    };
    let back = bank
        .server
        .post("/password", Some(&own), &change(new, PASSWORD))
        .await;
    assert_eq!(back.status(), 204);

    let root = bank.credential_of("root").await;
    let copy = bank.credential_of("mallory").await;
    let id = bank
        .server
        .get("/whoami", &copy)
        .await
        .json::<Value>()
        .await
        .unwrap()["id"]
        .clone();
    let act = async |path: &str, body: Value| {
        let answer = bank
            .server
            .post(&format!("/admin/users/{id}/{path}"), Some(&root), &body)
            .await;
        assert_eq!(answer.status(), 204, "{path}");
    };
    act("role", json!({ "role": "admin" })).await;
    let copy_of_admin = bank.credential_of("mallory").await;
    act("role", json!({ "role": "customer" })).await;
    let still = bank
        .server
        .post(
            &format!("/admin/users/{id}/ban"),
            Some(&copy_of_admin),
            &json!({ "banned": false }),
        )
        .await;
    assert!(
        [401, 403].contains(&still.status().as_u16()),
        "demoted: {}",
        still.status()
    );
    let copy = bank.credential_of("mallory").await;
    act("ban", json!({ "banned": true })).await;
    assert_eq!(bank.me(&copy).await, 401, "banned");
    act("ban", json!({ "banned": false })).await;
}

/// Experiment `guessing`: the list ends before the password comes, and the answers tell no names.
async fn guesses(bank: &Bank) {
    let guess = async |username: &str, password: &str| {
        let body = json!({ "username": username, "password": password });
        let answer = bank.server.post("/login", None, &body).await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let unknown = guess("nobody-here", "wrong-password-1").await;
    assert_eq!(
        guess("mallory", "wrong-password-1").await,
        unknown,
        "known or unknown"
    );
    assert_eq!(unknown.0, 401);
    for _ in 0..GUESSES {
        guess("root", "wrong-password-1").await;
    }
    // Root has logged in from here, so the account knows the address, and is closed to it all the same: it guesses.
    assert_eq!(guess("root", PASSWORD).await.0, 429);
}
