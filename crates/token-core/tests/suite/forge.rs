//! A forger who holds the key: signs any header and any claims, so that each test breaks one thing and nothing else.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use token_core::clock::UnixSeconds;
use token_core::jwt::{
    AccessClaims, KeyRing, SigningKey, Subject, Verifier, VerifierConfig, VerifyError,
};
use token_core::secret::SecretBytes;

pub(crate) const NOW: UnixSeconds = UnixSeconds(1_700_000_000);
pub(crate) const KID: &str = "forge-1";
pub(crate) const ISSUER: &str = "http://jwt.lab.localhost:8003";
pub(crate) const AUDIENCE: &str = "bank";
const SECRET: [u8; 32] = *b"an HMAC key that the tests know!";

pub(crate) fn signing_key() -> SigningKey {
    let secret = SecretBytes::new(SECRET.to_vec());
    SigningKey::from_secret(Some(KID.to_owned()), &secret).unwrap()
}

pub(crate) fn verifier_config(leeway: Duration) -> VerifierConfig {
    VerifierConfig {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        leeway,
    }
}

pub(crate) fn verifier(keys: KeyRing, leeway: Duration) -> Verifier {
    Verifier::new(Arc::new(keys), verifier_config(leeway)).unwrap()
}

pub(crate) fn alice() -> Subject {
    Subject {
        user_id: 1,
        username: "alice".to_owned(),
        role: "customer".to_owned(),
        sid: "00112233445566778899aabbccddeeff".to_owned(),
        token_id: "00112233445566778899aabbccddeeff.1".to_owned(),
        epoch: None,
        jkt: None,
    }
}

/// Claims that are accepted at [`NOW`].
pub(crate) fn claims() -> Map<String, Value> {
    let claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "1", "exp": NOW.0 + 900, "iat": NOW.0, "nbf": NOW.0, "jti": "j1",
        "client_id": "bank-web", "sid": "f1", "username": "alice", "role": "customer",
    });
    claims.as_object().unwrap().clone()
}

pub(crate) fn header() -> Map<String, Value> {
    let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": KID});
    header.as_object().unwrap().clone()
}

pub(crate) fn encode(part: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

/// Signs two parts as they are, whatever they are.
pub(crate) fn sign_parts(header: &str, payload: &str) -> String {
    let signed = format!("{header}.{payload}");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &SECRET);
    let signature = encode(hmac::sign(&key, signed.as_bytes()).as_ref());
    format!("{signed}.{signature}")
}

/// Signs two texts that should be JSON.
pub(crate) fn sign_texts(header: &str, claims: &str) -> String {
    sign_parts(&encode(header.as_bytes()), &encode(claims.as_bytes()))
}

pub(crate) fn sign(header: Map<String, Value>, claims: Map<String, Value>) -> String {
    sign_texts(
        &Value::Object(header).to_string(),
        &Value::Object(claims).to_string(),
    )
}

/// What the verifier of the forger's key says, without leeway.
pub(crate) fn verify(token: &str) -> Result<AccessClaims, VerifyError> {
    verifier(KeyRing::new(signing_key()), Duration::ZERO).verify(token, NOW)
}
