//! Proofs of possession: each test breaks one thing of a proof that is accepted.

use std::time::Duration;

use serde_json::{Value, json};
use token_core::clock::UnixSeconds;
use token_core::jwt::dpop::{DpopError, Proof, ProofVerifier, ProvenRequest, access_token_hash};
use token_core::jwt::{Algorithm, KeyError, SignatureAlgorithm, SigningKey, VerifyError, jws};

use crate::forge::{self, NOW};

const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const WINDOW: Duration = Duration::from_secs(60);
const REQUEST: ProvenRequest<'_> = ProvenRequest {
    method: "GET",
    uri: "http://jwt.lab.localhost:8003/me",
    access_token: Some(TOKEN),
};

fn key() -> SigningKey {
    SigningKey::generate(Algorithm::ES256).unwrap()
}

fn header(key: &SigningKey) -> Value {
    let jwk = key.verification_key().to_public_jwk();
    json!({ "typ": "dpop+jwt", "alg": key.algorithm(), "jwk": jwk })
}

fn claims() -> Value {
    json!({
        "jti": "e1j3V_bKic8-LAEB", "htm": "GET", "htu": REQUEST.uri, "iat": NOW.0,
        "ath": access_token_hash(TOKEN),
    })
}

fn proof(header: &Value, claims: &Value, key: &SigningKey) -> String {
    let payload = claims.to_string();
    let proof = jws::sign_with_header(header, payload.as_bytes(), key);
    proof.unwrap().expose().to_owned()
}

fn verify_at(proof: &str, now: UnixSeconds) -> Result<Proof, DpopError> {
    ProofVerifier::new(WINDOW, 8).verify(proof, &REQUEST, now)
}

fn verify(proof: &str) -> Result<Proof, DpopError> {
    verify_at(proof, NOW)
}

/// With one claim replaced, or taken away.
fn with(claim: &str, value: Option<Value>) -> Result<Proof, DpopError> {
    let (key, mut claims) = (key(), claims());
    match value {
        Some(value) => claims[claim] = value,
        None => drop(claims.as_object_mut().unwrap().remove(claim)),
    }
    verify(&proof(&header(&key), &claims, &key))
}

#[test]
fn a_proof_of_either_algorithm_names_the_key_that_made_it() {
    for algorithm in [Algorithm::ES256, Algorithm::EdDSA] {
        let key = SigningKey::generate(algorithm).unwrap();
        let proven = verify(&proof(&header(&key), &claims(), &key)).unwrap();
        let thumbprint = key.verification_key().thumbprint().unwrap();
        assert_eq!(proven.key.to_string(), thumbprint, "{algorithm}");
        assert_eq!(thumbprint.parse(), Ok(proven.key));
    }
}

#[test]
fn the_example_of_the_rfc_is_accepted() {
    // RFC 9449 §7.1, figure 13, with the access token of figure 12.
    let example = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
    let request = ProvenRequest {
        method: "GET",
        uri: "https://resource.example.org/protectedresource",
        access_token: Some(TOKEN),
    };
    let verifier = ProofVerifier::new(WINDOW, 8);
    let proven = verifier.verify(example, &request, UnixSeconds(1_562_262_620));
    assert_eq!(
        proven.unwrap().key.to_string(),
        // RFC 9449 §6.1, figure 6: the jkt of the same key.
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    );
}

#[test]
fn another_method_another_address_and_another_token_are_refused() {
    let found = |text: &str| text.to_owned();
    for method in ["POST", "get", ""] {
        let refused = DpopError::OtherMethod {
            found: found(method),
        };
        assert_eq!(with("htm", Some(json!(method))), Err(refused));
    }
    for address in [
        "http://jwt.lab.localhost:8003/notes",
        "http://evil.localhost:8005/me",
        "https://jwt.lab.localhost:8003/me",
        "/me",
    ] {
        let refused = DpopError::OtherAddress {
            found: found(address),
        };
        assert_eq!(with("htu", Some(json!(address))), Err(refused));
    }
    let other = access_token_hash("another");
    assert_eq!(with("ath", Some(json!(other))), Err(DpopError::OtherToken));
}

#[test]
fn the_address_is_compared_as_an_address_and_without_its_query() {
    for address in [
        "http://JWT.lab.localhost:8003/me",
        "http://jwt.lab.localhost:8003/me?run=1#top",
        "http://jwt.lab.localhost:8003/%6D%65",
    ] {
        with("htu", Some(json!(address))).unwrap();
    }
}

#[test]
fn every_claim_is_required_and_the_hash_only_with_an_access_token() {
    for claim in ["jti", "htm", "htu", "iat", "ath"] {
        let missing = DpopError::Jws(VerifyError::MissingClaim(claim));
        assert_eq!(with(claim, None), Err(missing));
    }
    let (key, mut claims) = (key(), claims());
    claims.as_object_mut().unwrap().remove("ath");
    let login = ProvenRequest {
        access_token: None,
        ..REQUEST
    };
    ProofVerifier::new(WINDOW, 8)
        .verify(&proof(&header(&key), &claims, &key), &login, NOW)
        .unwrap();
}

