//! Keys that are refused, each for one reason.

use serde_json::{Value, json};
use token_core::jwt::{Algorithm, KeyError, SignatureAlgorithm, SigningKey, VerificationKey};
use token_core::secret::SecretBytes;

fn private(algorithm: Algorithm) -> Value {
    let key = SigningKey::generate(algorithm).unwrap();
    serde_json::from_str(key.to_private_jwk().unwrap().expose()).unwrap()
}

fn with(jwk: &Value, name: &str, value: Value) -> Value {
    let mut jwk = jwk.clone();
    jwk[name] = value;
    jwk
}

fn without(jwk: &Value, name: &str) -> Value {
    let mut jwk = jwk.clone();
    jwk.as_object_mut().unwrap().remove(name);
    jwk
}

fn verification_error(jwk: &Value) -> KeyError {
    VerificationKey::from_jwk(&jwk.to_string()).expect_err(&format!("{jwk} was accepted"))
}

fn signing_error(jwk: &Value) -> KeyError {
    SigningKey::from_jwk(&jwk.to_string()).expect_err(&format!("{jwk} was accepted"))
}

/// Base64url text of the same length for other bytes.
fn other_bytes(text: &Value) -> Value {
    let text = text.as_str().unwrap();
    let first = if text.starts_with('B') { 'C' } else { 'B' };
    json!(format!("{first}{}", &text[1..]))
}

#[test]
fn keys_for_something_else_are_refused() {
    for algorithm in Algorithm::ALL {
        let jwk = private(algorithm);
        let encryption = with(&jwk, "use", json!("enc"));
        assert_eq!(
            verification_error(&encryption),
            KeyError::WrongUse("enc".to_owned())
        );
        assert_eq!(
            signing_error(&encryption),
            KeyError::WrongUse("enc".to_owned())
        );
        let jwk = without(&jwk, "use");
        for operations in [
            json!([]),
            json!(["encrypt"]),
            json!(["sign, verify"]),
            json!(["Verify"]),
        ] {
            let jwk = with(&jwk, "key_ops", operations);
            assert_eq!(
                verification_error(&jwk),
                KeyError::OperationNotAllowed("verify")
            );
            assert_eq!(signing_error(&jwk), KeyError::OperationNotAllowed("sign"));
        }
        for malformed in [
            json!("verify"),
            json!([1]),
            json!(null),
            json!(["verify", "verify"]),
        ] {
            let jwk = with(&jwk, "key_ops", malformed);
            assert_eq!(verification_error(&jwk), KeyError::Malformed("key_ops"));
        }
        let both = with(&jwk, "key_ops", json!(["sign", "verify"]));
        assert!(VerificationKey::from_jwk(&both.to_string()).is_ok());
        assert!(SigningKey::from_jwk(&both.to_string()).is_ok());
        let verify_only = with(&jwk, "key_ops", json!(["verify"]));
        assert_eq!(
            signing_error(&verify_only),
            KeyError::OperationNotAllowed("sign")
        );
    }
}

#[test]
fn an_algorithm_that_does_not_fit_is_refused() {
    let names: Vec<&str> = SignatureAlgorithm::all()
        .map(SignatureAlgorithm::as_str)
        .collect();
    for algorithm in Algorithm::ALL {
        let jwk = private(algorithm);
        for name in &names {
            let fits = match algorithm {
                Algorithm::RS256 => name.starts_with("RS") || name.starts_with("PS"),
                Algorithm::HS256 => *name == "HS256",
                _ => *name == algorithm.as_str(),
            };
            let jwk = with(&jwk, "alg", json!(name));
            let answer = VerificationKey::from_jwk(&jwk.to_string());
            assert_eq!(
                answer.is_ok(),
                fits,
                "{algorithm} key as {name}: {answer:?}"
            );
        }
        for unknown in ["none", "A256GCM", "ES521", "ES256K", "RSA1_5", ""] {
            let jwk = with(&jwk, "alg", json!(unknown));
            assert_eq!(
                verification_error(&jwk),
                KeyError::UnknownAlgorithm(unknown.to_owned())
            );
        }
    }
}

