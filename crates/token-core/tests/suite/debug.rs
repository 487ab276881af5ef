//! No secret is visible in any `Debug`.

use std::fmt::Debug;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use token_core::jwt::{Algorithm, Issuer, IssuerConfig, KeyRing, SigningKey};
use token_core::key_folder::KeyFolder;
use token_core::refresh::{FamilyId, RefreshKey};
use token_core::secret::{SecretBytes, SecretString};
use token_core::simple::SimpleTokens;

use crate::forge::{self, NOW};

/// Looks for the secret as text, in hexadecimal, in both kinds of base64, and as a list of numbers.
fn assert_hidden(value: &impl Debug, secret: &[u8]) {
    for shown in [
        format!("{value:?}"),
        format!("{value:#?}").replace(['\n', ' '], ""),
    ] {
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let numbers: Vec<String> = secret.iter().map(u8::to_string).collect();
        let spellings = [
            String::from_utf8_lossy(secret).into_owned(),
            hex.clone(),
            hex.to_uppercase(),
            forge::encode(secret),
            STANDARD.encode(secret),
            numbers.join(","),
            numbers.join(", "),
        ];
        for spelling in spellings {
            assert!(!shown.contains(&spelling), "{shown} shows {spelling}");
        }
    }
}

#[test]
fn secrets_and_simple_tokens() {
    let bytes = *b"a secret of thirty-two bytes, ok";
    assert_hidden(&SecretBytes::new(bytes.to_vec()), &bytes);
    assert_hidden(&SecretString::from("opensesame"), b"opensesame");
    let tokens = SimpleTokens::new(&SecretBytes::new(bytes.to_vec())).unwrap();
    assert_hidden(&tokens, &bytes);
    let token = tokens.issue(1, NOW);
    assert_hidden(&token, token.expose().as_bytes());
}

#[test]
fn refresh_keys_and_tokens() {
    let bytes = *b"a secret of thirty-two bytes, ok";
    let key = RefreshKey::new(&bytes);
    assert_hidden(&key, &bytes);
    let token = key.token(FamilyId::random(), 1);
    assert_hidden(&token, token.expose().as_bytes());
}

#[test]
fn signing_keys_their_rings_and_what_they_issue() {
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        let jwk: serde_json::Value =
            serde_json::from_str(key.to_private_jwk().unwrap().expose()).unwrap();
        let private = if algorithm == Algorithm::HS256 {
            &jwk["k"]
        } else {
            &jwk["d"]
        };
        let private = private.as_str().unwrap().to_owned();
        assert_hidden(&key, private.as_bytes());
        assert_hidden(key.verification_key(), private.as_bytes());
        let ring = Arc::new(KeyRing::new(key));
        assert_hidden(&ring, private.as_bytes());
        let config = IssuerConfig {
            issuer: forge::ISSUER.to_owned(),
            audience: forge::AUDIENCE.to_owned(),
            client_id: "bank-web".to_owned(),
            lifetime: std::time::Duration::from_secs(900),
        };
        let issuer = Issuer::new(ring, config);
        assert_hidden(&issuer, private.as_bytes());
        let issued = issuer.issue(&forge::alice(), NOW).unwrap();
        assert_hidden(&issued, issued.token.expose().as_bytes());
        let signature = issued.token.expose().rsplit('.').next().unwrap();
        assert_hidden(&issued, signature.as_bytes());
    }
}

#[test]
fn an_open_key_folder() {
    let folder = tempfile::tempdir().unwrap();
    let keys = KeyFolder::open_or_create(folder.path()).unwrap();
    assert_hidden(&keys, keys.cookie_key().expose());
    assert_hidden(&keys, keys.introspection_secret().expose().as_bytes());
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert_hidden(&keys, text.trim_end().as_bytes());
    }
}
