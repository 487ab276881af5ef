//! Forged tokens over HTTP: a verifier with the flaw believes each, and the bank refuses it.

use anyhow::{Context, Result};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tests::SpawnedLab;

const PASSWORDS: [(&str, &str); 2] = [
    ("alice", "white-rabbit-1865"),
    ("mallory", "man-in-the-middle"),
];
const WEAK_SECRET: &[u8] = b"Marmalade42";
const EVERY_FLAW: [&str; 11] = [
    "dangerously-accept-none",
    "dangerously-algorithm-from-token",
    "dangerously-weak-secret",
    "dangerously-kid-is-a-path",
    "dangerously-decode-only",
    "dangerously-any-audience",
    "dangerously-any-issuer",
    "dangerously-any-type",
    "dangerously-hour-of-leeway",
    "dangerously-key-from-header",
    "dangerously-key-from-url",
];

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(part: &str) -> Result<Value> {
    Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part)?)?)
}

/// Mallory, with her own token and what everybody can read.
struct Mallory {
    lab: SpawnedLab,
    token: String,
    header: Value,
    claims: Value,
}

impl Mallory {
    async fn begin() -> Result<Self> {
        let lab = SpawnedLab::start().await?;
        let token = log_in(&lab, "mallory").await?;
        let mut parts = token.split('.');
        let header = decode(parts.next().context("no header")?)?;
        let mut claims = decode(parts.next().context("no claims")?)?;
        claims["sub"] = json!("1");
        claims["username"] = json!("alice");
        Ok(Self {
            lab,
            token,
            header,
            claims,
        })
    }

    /// Header and claims that say alice, with more in the header.
    fn unsigned(&self, more: &Value) -> String {
        let mut header = self.header.clone();
        for (name, value) in more.as_object().into_iter().flatten() {
            header[name] = value.clone();
        }
        format!(
            "{}.{}",
            encode(header.to_string()),
            encode(self.claims.to_string())
        )
    }

    fn under_a_secret(&self, more: &Value, secret: &[u8]) -> String {
        let signed = self.unsigned(more);
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let signature = hmac::sign(&key, signed.as_bytes());
        format!("{signed}.{}", encode(signature))
    }

    async fn public_key(&self) -> Result<Value> {
        let jwks = get(&self.lab, "/.well-known/jwks.json", "").await?;
        Ok(jwks["keys"][0].clone())
    }

    /// The verifier with the flaw takes the bearer for alice, the bank for nobody; the bank's record says why.
    async fn pair(self, flaw: &str, token: &str, why: &str) -> Result<()> {
        let said = naive(&self.lab, flaw, token).await?;
        assert_eq!(said, json!({ "believed": true, "user": "alice" }), "{flaw}");
        refused_by_the_bank(&self.lab, token, why).await?;
        self.lab.stop().await;
        Ok(())
    }
}

async fn log_in(lab: &SpawnedLab, username: &str) -> Result<String> {
    let found = PASSWORDS.iter().find(|(name, _)| *name == username);
    let body = json!({ "username": username, "password": found.context("a demo user")?.1 });
    let url = format!("{}/login", lab.origins().jwt);
    let answer = lab.client().post(url).json(&body).send().await?;
    let answer: Value = answer.error_for_status()?.json().await?;
    let token = answer["access_token"].as_str().context("no token")?;
    Ok(token.to_owned())
}

async fn get(lab: &SpawnedLab, path: &str, bearer: &str) -> Result<Value> {
    let url = format!("{}{path}", lab.origins().jwt);
    let answer = lab.client().get(url).bearer_auth(bearer).send().await?;
    Ok(answer.error_for_status()?.json().await?)
}

async fn naive(lab: &SpawnedLab, flaw: &str, token: &str) -> Result<Value> {
    get(lab, &format!("/stage/naive/me?flaw={flaw}"), token).await
}

async fn refused_by_the_bank(lab: &SpawnedLab, token: &str, why: &str) -> Result<()> {
    let url = format!("{}/me", lab.origins().jwt);
    let answer = lab.client().get(url).bearer_auth(token).send().await?;
    assert_eq!(answer.status(), 401);
    let asked = lab.exchanges_of("jwt", "GET", "/me").await?;
    let step = &asked.last().context("not recorded")?["steps"][0]["result"];
    let said = step.as_str().context("no reason")?;
    assert!(said.starts_with(why), "{said}");
    Ok(())
}

#[tokio::test]
async fn alg_none_is_a_signature_to_the_naive_and_no_algorithm_to_the_bank() -> Result<()> {
    let mallory = Mallory::begin().await?;
    let token = format!("{}.", mallory.unsigned(&json!({ "alg": "none" })));
    let why = "the algorithm \"none\" is not accepted";
    mallory.pair("dangerously-accept-none", &token, why).await
}