#[test]
fn a_proof_lives_for_the_window_and_may_be_a_little_early() {
    let key = key();
    let text = proof(&header(&key), &claims(), &key);
    let at = |seconds: i64| verify_at(&text, UnixSeconds(NOW.0 + seconds));
    for accepted in [-10, 0, 60] {
        at(accepted).unwrap();
    }
    assert!(matches!(at(61), Err(DpopError::TooOld { .. })));
    assert!(matches!(at(-11), Err(DpopError::Ahead { .. })));
    for wrong in [json!("1700000000"), json!(1_700_000_000.5), json!(null)] {
        assert!(matches!(
            with("iat", Some(wrong)),
            Err(DpopError::Jws(VerifyError::ClaimType { .. }))
        ));
    }
}

#[test]
fn algorithms_that_everybody_could_sign_with_are_refused() {
    let key = key();
    let named = |alg: &str| {
        let mut header = header(&key);
        header["alg"] = json!(alg);
        verify(&proof(&header, &claims(), &key))
    };
    let unknown = VerifyError::UnknownAlgorithm {
        name: "none".to_owned(),
    };
    assert_eq!(named("none"), Err(DpopError::Jws(unknown)));
    let symmetric = DpopError::Algorithm(SignatureAlgorithm::HS256);
    assert_eq!(named("HS256"), Err(symmetric));
    // Accepted for proofs, but not what this key is for.
    assert!(matches!(
        named("EdDSA"),
        Err(DpopError::Jws(VerifyError::AlgorithmMismatch { .. }))
    ));
    let rsa = SigningKey::generate(Algorithm::RS256).unwrap();
    let refused = DpopError::Algorithm(SignatureAlgorithm::RS256);
    assert_eq!(verify(&proof(&header(&rsa), &claims(), &rsa)), Err(refused));
    let oct = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": { "kty": "oct", "k": "AAAA" } });
    let refused = DpopError::Key(KeyError::Private);
    assert_eq!(verify(&proof(&oct, &claims(), &key)), Err(refused));
}

#[test]
fn a_key_with_its_private_half_is_refused_and_so_is_none() {
    let key = key();
    let private: Value = serde_json::from_str(key.to_private_jwk().unwrap().expose()).unwrap();
    let mut with_private = header(&key);
    with_private["jwk"] = private;
    let refused = DpopError::Key(KeyError::Private);
    assert_eq!(verify(&proof(&with_private, &claims(), &key)), Err(refused));
    for wrong in [json!(null), json!("key"), json!([])] {
        let mut header = header(&key);
        header["jwk"] = wrong;
        let answer = verify(&proof(&header, &claims(), &key));
        assert_eq!(answer, Err(DpopError::NoKey));
    }
}

#[test]
fn the_signature_is_checked_with_the_key_in_the_header() {
    let (mine, theirs) = (key(), key());
    let text = proof(&header(&mine), &claims(), &theirs);
    let refused = DpopError::Jws(VerifyError::BadSignature);
    assert_eq!(verify(&text), Err(refused));
}

#[test]
fn an_access_token_is_no_proof_and_a_proof_is_no_access_token() {
    let key = key();
    let mut header = header(&key);
    header["typ"] = json!("at+jwt");
    let found = Some("at+jwt".to_owned());
    let answer = verify(&proof(&header, &claims(), &key));
    assert_eq!(answer, Err(DpopError::NotAProof { found }));

    let proof = {
        let mut header = forge::header();
        header.insert("typ".to_owned(), json!("dpop+jwt"));
        forge::sign(header, forge::claims())
    };
    assert!(matches!(
        forge::verify(&proof),
        Err(VerifyError::WrongTyp { .. })
    ));
}

#[test]
fn a_proof_works_once_within_its_window() {
    let (verifier, key, other) = (ProofVerifier::new(WINDOW, 8), key(), key());
    let made = |key: &SigningKey| {
        let text = proof(&header(key), &claims(), key);
        verifier.verify(&text, &REQUEST, NOW).unwrap()
    };
    verifier.use_once(&made(&key), NOW).unwrap();
    let last = NOW.plus(WINDOW);
    for now in [NOW, last] {
        // Another signature over the same claims is the same proof.
        let answer = verifier.use_once(&made(&key), now);
        assert_eq!(answer, Err(DpopError::Replayed));
    }
    // Two clients may choose the same jti.
    verifier.use_once(&made(&other), NOW).unwrap();
}

#[test]
fn a_full_memory_refuses_until_what_it_holds_has_expired() {
    let (verifier, key) = (ProofVerifier::new(WINDOW, 2), key());
    let used = |jti: &str, now: UnixSeconds| {
        let mut claims = claims();
        claims["jti"] = json!(jti);
        claims["iat"] = json!(now.0);
        let text = proof(&header(&key), &claims, &key);
        verifier.use_once(&verifier.verify(&text, &REQUEST, now)?, now)
    };
    used("one", NOW).unwrap();
    used("two", NOW).unwrap();
    let last = NOW.plus(WINDOW);
    assert_eq!(used("three", last), Err(DpopError::Full));
    used("three", UnixSeconds(last.0 + 1)).unwrap();
}
