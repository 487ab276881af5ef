//! Rings: rotation with overlap, publication, and sets that are refused.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use token_core::jwt::{
    Algorithm, IssueError, Issuer, IssuerConfig, KeyError, KeyRing, SignatureAlgorithm, SigningKey,
    Subject, VerificationKey, VerifyError, jws,
};
use token_core::secret::SecretBytes;

use crate::forge::{self, NOW};

const HOUR: Duration = Duration::from_secs(3600);

fn issuer(keys: &KeyRing) -> Issuer {
    let config = IssuerConfig {
        issuer: forge::ISSUER.to_owned(),
        audience: forge::AUDIENCE.to_owned(),
        client_id: "bank-web".to_owned(),
        lifetime: Duration::from_secs(24 * 3600),
    };
    Issuer::new(Arc::new(keys.clone()), config)
}

fn ring(algorithm: Algorithm) -> KeyRing {
    KeyRing::new(SigningKey::generate(algorithm).unwrap())
}

#[test]
fn what_is_issued_is_believed_under_every_algorithm() {
    for algorithm in Algorithm::ALL {
        let keys = ring(algorithm);
        let issued = issuer(&keys).issue(&forge::alice(), NOW).unwrap();
        let claims = forge::verifier(keys, Duration::ZERO)
            .verify(issued.token.expose(), NOW)
            .unwrap();
        assert_eq!(claims, issued.claims);
        assert_eq!(claims.user_id(), Some(1));
        assert_eq!(claims.exp, NOW.plus(Duration::from_secs(24 * 3600)));
    }
}

#[test]
fn a_token_has_the_name_that_its_issuer_gave_it_and_says_its_epoch_where_there_is_one() {
    let keys = ring(Algorithm::HS256);
    let subject = Subject {
        token_id: "f.7".to_owned(),
        epoch: Some(3),
        ..forge::alice()
    };
    let issued = issuer(&keys).issue(&subject, NOW).unwrap();
    let verifier = forge::verifier(keys, Duration::ZERO);
    let claims = verifier.verify(issued.token.expose(), NOW).unwrap();
    assert_eq!((claims.jti.as_str(), claims.epoch), ("f.7", Some(3)));
}

#[test]
fn a_token_outlives_a_rotation_by_the_overlap_to_the_second() {
    for algorithm in [Algorithm::EdDSA, Algorithm::HS256] {
        let before = ring(algorithm);
        let old = issuer(&before).issue(&forge::alice(), NOW).unwrap();
        let after = before
            .rotate(SigningKey::generate(algorithm).unwrap(), NOW, HOUR)
            .unwrap();
        let new = issuer(&after).issue(&forge::alice(), NOW).unwrap();
        let verifier = forge::verifier(after, Duration::ZERO);
        let last = NOW.plus(Duration::from_secs(3599));
        assert!(verifier.verify(old.token.expose(), last).is_ok());
        let kid = before.signing_key().unwrap().kid().unwrap().to_owned();
        let retired = verifier.verify(old.token.expose(), NOW.plus(HOUR));
        assert_eq!(retired, Err(VerifyError::RetiredKey { kid }));
        assert!(verifier.verify(new.token.expose(), NOW.plus(HOUR)).is_ok());
        // A verifier that has not heard of the rotation does not know the new key.
        let behind = forge::verifier(before, Duration::ZERO).verify(new.token.expose(), NOW);
        assert!(matches!(behind, Err(VerifyError::UnknownKey { .. })));
    }
}

#[test]
fn a_second_rotation_never_lengthens_an_overlap() {
    let first = ring(Algorithm::EdDSA);
    let kid = first.signing_key().unwrap().kid().unwrap().to_owned();
    let next = || SigningKey::generate(Algorithm::EdDSA).unwrap();
    let second = first.rotate(next(), NOW, HOUR).unwrap();
    let third = second
        .rotate(next(), NOW.plus(Duration::from_secs(60)), HOUR)
        .unwrap();
    let (_, retires_at) = third
        .verification_keys()
        .find(|(key, _)| key.kid() == Some(&kid))
        .unwrap();
    assert_eq!(retires_at, Some(NOW.plus(HOUR)));
    let fourth = third.rotate(next(), NOW.plus(HOUR), HOUR).unwrap();
    assert!(
        fourth
            .verification_keys()
            .all(|(key, _)| key.kid() != Some(&kid))
    );
    assert_eq!(fourth.verification_keys().count(), 3);
    let without_overlap = fourth
        .rotate(next(), NOW.plus(HOUR), Duration::ZERO)
        .unwrap();
    assert_eq!(without_overlap.verification_keys().count(), 1);
}

#[test]
fn others_verify_with_the_published_set() {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256] {
        let keys = ring(algorithm)
            .rotate(SigningKey::generate(algorithm).unwrap(), NOW, HOUR)
            .unwrap();
        let published = keys.jwks();
        assert_eq!(published["keys"].as_array().map(Vec::len), Some(2));
        let theirs = KeyRing::from_jwks(&published.to_string()).unwrap();
        let issued = issuer(&keys).issue(&forge::alice(), NOW).unwrap();
        let answer =
            forge::verifier(theirs.clone(), Duration::ZERO).verify(issued.token.expose(), NOW);
        assert_eq!(answer.as_ref(), Ok(&issued.claims));
        let nothing = issuer(&theirs).issue(&forge::alice(), NOW);
        assert!(matches!(nothing, Err(IssueError::NoSigningKey)));
    }
}