#[tokio::test]
async fn the_public_key_is_a_secret_to_who_lets_the_token_choose_the_algorithm() -> Result<()> {
    let mallory = Mallory::begin().await?;
    let x = mallory.public_key().await?["x"]
        .as_str()
        .context("no x")?
        .to_owned();
    // SubjectPublicKeyInfo of Ed25519 (RFC 8410 §4), as openssl writes it.
    let prefix = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
    let der = [&prefix[..], &URL_SAFE_NO_PAD.decode(x)?].concat();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        STANDARD.encode(der)
    );
    let token = mallory.under_a_secret(&json!({ "alg": "HS256" }), pem.as_bytes());
    let why = "the header says HS256, its key is for EdDSA";
    mallory
        .pair("dangerously-algorithm-from-token", &token, why)
        .await
}

#[tokio::test]
async fn a_secret_that_can_be_guessed_signs_for_anybody() -> Result<()> {
    let mallory = Mallory::begin().await?;
    let token = mallory.under_a_secret(&json!({ "alg": "HS256" }), WEAK_SECRET);
    let why = "the header says HS256, its key is for EdDSA";
    mallory.pair("dangerously-weak-secret", &token, why).await
}

#[tokio::test]
async fn a_kid_that_is_a_path_leads_to_a_key_that_everybody_can_read() -> Result<()> {
    let mallory = Mallory::begin().await?;
    let url = format!(
        "{}/stage/naive/public/robots.txt",
        mallory.lab.origins().jwt
    );
    let file = mallory.lab.client().get(url).send().await?.bytes().await?;
    let header = json!({ "alg": "HS256", "kid": "../public/robots.txt" });
    let token = mallory.under_a_secret(&header, &file);
    mallory
        .pair("dangerously-kid-is-a-path", &token, "no key has the id")
        .await
}

#[tokio::test]
async fn a_kid_leads_to_no_secret_of_the_lab() -> Result<()> {
    let mallory = Mallory::begin().await?;
    for kid in [
        "../../keys/EdDSA.jwks",
        "../../lab.db",
        "/etc/passwd",
        "..",
        "nowhere",
    ] {
        let token = mallory.under_a_secret(&json!({ "alg": "HS256", "kid": kid }), b"whatever");
        let said = naive(&mallory.lab, "dangerously-kid-is-a-path", &token).await?;
        assert_eq!(
            said,
            json!({ "believed": false, "reason": "there is no such key" }),
            "{kid}"
        );
    }
    mallory.lab.stop().await;
    Ok(())
}

#[tokio::test]
async fn claims_are_edited_under_the_eyes_of_who_only_decodes() -> Result<()> {
    let mallory = Mallory::begin().await?;
    let signature = mallory.token.rsplit('.').next().context("no signature")?;
    let token = format!("{}.{signature}", mallory.unsigned(&json!({})));
    let why = "the signature does not match";
    mallory.pair("dangerously-decode-only", &token, why).await
}

#[tokio::test]
async fn a_key_that_the_token_brings_along_proves_nothing() -> Result<()> {
    let mallory = Mallory::begin().await?;
    let (pair, jwk) = own_key()?;
    let signed = mallory.unsigned(&json!({ "jwk": jwk }));
    let token = format!("{signed}.{}", encode(pair.sign(signed.as_bytes())));
    let why = "the signature does not match";
    mallory
        .pair("dangerously-key-from-header", &token, why)
        .await
}

#[tokio::test]
async fn a_key_that_is_fetched_from_the_attacker_proves_nothing() -> Result<()> {
    let mallory = Mallory::begin().await?;
    let (pair, mut jwk) = own_key()?;
    jwk["kid"] = mallory.header["kid"].clone();
    let evil = mallory.lab.origins().evil.clone();
    let jku = format!("{evil}/stage/naive/jwks?jwk={}", encode(jwk.to_string()));
    let signed = mallory.unsigned(&json!({ "jku": jku }));
    let token = format!("{signed}.{}", encode(pair.sign(signed.as_bytes())));
    assert!(fetches(&mallory.lab).await?.is_empty());
    refused_by_the_bank(&mallory.lab, &token, "the signature does not match").await?;
    assert!(fetches(&mallory.lab).await?.is_empty(), "the bank fetched");
    let said = naive(&mallory.lab, "dangerously-key-from-url", &token).await?;
    assert_eq!(said, json!({ "believed": true, "user": "alice" }));
    assert_eq!(fetches(&mallory.lab).await?.len(), 1);
    mallory.lab.stop().await;
    Ok(())
}

