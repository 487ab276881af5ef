//! Every attack of the experiments, against both servers as `svt serve` starts them by default: none comes through.
//!
//! What a browser decides (whether a cookie comes along, whether a script may read) is played in the experiments; here the attacker has
//! got as far as a browser lets anybody, and the server alone stands in the way. Only who may administer and what an account holds is
//! set: neither is a defence.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Response;
use serde_json::{Value, json};
use tempfile::tempdir;
use token_core::clock::{Clock as _, SystemClock};
use token_core::jwt::dpop::access_token_hash;
use token_core::jwt::{Algorithm, SigningKey, jws};
use token_core::secret::SecretBytes;

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

type Credential = (&'static str, String);

struct Bank {
    server: Server,
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

    async fn credential(&self) -> Credential {
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

    async fn me(&self, credential: &Credential) -> u16 {
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

fn bearer(token: &Value) -> Credential {
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
    let request = bank.server.client.get(format!("{}/me", bank.server.url));
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

/// Experiment `forgery`: a genuine token, changed in each way.
async fn forged_tokens(bank: &Bank) {
    let (_, genuine) = bank.credential().await;
    let genuine = genuine.trim_start_matches("Bearer ").to_owned();
    let parts: Vec<&str> = genuine.split('.').collect();
    let read = |part: &str| {
        serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let (header, claims) = (read(parts[0]), read(parts[1]));
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let jwks: Value = bank
        .server
        .get("/.well-known/jwks.json", &("accept", "*/*".to_owned()))
        .await
        .json()
        .await
        .unwrap();
    let public = jwks["keys"][0].clone();
    let own = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let own_jwk = own.verification_key().to_public_jwk().unwrap();
    let by_secret = |secret: &str| {
        let secret = SecretBytes::new(format!("{secret:\0<32}").into_bytes());
        SigningKey::from_secret(None, &secret).unwrap()
    };
    let changed = |change: &dyn Fn(&mut Value, &mut Value)| {
        let (mut header, mut claims) = (header.clone(), claims.clone());
        change(&mut header, &mut claims);
        (header, claims)
    };
    let signed = |(header, claims): (Value, Value), key: &SigningKey| {
        let token = jws::sign_with_header(&header, claims.to_string().as_bytes(), key).unwrap();
        token.expose().to_owned()
    };
    let as_admin = changed(&|_, claims| claims["role"] = json!("admin"));
    let none = changed(&|header, _| header["alg"] = json!("none"));
    let hs256 = changed(&|header, _| header["alg"] = json!("HS256"));
    let kid = changed(&|header, _| {
        header["alg"] = json!("HS256");
        header["kid"] = json!("../../../../dev/null");
    });
    let jwk = changed(&|header, _| header["jwk"] = own_jwk.clone());
    let jku = changed(&|header, _| header["jku"] = json!("http://evil.example/jwks.json"));
    let x = public["x"].as_str().unwrap();
    let forged = [
        (
            "alg none",
            format!("{}.{}.", encode(&none.0), encode(&none.1)),
        ),
        (
            "alg none, with a signature",
            format!("{}.{}.{}", encode(&none.0), parts[1], parts[2]),
        ),
        (
            "edited claims",
            format!("{}.{}.{}", parts[0], encode(&as_admin.1), parts[2]),
        ),
        (
            "the public key as a secret",
            signed(hs256.clone(), &by_secret(&public.to_string())),
        ),
        (
            "its bytes as a secret",
            signed(hs256.clone(), &by_secret(x)),
        ),
        (
            "a weak secret",
            signed(hs256, &by_secret("your-256-bit-secret")),
        ),
        ("kid as a path", signed(kid, &by_secret(""))),
        ("embedded jwk", signed(jwk, &own)),
        ("jku", signed(jku, &own)),
        (
            "another key under our kid",
            signed((header.clone(), claims.clone()), &own),
        ),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
    ];
    for (how, token) in forged {
        let status = bank.me(&("authorization", format!("Bearer {token}"))).await;
        assert_eq!(status, 401, "{how}");
    }
    // A refresh token is none either.
    let tokens = bank.server.tokens().await;
    assert_eq!(bank.me(&bearer(&tokens["refresh_token"])).await, 401);
    assert_eq!(
        bank.me(&bearer(&tokens["access_token"])).await,
        200,
        "and a genuine one is"
    );
}

/// Experiments `refresh-theft` and `two-tabs`: whoever comes with a token that is spent ends the family, but for two tabs at once.
async fn stolen_refresh_tokens(bank: &Bank) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let first = text(&bank.server.tokens().await["refresh_token"]);
    let (one, other) = tokio::join!(bank.server.refresh(&first), bank.server.refresh(&first));
    assert_eq!(
        (one.status().as_u16(), other.status().as_u16()),
        (200, 200),
        "two tabs"
    );
    let (one, other): (Value, Value) = (one.json().await.unwrap(), other.json().await.unwrap());
    assert_eq!(one["refresh_token"], other["refresh_token"]);
    let third = bank.server.refresh(&text(&one["refresh_token"])).await;
    let third: Value = third.json().await.unwrap();
    assert_eq!(bank.server.refresh(&first).await.status(), 400, "the thief");
    assert_eq!(
        bank.server
            .refresh(&text(&third["refresh_token"]))
            .await
            .status(),
        400,
        "the family"
    );
    assert_eq!(
        bank.me(&bearer(&third["access_token"])).await,
        401,
        "its access token"
    );
}

/// Experiment `bound-token`: what was asked for with a proof is worth nothing without the key.
async fn tokens_without_their_key(bank: &Bank) {
    let key = SigningKey::generate(Algorithm::ES256).unwrap();
    let proof = |path: &str, method: &str, token: Option<&str>| {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": key.verification_key().to_public_jwk() });
        let mut claims = json!({ "jti": path, "htm": method, "htu": format!("{}{path}", bank.server.url), "iat": SystemClock::new().now().0 });
        if let Some(token) = token {
            claims["ath"] = json!(access_token_hash(token));
        }
        let proof = jws::sign_with_header(&header, claims.to_string().as_bytes(), &key);
        proof.unwrap().expose().to_owned()
    };
    let client = &bank.server.client;
    let url = &bank.server.url;
    let login = client
        .post(format!("{url}/login"))
        .header("dpop", proof("/login", "POST", None));
    let login = login.json(&json!({ "username": USER, "password": PASSWORD }));
    let tokens: Value = login.send().await.unwrap().json().await.unwrap();
    assert_eq!(tokens["token_type"], "DPoP");
    let access = tokens["access_token"].as_str().unwrap();
    let with_key = proof("/me", "GET", Some(access));
    let me = async |scheme: &str, proof: Option<&str>| {
        let mut request = client
            .get(format!("{url}/me"))
            .header("authorization", format!("{scheme} {access}"));
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(me("DPoP", Some(&with_key)).await, 200, "with its key");
    assert_eq!(me("DPoP", Some(&with_key)).await, 401, "the proof again");
    assert_eq!(me("DPoP", None).await, 401, "without a proof");
    assert_eq!(me("Bearer", None).await, 401, "as a bearer token");
    let refresh = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(
        bank.server.refresh(refresh).await.status(),
        400,
        "the refresh token without its key"
    );
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