#[test]
fn only_public_members_are_published_and_hs256_not_at_all() {
    for algorithm in Algorithm::ALL {
        let published = ring(algorithm).jwks();
        let keys = published["keys"].as_array().unwrap();
        assert_eq!(keys.is_empty(), algorithm == Algorithm::HS256);
        for key in keys {
            let mut members: Vec<&str> = key
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            members.sort_unstable();
            let expected: &[&str] = match algorithm {
                Algorithm::EdDSA => &["alg", "crv", "kid", "kty", "use", "x"],
                Algorithm::ES256 => &["alg", "crv", "kid", "kty", "use", "x", "y"],
                _ => &["alg", "e", "kid", "kty", "n", "use"],
            };
            assert_eq!(members, expected);
            assert_eq!(key["alg"], algorithm.as_str());
        }
    }
}

#[test]
fn a_private_jwk_is_read_back_as_the_same_key() {
    for algorithm in Algorithm::ALL {
        let key = SigningKey::generate(algorithm).unwrap();
        let again = SigningKey::from_jwk(key.to_private_jwk().unwrap().expose()).unwrap();
        assert_eq!(again.kid(), key.kid());
        assert_eq!(again.algorithm(), algorithm);
        let issued = issuer(&KeyRing::new(again))
            .issue(&forge::alice(), NOW)
            .unwrap();
        let verifier = forge::verifier(KeyRing::new(key), Duration::ZERO);
        assert!(verifier.verify(issued.token.expose(), NOW).is_ok());
    }
}

fn public(algorithm: Algorithm) -> Value {
    let key = SigningKey::generate(algorithm).unwrap();
    key.verification_key().to_public_jwk().unwrap()
}

#[test]
fn sets_that_are_dangerous_as_a_whole_are_refused() {
    let oct = json!({"kty": "oct", "alg": "HS256", "kid": "mac", "k": "A".repeat(43)});
    let (first, second) = (public(Algorithm::EdDSA), public(Algorithm::ES256));
    let mut same_kid = second.clone();
    same_kid["kid"] = first["kid"].clone();
    let mut nameless = second.clone();
    nameless.as_object_mut().unwrap().remove("kid");
    let kid = first["kid"].as_str().unwrap().to_owned();
    let cases = [
        (json!({"keys": [first, oct]}), KeyError::MixedSet),
        (
            json!({"keys": [first, same_kid]}),
            KeyError::DuplicateKid(kid),
        ),
        (json!({"keys": [first, nameless]}), KeyError::MissingKid),
        (json!({"keys": []}), KeyError::EmptySet),
        (json!({"keys": {}}), KeyError::NotASet),
        (json!({"keys": ["key"]}), KeyError::NotASet),
        (json!({}), KeyError::NotASet),
    ];
    for (set, expected) in cases {
        assert_eq!(
            KeyRing::from_jwks(&set.to_string()).err(),
            Some(expected),
            "{set}"
        );
    }
    assert_eq!(KeyRing::from_jwks("[]").err(), Some(KeyError::NotAnObject));
    assert!(KeyRing::from_jwks(&json!({"keys": [first, second]}).to_string()).is_ok());
}

#[test]
fn a_ring_cannot_be_rotated_into_a_dangerous_set() {
    let keys = ring(Algorithm::EdDSA);
    let mac = SigningKey::generate(Algorithm::HS256).unwrap();
    assert_eq!(keys.rotate(mac, NOW, HOUR).err(), Some(KeyError::MixedSet));
    let jwk = keys.signing_key().unwrap().to_private_jwk().unwrap();
    let same = SigningKey::from_jwk(jwk.expose()).unwrap();
    assert!(matches!(
        keys.rotate(same, NOW, HOUR).err(),
        Some(KeyError::DuplicateKid(_))
    ));
}

#[test]
fn a_signature_alone_is_checked_under_the_key_that_its_header_names() {
    let keys = ring(Algorithm::EdDSA)
        .rotate(SigningKey::generate(Algorithm::EdDSA).unwrap(), NOW, HOUR)
        .unwrap();
    let token = jws::sign(b"any bytes", "JOSE", keys.signing_key().unwrap()).unwrap();
    assert_eq!(
        jws::verify_with(token.expose(), &keys, NOW).unwrap(),
        b"any bytes"
    );
    let others = ring(Algorithm::EdDSA);
    let answer = jws::verify_with(token.expose(), &others, NOW);
    assert!(matches!(answer, Err(VerifyError::UnknownKey { .. })));
}

#[test]
fn a_lone_nameless_key_serves_tokens_of_any_kid() {
    let secret = SecretBytes::new(b"an HMAC key that the tests know!".to_vec());
    let key = VerificationKey::from_secret(None, SignatureAlgorithm::HS256, &secret).unwrap();
    let token = forge::sign(forge::header(), forge::claims());
    let verifier = forge::verifier(KeyRing::verifying(vec![key]).unwrap(), Duration::ZERO);
    assert!(verifier.verify(&token, NOW).is_ok());
}
