//! Tokens that were seen before: nothing passes by being known that would not pass by being checked.

use std::time::Duration;

use serde_json::json;
use token_core::clock::UnixSeconds;
use token_core::jwt::{
    Algorithm, Issuer, IssuerConfig, KeyRing, RememberingVerifier, SigningKey, VerifyError,
};

use crate::forge::{self, AUDIENCE, ISSUER, NOW};

const HOUR: Duration = Duration::from_secs(3600);

fn remembering(keys: KeyRing, leeway: Duration, capacity: usize) -> RememberingVerifier {
    RememberingVerifier::new(forge::verifier(keys, leeway), capacity)
}

/// Of the forger's key, without leeway, for ten tokens.
fn of_the_forger() -> RememberingVerifier {
    remembering(KeyRing::new(forge::signing_key()), Duration::ZERO, 10)
}

fn issued(keys: &KeyRing) -> String {
    let said = IssuerConfig {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        client_id: "bank-web".to_owned(),
        lifetime: HOUR,
    };
    let issued = Issuer::new(keys.clone().into(), said).issue(&forge::alice(), NOW);
    issued.unwrap().token.expose().to_owned()
}

fn numbered(number: usize) -> String {
    let mut claims = forge::claims();
    claims.insert("jti".to_owned(), json!(format!("token-{number}")));
    forge::sign(forge::header(), claims)
}

#[test]
fn a_token_is_known_from_its_second_use_on_and_says_the_same() {
    for algorithm in Algorithm::ALL {
        let keys = KeyRing::new(match algorithm {
            Algorithm::HS256 => forge::signing_key(),
            other => SigningKey::generate(other).unwrap(),
        });
        let token = issued(&keys);
        let verifier = remembering(keys.clone(), Duration::ZERO, 10);
        let expected = forge::verifier(keys, Duration::ZERO).verify(&token, NOW);
        for was_seen in [false, true, true] {
            let believed = verifier.verify(&token, NOW).unwrap();
            assert_eq!(Ok(&*believed.claims), expected.as_ref());
            assert_eq!(believed.was_seen, was_seen, "{algorithm}");
        }
    }
}

#[test]
fn a_known_token_is_refused_at_every_moment_at_which_a_new_one_would_be() {
    for leeway in [0, 1, 60].map(Duration::from_secs) {
        for (name, at) in [
            ("nbf", NOW.0 - 100),
            ("nbf", NOW.0 + 100),
            ("exp", NOW.0 + 300),
        ] {
            let mut claims = forge::claims();
            claims.insert("exp".to_owned(), json!(NOW.0 + 400));
            claims.insert(name.to_owned(), json!(at));
            let token = forge::sign(forge::header(), claims);
            let keys = KeyRing::new(forge::signing_key());
            let checking = forge::verifier(keys.clone(), leeway);
            let verifier = remembering(keys, leeway, 10);
            let within = UnixSeconds(NOW.0 + 200);
            verifier.verify(&token, within).unwrap();
            for now in (NOW.0 - 200..NOW.0 + 500).map(UnixSeconds) {
                let expected = checking.verify(&token, now);
                let answer = verifier.verify(&token, now);
                // Where it passes it does so by being known: the check above is of what is remembered.
                assert_eq!(answer.as_ref().is_ok_and(|b| b.was_seen), expected.is_ok());
                assert_eq!(
                    answer.map(|b| (*b.claims).clone()),
                    expected,
                    "{name} {now:?}"
                );
            }
        }
    }
}

#[test]
fn a_known_token_with_one_character_changed_is_another_token() {
    let token = forge::sign(forge::header(), forge::claims());
    let verifier = of_the_forger();
    verifier.verify(&token, NOW).unwrap();
    assert!(verifier.verify(&token, NOW).unwrap().was_seen);
    for index in 0..token.len() {
        for other in ["A", "z", "."] {
            let mut changed = token.clone();
            changed.replace_range(index..=index, other);
            let expected = (changed != token).then(|| forge::verify(&changed).unwrap_err());
            assert_eq!(
                verifier.verify(&changed, NOW).err(),
                expected,
                "{index} {other}"
            );
        }
    }
}

