//! The attacks on tokens, each on a genuine one of the JWT server.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use token_core::clock::{Clock as _, SystemClock};
use token_core::jwt::dpop::access_token_hash;
use token_core::jwt::{Algorithm, SigningKey, jws};
use token_core::secret::SecretBytes;

use crate::attacks::{Bank, bearer};
use crate::process::{PASSWORD, USER};

/// Experiment `forgery`: a genuine token, changed in each way.
pub(crate) async fn forged_tokens(bank: &Bank) {
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
pub(crate) async fn stolen_refresh_tokens(bank: &Bank) {
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
pub(crate) async fn tokens_without_their_key(bank: &Bank) {
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