#[tokio::test]
async fn no_address_but_the_attackers_is_fetched_from() -> Result<()> {
    let mallory = Mallory::begin().await?;
    let origins = mallory.lab.origins();
    for jku in [
        format!("{}/.well-known/jwks.json", origins.jwt),
        format!("{}@{}/", origins.evil, "127.0.0.1:1"),
        format!("{}.example/", origins.evil),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        let token = format!("{}.AAAA", mallory.unsigned(&json!({ "jku": jku })));
        let said = naive(&mallory.lab, "dangerously-key-from-url", &token).await?;
        let reason = "the key is fetched from the attacker of this lab, and from nowhere else";
        assert_eq!(
            said,
            json!({ "believed": false, "reason": reason }),
            "{jku}"
        );
    }
    let keys = mallory
        .lab
        .exchanges_of("jwt", "GET", "/.well-known/jwks.json")
        .await?;
    assert!(keys.is_empty(), "it asked the bank: {keys:?}");
    mallory.lab.stop().await;
    Ok(())
}

#[tokio::test]
async fn a_token_for_somebody_else_and_one_of_somebody_else_are_signed_all_the_same() -> Result<()>
{
    for (setting, value, flaw, why) in [
        (
            "jwt.audience",
            "newsletter",
            "dangerously-any-audience",
            "meant for",
        ),
        (
            "jwt.issuer",
            "https://staging.example",
            "dangerously-any-issuer",
            "issued by",
        ),
    ] {
        let mallory = Mallory::begin().await?;
        mallory
            .lab
            .change_settings(json!({ setting: value }))
            .await?;
        let token = log_in(&mallory.lab, "alice").await?;
        mallory.lab.change_settings(json!({})).await?;
        mallory.pair(flaw, &token, why).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_id_token_is_no_access_token() -> Result<()> {
    let mallory = Mallory::begin().await?;
    let issued = get(&mallory.lab, "/stage/naive/id-token", "").await?;
    let token = issued["id_token"].as_str().context("no token")?.to_owned();
    mallory
        .pair("dangerously-any-type", &token, "typ is \"JWT\", not at+jwt")
        .await
}

#[tokio::test]
async fn an_hour_of_leeway_is_an_hour_more_of_life() -> Result<()> {
    let mallory = Mallory::begin().await?;
    let token = log_in(&mallory.lab, "alice").await?;
    mallory.lab.advance("16m").await?;
    mallory
        .pair("dangerously-hour-of-leeway", &token, "expired at")
        .await
}

#[tokio::test]
async fn a_naive_verifier_is_naive_in_one_way_alone() -> Result<()> {
    let mallory = Mallory::begin().await?;
    // Alice under a signature that is nobody's.
    let wrong = format!("{}.{}", mallory.unsigned(&json!({})), encode([7; 64]));
    // Nobody's signature, and too old as well: refused even by who only decodes.
    let mut old = mallory.claims.clone();
    old["exp"] = json!(1);
    let too_old = format!(
        "{}.{}.",
        encode(json!({ "alg": "none", "typ": "at+jwt" }).to_string()),
        encode(old.to_string())
    );
    for flaw in EVERY_FLAW {
        let believes_all = flaw == "dangerously-decode-only";
        let said = naive(&mallory.lab, flaw, &wrong).await?;
        assert_eq!(said["believed"], believes_all, "{flaw}: {said}");
        let said = naive(&mallory.lab, flaw, &too_old).await?;
        assert_eq!(said["believed"], false, "{flaw}: {said}");
    }
    mallory.lab.stop().await;
    Ok(())
}

#[tokio::test]
async fn the_naive_verifiers_stand_beside_the_token_server_and_nowhere_else() -> Result<()> {
    let mallory = Mallory::begin().await?;
    let origins = mallory.lab.origins();
    for origin in [&origins.app, &origins.session] {
        let url = format!("{origin}/stage/naive/me?flaw=dangerously-decode-only");
        let answer = mallory
            .lab
            .client()
            .get(url)
            .bearer_auth(&mallory.token)
            .send()
            .await?;
        assert_eq!(answer.status(), 404, "{origin}");
    }
    mallory.lab.stop().await;
    Ok(())
}

/// A key pair of her own, and its public half.
fn own_key() -> Result<(Ed25519KeyPair, Value)> {
    let pair = Ed25519KeyPair::generate()?;
    let x = encode(pair.public_key().as_ref());
    Ok((pair, json!({ "kty": "OKP", "crv": "Ed25519", "x": x })))
}

/// The requests for the attacker's keys.
async fn fetches(lab: &SpawnedLab) -> Result<Vec<Value>> {
    lab.exchanges_of("evil", "GET", "/stage/naive/jwks").await
}