#[test]
fn a_known_signature_under_other_claims_is_refused() {
    let token = forge::sign(forge::header(), forge::claims());
    let verifier = of_the_forger();
    verifier.verify(&token, NOW).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (header, _) = signed.split_once('.').unwrap();
    let mut claims = forge::claims();
    claims.insert("role".to_owned(), json!("admin"));
    let payload = forge::encode(serde_json::to_string(&claims).unwrap().as_bytes());
    let forged = format!("{header}.{payload}.{signature}");
    let answer = verifier.verify(&forged, NOW);
    assert_eq!(answer.err(), Some(VerifyError::BadSignature));
}

#[test]
fn a_key_that_retires_takes_its_known_tokens_along() {
    let old = KeyRing::new(SigningKey::generate(Algorithm::EdDSA).unwrap());
    let token = issued(&old);
    let next = SigningKey::generate(Algorithm::EdDSA).unwrap();
    let overlap = Duration::from_secs(10);
    let verifier = remembering(old.rotate(next, NOW, overlap).unwrap(), Duration::ZERO, 10);
    verifier.verify(&token, NOW).unwrap();
    let last = UnixSeconds(NOW.0 + 9);
    assert!(verifier.verify(&token, last).unwrap().was_seen);
    let answer = verifier.verify(&token, NOW.plus(overlap));
    assert!(matches!(answer, Err(VerifyError::RetiredKey { .. })));
}

#[test]
fn no_more_are_remembered_than_was_said_and_those_in_use_stay() {
    let verifier = of_the_forger();
    let in_use = numbered(0);
    verifier.verify(&in_use, NOW).unwrap();
    for number in 1..100 {
        verifier.verify(&numbered(number), NOW).unwrap();
        assert!(verifier.remembered() <= 10, "{}", verifier.remembered());
        let again = verifier.verify(&in_use, NOW).unwrap();
        assert!(again.was_seen, "after {number} others");
    }
    assert!(verifier.verify(&numbered(99), NOW).unwrap().was_seen);
    assert!(!verifier.verify(&numbered(1), NOW).unwrap().was_seen);
}

#[test]
fn a_refused_token_is_not_remembered_and_neither_is_a_very_long_one() {
    let verifier = of_the_forger();
    let mut claims = forge::claims();
    claims.insert("exp".to_owned(), json!(NOW.0));
    assert!(
        verifier
            .verify(&forge::sign(forge::header(), claims), NOW)
            .is_err()
    );
    let mut claims = forge::claims();
    claims.insert("padding".to_owned(), json!("x".repeat(2000)));
    assert!(
        verifier
            .verify(&forge::sign(forge::header(), claims), NOW)
            .is_ok()
    );
    assert_eq!(verifier.remembered(), 0);
}

#[test]
fn with_room_for_none_every_signature_is_checked() {
    let keys = KeyRing::new(forge::signing_key());
    let verifier = remembering(keys, Duration::ZERO, 0);
    let token = forge::sign(forge::header(), forge::claims());
    for _ in 0..3 {
        assert!(!verifier.verify(&token, NOW).unwrap().was_seen);
    }
    assert_eq!(verifier.remembered(), 0);
}

#[test]
fn no_token_is_visible_in_what_remembers_it() {
    let verifier = of_the_forger();
    let token = forge::sign(forge::header(), forge::claims());
    verifier.verify(&token, NOW).unwrap();
    let shown = format!("{verifier:?}");
    let signature = token.rsplit('.').next().unwrap();
    assert!(!shown.contains(signature) && !shown.contains("alice"));
    assert!(shown.contains("young: 1"));
}