#[test]
fn short_and_empty_hmac_keys_are_refused_to_the_byte() {
    for (algorithm, least) in [
        (SignatureAlgorithm::HS256, 32),
        (SignatureAlgorithm::HS384, 48),
        (SignatureAlgorithm::HS512, 64),
    ] {
        for length in [0, 1, least - 1] {
            let secret = SecretBytes::new(vec![7; length]);
            let refused = VerificationKey::from_secret(None, algorithm, &secret).err();
            let expected = KeyError::ShortSecret {
                algorithm: algorithm.as_str(),
                bits: length * 8,
                least: least * 8,
            };
            assert_eq!(refused, Some(expected));
        }
        let secret = SecretBytes::new(vec![7; least]);
        assert!(VerificationKey::from_secret(None, algorithm, &secret).is_ok());
    }
    let short = json!({"kty": "oct", "k": "A".repeat(42)});
    assert!(matches!(
        verification_error(&short),
        KeyError::ShortSecret { bits: 248, .. }
    ));
    assert!(matches!(
        signing_error(&json!({"kty": "oct", "k": ""})),
        KeyError::ShortSecret { bits: 0, .. }
    ));
}

#[test]
fn the_lenient_way_takes_short_secrets_but_not_empty_ones_nor_other_algorithms() {
    let lenient = |algorithm, secret: &str| {
        let secret = SecretBytes::new(secret.as_bytes().to_vec());
        VerificationKey::dangerously_from_short_secret(algorithm, &secret)
    };
    assert!(lenient(SignatureAlgorithm::HS256, "x").is_ok());
    assert!(matches!(
        lenient(SignatureAlgorithm::HS256, ""),
        Err(KeyError::ShortSecret { .. })
    ));
    assert!(matches!(
        lenient(SignatureAlgorithm::ES256, "x"),
        Err(KeyError::AlgorithmDoesNotFit { .. })
    ));
}

#[test]
fn a_point_that_is_not_on_its_curve_is_refused() {
    let jwk = without(&private(Algorithm::ES256), "d");
    let moved = with(&jwk, "y", other_bytes(&jwk["y"]));
    assert_eq!(verification_error(&moved), KeyError::NotOnCurve("P-256"));
    let longer = with(
        &jwk,
        "x",
        json!(format!("AAAA{}", jwk["x"].as_str().unwrap())),
    );
    assert_eq!(verification_error(&longer), KeyError::NotOnCurve("P-256"));
    let zero = json!("A".repeat(43));
    let origin = with(&with(&jwk, "x", zero.clone()), "y", zero);
    assert_eq!(verification_error(&origin), KeyError::NotOnCurve("P-256"));
    let ed25519 = without(&private(Algorithm::EdDSA), "d");
    assert_eq!(
        verification_error(&with(&ed25519, "x", json!("AAAA"))),
        KeyError::Malformed("x")
    );
}

#[test]
fn a_curve_label_that_does_not_match_the_point_is_refused() {
    let jwk = without(&without(&private(Algorithm::ES256), "d"), "alg");
    for (label, curve) in [("P-384", "P-384"), ("P-521", "P-521")] {
        assert_eq!(
            verification_error(&with(&jwk, "crv", json!(label))),
            KeyError::NotOnCurve(curve)
        );
    }
    for label in ["secp256k1", "Ed25519", "p-256", ""] {
        let error = verification_error(&with(&jwk, "crv", json!(label)));
        assert_eq!(error, KeyError::UnknownCurve(label.to_owned()));
    }
    let ed25519 = without(&without(&private(Algorithm::EdDSA), "d"), "alg");
    for label in ["X25519", "Ed448"] {
        let error = verification_error(&with(&ed25519, "crv", json!(label)));
        assert_eq!(error, KeyError::UnknownCurve(label.to_owned()));
    }
}

#[test]
fn halves_that_do_not_belong_together_are_refused() {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256] {
        let (ours, theirs) = (private(algorithm), private(algorithm));
        let mixed = with(&ours, "d", theirs["d"].clone());
        assert_eq!(verification_error(&mixed), KeyError::Mismatch);
        assert_eq!(signing_error(&mixed), KeyError::Mismatch);
        let short = with(&ours, "d", json!("AAAA"));
        assert_eq!(signing_error(&short), KeyError::Malformed("d"));
    }
    let rsa = private(Algorithm::RS256);
    for name in ["d", "p", "q", "dp", "dq", "qi"] {
        let mixed = with(&rsa, name, other_bytes(&rsa[name]));
        assert_eq!(signing_error(&mixed), KeyError::Mismatch, "{name}");
        let partial = without(&rsa, name);
        let expected = if name == "d" {
            KeyError::NotPrivate
        } else {
            KeyError::Missing(name)
        };
        assert_eq!(signing_error(&partial), expected);
    }
    assert_eq!(
        signing_error(&with(&rsa, "oth", json!([]))),
        KeyError::Malformed("oth")
    );
}

