//! What an attacker tries: each token is sound but for one thing.

use serde_json::{Map, Value, json};
use token_core::jwt::{
    Algorithm, KeyRing, SignatureAlgorithm, SigningKey, VerificationKey, VerifyError, jws,
};
use token_core::secret::SecretBytes;

use crate::forge::{self, NOW};

fn with_header(name: &str, value: Value) -> String {
    let mut header = forge::header();
    header.insert(name.to_owned(), value);
    forge::sign(header, forge::claims())
}

fn without_header(name: &str) -> String {
    let mut header = forge::header();
    header.remove(name).unwrap();
    forge::sign(header, forge::claims())
}

fn claims_text() -> String {
    Value::Object(forge::claims()).to_string()
}

#[test]
fn changing_any_one_character_is_refused() {
    let token = forge::sign(forge::header(), forge::claims());
    assert!(forge::verify(&token).is_ok());
    for index in 0..token.len() {
        for other in ["A", "z", "_", ".", "=", " ", "é"] {
            let mut changed = token.clone();
            changed.replace_range(index..=index, other);
            if changed != token {
                assert!(
                    forge::verify(&changed).is_err(),
                    "character {index} became {other:?}"
                );
            }
        }
    }
}

#[test]
fn an_unsigned_token_is_refused_under_every_spelling_of_none() {
    for name in ["none", "None", "NONE", "nOnE", ""] {
        let mut header = forge::header();
        header.insert("alg".to_owned(), json!(name));
        let signed = forge::sign(header, forge::claims());
        let (rest, _) = signed.rsplit_once('.').unwrap();
        for token in [format!("{rest}."), signed.clone()] {
            let problem = VerifyError::UnknownAlgorithm {
                name: name.to_owned(),
            };
            assert_eq!(forge::verify(&token), Err(problem));
        }
    }
    let token = forge::sign(forge::header(), forge::claims());
    let (rest, _) = token.rsplit_once('.').unwrap();
    assert_eq!(
        forge::verify(&format!("{rest}.")),
        Err(VerifyError::BadSignature)
    );
}

#[test]
fn a_public_key_is_never_taken_for_an_hmac_secret() {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256] {
        let key = SigningKey::generate(algorithm).unwrap();
        let public = key.verification_key().to_public_jwk().unwrap().to_string();
        let kid = key.kid().unwrap().to_owned();
        // The forger signs with what everybody can read, and says HS256.
        let secret = SecretBytes::new(public.into_bytes());
        let forged = SigningKey::from_secret(Some(kid), &secret).unwrap();
        let token = jws::sign(claims_text().as_bytes(), "at+jwt", &forged).unwrap();
        let verifier = forge::verifier(KeyRing::new(key), std::time::Duration::ZERO);
        let problem = VerifyError::AlgorithmMismatch {
            header: SignatureAlgorithm::HS256,
            key: algorithm.into(),
        };
        assert_eq!(verifier.verify(token.expose(), NOW), Err(problem));
    }
}

#[test]
fn a_key_is_used_for_its_own_algorithm_alone() {
    for name in ["HS384", "HS512", "RS256", "EdDSA", "ES256"] {
        let answer = forge::verify(&with_header("alg", json!(name)));
        assert!(
            matches!(answer, Err(VerifyError::AlgorithmMismatch { .. })),
            "{name}"
        );
    }
}

#[test]
fn a_token_cannot_bring_its_own_key() {
    let theirs = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let jwk = theirs.verification_key().to_public_jwk().unwrap();
    let brought: Map<String, Value> = [
        ("jwk", jwk.clone()),
        ("jku", json!("http://evil.localhost/jwks.json")),
        ("x5u", json!("http://evil.localhost/cert.pem")),
        ("x5c", json!(["MIIB"])),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let mut header = forge::header();
    header.extend(brought);
    // Under our key they are ignored; under theirs, our key is still the one that is asked.
    assert!(forge::verify(&forge::sign(header.clone(), forge::claims())).is_ok());
    let token = jws::sign(claims_text().as_bytes(), "at+jwt", &theirs).unwrap();
    let parts: Vec<&str> = token.expose().split('.').collect();
    let with_jwk = forge::encode(Value::Object(header).to_string().as_bytes());
    let forged = format!("{with_jwk}.{}.{}", parts[1], parts[2]);
    assert_eq!(forge::verify(&forged), Err(VerifyError::BadSignature));
}

#[test]
fn critical_extensions_are_refused() {
    for value in [json!(["exp"]), json!(["b64"]), json!([]), json!(null)] {
        assert_eq!(
            forge::verify(&with_header("crit", value)),
            Err(VerifyError::CriticalHeader)
        );
    }
}

#[test]
fn an_unknown_key_id_is_refused_and_a_missing_one_means_the_only_key() {
    let problem = VerifyError::UnknownKey {
        kid: "../../dev/null".to_owned(),
    };
    assert_eq!(
        forge::verify(&with_header("kid", json!("../../dev/null"))),
        Err(problem)
    );
    assert_eq!(
        forge::verify(&with_header("kid", json!(7))),
        Err(VerifyError::HeaderType("kid"))
    );
    assert!(forge::verify(&without_header("kid")).is_ok());
    let two = KeyRing::new(SigningKey::generate(Algorithm::HS256).unwrap())
        .rotate(
            forge::signing_key(),
            NOW,
            std::time::Duration::from_secs(60),
        )
        .unwrap();
    let verifier = forge::verifier(two, std::time::Duration::ZERO);
    assert_eq!(
        verifier.verify(&without_header("kid"), NOW),
        Err(VerifyError::AmbiguousKey)
    );
}

#[test]
fn only_access_tokens_are_taken_for_access_tokens() {
    for typ in [
        "at+jwt",
        "application/at+jwt",
        "AT+JWT",
        "Application/At+JWT",
    ] {
        assert!(
            forge::verify(&with_header("typ", json!(typ))).is_ok(),
            "{typ}"
        );
    }
    for typ in [
        "JWT",
        "jwt",
        "at+jwt ",
        "logout+jwt",
        "application/application/at+jwt",
        "",
    ] {
        let problem = VerifyError::WrongTyp {
            found: typ.to_owned(),
        };
        assert_eq!(forge::verify(&with_header("typ", json!(typ))), Err(problem));
    }
    assert_eq!(
        forge::verify(&without_header("typ")),
        Err(VerifyError::MissingHeader("typ"))
    );
    assert_eq!(
        forge::verify(&with_header("typ", json!(["at+jwt"]))),
        Err(VerifyError::HeaderType("typ"))
    );
    assert_eq!(
        forge::verify(&without_header("alg")),
        Err(VerifyError::MissingHeader("alg"))
    );
    assert_eq!(
        forge::verify(&with_header("alg", json!(null))),
        Err(VerifyError::HeaderType("alg"))
    );
}

#[test]
fn a_signature_alone_is_checked_alone() {
    let token = forge::sign_texts(r#"{"alg":"HS256"}"#, "any bytes");
    let key = forge::signing_key();
    assert_eq!(
        jws::verify(&token, key.verification_key()).unwrap(),
        b"any bytes"
    );
    let short = VerificationKey::dangerously_from_short_secret(
        SignatureAlgorithm::HS256,
        &SecretBytes::new(b"x".to_vec()),
    );
    assert_eq!(
        jws::verify(&token, &short.unwrap()),
        Err(VerifyError::BadSignature)
    );
}
