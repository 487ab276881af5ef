//! The boundary matrix: every claim missing, of every wrong type, and a second to either side of every bound.

use std::time::Duration;

use serde_json::{Value, json};
use token_core::clock::UnixSeconds;
use token_core::jwt::{Expected, KeyRing, VerifyError, inspect};

use crate::forge::{self, AUDIENCE, NOW};

const TEXTS: [&str; 7] = ["iss", "sub", "jti", "client_id", "sid", "username", "role"];
const TIMES: [&str; 3] = ["exp", "iat", "nbf"];

fn with(claim: &str, value: Value) -> String {
    let mut claims = forge::claims();
    claims.insert(claim.to_owned(), value);
    forge::sign(forge::header(), claims)
}

#[test]
fn the_claims_that_the_matrix_starts_from_are_accepted() {
    let token = forge::sign(forge::header(), forge::claims());
    let claims = forge::verify(&token).unwrap();
    assert_eq!(claims.user_id(), Some(1));
    assert!(claims.aud.contains(AUDIENCE));
    assert_eq!(
        serde_json::to_value(claims).unwrap(),
        Value::Object(forge::claims())
    );
}

#[test]
fn every_claim_but_nbf_is_required() {
    for name in TEXTS.into_iter().chain(TIMES).chain(["aud"]) {
        let mut claims = forge::claims();
        claims.remove(name).unwrap();
        let answer = forge::verify(&forge::sign(forge::header(), claims)).map(|claims| claims.nbf);
        if name == "nbf" {
            assert_eq!(answer, Ok(None));
        } else {
            assert_eq!(answer, Err(VerifyError::MissingClaim(name)));
        }
    }
}

#[test]
fn a_text_claim_of_any_other_type_is_refused() {
    for name in TEXTS {
        let right = forge::claims()[name].clone();
        for wrong in [
            json!(null),
            json!(true),
            json!(1),
            json!(1.5),
            json!([]),
            json!([right]),
            json!({}),
        ] {
            let problem = VerifyError::ClaimType {
                claim: name,
                expected: "a string",
            };
            assert_eq!(
                forge::verify(&with(name, wrong.clone())),
                Err(problem),
                "{name} = {wrong}"
            );
        }
    }
}

#[test]
fn a_time_of_any_other_type_is_refused() {
    for name in TIMES {
        let right = forge::claims()[name].as_i64().unwrap();
        let wrong = [
            json!(null),
            json!(false),
            json!(right.to_string()),
            json!([right]),
            json!({"seconds": right}),
            json!(right as f64 + 0.5),
            json!(right as f64),
            json!(u64::MAX),
            json!(1e300),
        ];
        for wrong in wrong {
            let problem = VerifyError::ClaimType {
                claim: name,
                expected: "a whole number of seconds",
            };
            assert_eq!(
                forge::verify(&with(name, wrong.clone())),
                Err(problem),
                "{name} = {wrong}"
            );
        }
    }
}

#[test]
fn an_audience_is_a_string_or_strings_with_us_among_them() {
    for right in [
        json!(AUDIENCE),
        json!([AUDIENCE]),
        json!(["other", AUDIENCE]),
    ] {
        assert!(
            forge::verify(&with("aud", right.clone())).is_ok(),
            "aud = {right}"
        );
    }
    let wrong_type = VerifyError::ClaimType {
        claim: "aud",
        expected: "a string or an array of strings",
    };
    for wrong in [
        json!(null),
        json!(1),
        json!({}),
        json!([1]),
        json!([AUDIENCE, 1]),
        json!([[AUDIENCE]]),
    ] {
        assert_eq!(
            forge::verify(&with("aud", wrong.clone())),
            Err(wrong_type.clone()),
            "aud = {wrong}"
        );
    }
    for other in [
        json!("other"),
        json!([]),
        json!(["other"]),
        json!("Bank"),
        json!("bank "),
        json!(""),
    ] {
        let answer = forge::verify(&with("aud", other.clone()));
        assert!(
            matches!(answer, Err(VerifyError::WrongAudience { .. })),
            "aud = {other}: {answer:?}"
        );
    }
}

#[test]
fn another_issuer_is_refused_to_the_letter() {
    for other in [
        "http://evil.localhost",
        "HTTP://JWT.LAB.LOCALHOST:8003",
        "http://jwt.lab.localhost:8003/",
        "",
    ] {
        let problem = VerifyError::WrongIssuer {
            found: other.to_owned(),
        };
        assert_eq!(forge::verify(&with("iss", json!(other))), Err(problem));
    }
}