#[test]
fn small_rsa_keys_and_unsound_exponents_are_refused() {
    let public = |n: String| json!({"kty": "RSA", "e": "AQAB", "n": n});
    let of_bytes = |bytes: usize| {
        let mut number = vec![0xff; bytes];
        number[bytes - 1] = 0xfd;
        crate::forge::encode(&number)
    };
    for (bytes, bits) in [(128, 1024), (255, 2040), (1025, 8200)] {
        assert_eq!(
            verification_error(&public(of_bytes(bytes))),
            KeyError::RsaSize { bits }
        );
    }
    let mut just_short = vec![0xff; 256];
    just_short[0] = 0x7f;
    let short = public(crate::forge::encode(&just_short));
    assert_eq!(verification_error(&short), KeyError::RsaSize { bits: 2047 });

    let sound = without(&private(Algorithm::RS256), "d");
    for exponent in ["AQ", "Ag", "AQAA", "BAAAAAAAAQ"] {
        let error = verification_error(&with(&sound, "e", json!(exponent)));
        assert_eq!(error, KeyError::RsaExponent, "{exponent}");
    }
    for exponent in ["", "AAEAAQ"] {
        assert_eq!(
            verification_error(&with(&sound, "e", json!(exponent))),
            KeyError::Malformed("e")
        );
    }
    let leading_zero = with(
        &sound,
        "n",
        json!(format!("AAAA{}", sound["n"].as_str().unwrap())),
    );
    assert_eq!(verification_error(&leading_zero), KeyError::Malformed("n"));
}

#[test]
fn unknown_and_missing_types_are_refused() {
    let jwk = private(Algorithm::EdDSA);
    for kty in ["ec", "AKP", "oct ", ""] {
        let error = verification_error(&with(&jwk, "kty", json!(kty)));
        assert_eq!(error, KeyError::UnknownType(kty.to_owned()));
    }
    assert_eq!(
        verification_error(&without(&jwk, "kty")),
        KeyError::Missing("kty")
    );
    for kty in ["EC", "RSA", "oct"] {
        let error = verification_error(&with(&jwk, "kty", json!(kty)));
        assert!(
            matches!(error, KeyError::AlgorithmDoesNotFit { .. }),
            "{kty}: {error}"
        );
    }
}

#[test]
fn missing_members_and_wrong_types_are_named() {
    let ec = private(Algorithm::ES256);
    for name in ["x", "y", "crv"] {
        assert_eq!(
            verification_error(&without(&ec, name)),
            KeyError::Missing(name)
        );
        assert_eq!(
            verification_error(&with(&ec, name, json!(1))),
            KeyError::Malformed(name)
        );
    }
    for name in ["kty", "use", "alg", "kid"] {
        assert_eq!(
            verification_error(&with(&ec, name, json!([]))),
            KeyError::Malformed(name)
        );
    }
    for padded in ["AQAB==", "AQ AB", "AQ+B", "AQB"] {
        let rsa = with(&private(Algorithm::RS256), "e", json!(padded));
        assert_eq!(
            verification_error(&rsa),
            KeyError::Malformed("e"),
            "{padded}"
        );
    }
}

#[test]
fn json_that_two_readers_could_read_in_two_ways_is_refused() {
    let text = private(Algorithm::EdDSA).to_string();
    let twice = text.replacen('{', r#"{"alg":"HS256","#, 1);
    let refused = VerificationKey::from_jwk(&twice).err();
    assert_eq!(refused, Some(KeyError::DuplicateMember("alg".to_owned())));
    assert_eq!(
        VerificationKey::from_jwk("nonsense").err(),
        Some(KeyError::NotJson)
    );
    assert_eq!(
        VerificationKey::from_jwk("[]").err(),
        Some(KeyError::NotAnObject)
    );
}

#[test]
fn a_public_key_does_not_sign_nor_one_that_is_for_verifying_alone() {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256, Algorithm::RS256] {
        assert_eq!(
            signing_error(&without(&private(algorithm), "d")),
            KeyError::NotPrivate
        );
    }
    let rs384 = with(&private(Algorithm::RS256), "alg", json!("RS384"));
    assert_eq!(signing_error(&rs384), KeyError::VerificationOnly("RS384"));
    let hs512 = json!({"kty": "oct", "alg": "HS512", "k": crate::forge::encode(&[7; 64])});
    assert_eq!(signing_error(&hs512), KeyError::VerificationOnly("HS512"));
}

#[test]
fn no_refusal_shows_the_key() {
    let rsa = private(Algorithm::RS256);
    for name in ["d", "p", "k"] {
        let secret = rsa
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or("AAECAwQFBgcICQ");
        let jwk = with(&rsa, name, json!(format!("{secret}!")));
        let jwk = if name == "k" {
            with(&jwk, "kty", json!("oct"))
        } else {
            jwk
        };
        let error = signing_error(&jwk);
        assert!(!format!("{error} {error:?}").contains(secret), "{error}");
    }
}