/// One claim, its distance from now, the leeway, and whether it is accepted.
type Row = (&'static str, i64, u64, bool);

#[test]
fn every_bound_holds_to_the_second_at_every_leeway() {
    let mut rows: Vec<Row> = Vec::new();
    for leeway in [0, 1, 59, 60] {
        let seconds = i64::try_from(leeway).unwrap();
        for around in [-1, 0, 1] {
            // exp: refused on or after; iat and nbf: accepted on or after.
            rows.push(("exp", -seconds + around, leeway, around > 0));
            rows.push(("iat", seconds + around, leeway, around <= 0));
            rows.push(("nbf", seconds + around, leeway, around <= 0));
        }
    }
    for (name, distance, leeway, accepted) in rows {
        let token = with(name, json!(NOW.0 + distance));
        let verifier = forge::verifier(
            KeyRing::new(forge::signing_key()),
            Duration::from_secs(leeway),
        );
        let answer = verifier.verify(&token, NOW);
        let at = UnixSeconds(NOW.0 + distance);
        let problem = match name {
            "exp" => VerifyError::Expired { exp: at, now: NOW },
            "iat" => VerifyError::IssuedInFuture { iat: at, now: NOW },
            _ => VerifyError::NotYetValid { nbf: at, now: NOW },
        };
        assert_eq!(
            answer.err(),
            (!accepted).then_some(problem),
            "{name} {distance:+} s at leeway {leeway}"
        );
    }
}

#[test]
fn times_at_the_ends_of_the_number_line_do_not_wrap() {
    for (name, value, accepted) in [
        ("exp", i64::MAX, true),
        ("exp", i64::MIN, false),
        ("nbf", i64::MIN, true),
        ("nbf", i64::MAX, false),
        ("iat", i64::MIN, true),
        ("iat", i64::MAX, false),
    ] {
        let answer = forge::verify(&with(name, json!(value)));
        assert_eq!(answer.is_ok(), accepted, "{name} = {value}: {answer:?}");
    }
}

#[test]
fn a_leeway_of_more_than_a_minute_is_refused() {
    let keys = || std::sync::Arc::new(KeyRing::new(forge::signing_key()));
    let with_leeway =
        |leeway| token_core::jwt::Verifier::new(keys(), forge::verifier_config(leeway));
    assert!(with_leeway(Duration::from_secs(60)).is_ok());
    assert!(with_leeway(Duration::from_millis(60_001)).is_err());
}

#[test]
fn an_inspection_lists_every_problem_at_once() {
    let token = forge::sign_texts(
        r#"{"alg":"HS256","typ":"JWT"}"#,
        r#"{"sub":"1","iat":1516239022}"#,
    );
    let keys = KeyRing::new(forge::signing_key());
    let inspection = inspect(&token, &keys, &Expected::default(), NOW).unwrap();
    let expected = [
        VerifyError::WrongTyp {
            found: "JWT".to_owned(),
        },
        VerifyError::MissingClaim("exp"),
        VerifyError::MissingClaim("iss"),
        VerifyError::MissingClaim("aud"),
        VerifyError::MissingClaim("jti"),
        VerifyError::MissingClaim("client_id"),
    ];
    assert_eq!(inspection.problems, expected);
    assert_eq!(inspection.claims["sub"], "1");
}

#[test]
fn an_inspection_and_the_verifier_agree_on_what_is_sound() {
    let token = forge::sign(forge::header(), forge::claims());
    let keys = KeyRing::new(forge::signing_key());
    let inspection = inspect(&token, &keys, &Expected::default(), NOW).unwrap();
    assert_eq!(inspection.problems, []);
}

#[test]
fn a_binding_is_read_and_one_that_is_not_understood_is_refused() {
    let jkt = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    let claims = forge::verify(&with("cnf", json!({ "jkt": jkt }))).unwrap();
    assert_eq!(claims.cnf.unwrap().jkt.to_string(), jkt);
    for wrong in [
        json!(null),
        json!(jkt),
        json!({}),
        json!({ "jkt": 1 }),
        json!({ "jkt": "short" }),
        json!({ "x5t#S256": jkt }),
    ] {
        let answer = forge::verify(&with("cnf", wrong.clone())).map(|claims| claims.cnf);
        assert!(
            matches!(answer, Err(VerifyError::ClaimType { claim: "cnf", .. })),
            "{wrong}"
        );
    }
}
