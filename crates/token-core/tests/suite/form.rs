//! The one form in which a token is read: three parts, one spelling of each, no member twice.

use proptest::prelude::*;
use serde_json::{Value, json};
use token_core::jwt::{Part, VerifyError, decode_unverified};

use crate::forge::{self, KID};

fn claims_text() -> String {
    Value::Object(forge::claims()).to_string()
}

#[test]
fn cutting_the_token_short_is_refused_at_every_length() {
    let token = forge::sign(forge::header(), forge::claims());
    for end in 0..token.len() {
        assert!(forge::verify(&token[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_member_named_twice_is_refused_in_header_and_claims_and_below() {
    let header = Value::Object(forge::header()).to_string();
    let claims = claims_text();
    let twice = |text: &str, member: &str| text.replacen('{', &format!("{{{member},"), 1);
    let cases = [
        (
            twice(&header, r#""alg":"none""#),
            claims.clone(),
            Part::Header,
            "alg",
        ),
        (
            twice(&header, r#""\u0061lg":"none""#),
            claims.clone(),
            Part::Header,
            "alg",
        ),
        (
            twice(&header, r#""x":{"y":1,"y":1}"#),
            claims.clone(),
            Part::Header,
            "y",
        ),
        (
            header.clone(),
            twice(&claims, r#""sub":"2""#),
            Part::Payload,
            "sub",
        ),
        (
            header.clone(),
            twice(&claims, r#""x":[{"y":1,"y":2}]"#),
            Part::Payload,
            "y",
        ),
    ];
    for (header, claims, part, name) in cases {
        let problem = VerifyError::DuplicateMember {
            part,
            name: name.to_owned(),
        };
        assert_eq!(
            forge::verify(&forge::sign_texts(&header, &claims)),
            Err(problem)
        );
    }
}

#[test]
fn parts_that_are_not_objects_are_refused() {
    let header = Value::Object(forge::header()).to_string();
    for text in ["", "{", "nonsense", "{}{}", "\u{feff}{}"] {
        let token = forge::sign_texts(&header, text);
        assert_eq!(
            forge::verify(&token),
            Err(VerifyError::NotJson(Part::Payload)),
            "{text:?}"
        );
        let token = forge::sign_texts(text, &claims_text());
        assert_eq!(
            forge::verify(&token),
            Err(VerifyError::NotJson(Part::Header)),
            "{text:?}"
        );
    }
    for text in ["[]", "1", "null", "\"text\""] {
        let token = forge::sign_texts(&header, text);
        assert_eq!(
            forge::verify(&token),
            Err(VerifyError::NotAnObject(Part::Payload)),
            "{text}"
        );
    }
}

#[test]
fn each_part_has_one_spelling() {
    let header = forge::encode(Value::Object(forge::header()).to_string().as_bytes());
    let mut claims = forge::claims();
    // Grow a claim until the payload's last character has bits to spare, which a second spelling could set.
    let payload = loop {
        let payload = forge::encode(Value::Object(claims.clone()).to_string().as_bytes());
        if payload.len() % 4 == 2 {
            break payload;
        }
        let jti = format!("{}x", claims["jti"].as_str().unwrap());
        claims.insert("jti".to_owned(), json!(jti));
    };
    assert!(forge::verify(&forge::sign_parts(&header, &payload)).is_ok());
    let last = payload.chars().last().unwrap();
    let next = char::from(last as u8 + 1);
    let other_bits = format!("{}{next}", &payload[..payload.len() - 1]);
    for other in [
        other_bits,
        format!("{payload}=="),
        format!("{payload}\n"),
        format!(" {payload}"),
        format!("{payload}+/"),
    ] {
        let token = forge::sign_parts(&header, &other);
        assert_eq!(
            forge::verify(&token),
            Err(VerifyError::NotBase64Url(Part::Payload)),
            "{other}"
        );
    }
    let token = forge::sign_parts(&header, &payload);
    for other in [
        format!("{token}="),
        format!("{token}\n"),
        format!("{token} "),
    ] {
        assert_eq!(
            forge::verify(&other),
            Err(VerifyError::NotBase64Url(Part::Signature))
        );
    }
    assert_eq!(
        forge::verify(&format!(" {token}")),
        Err(VerifyError::NotBase64Url(Part::Header))
    );
}

#[test]
fn a_token_has_three_parts() {
    let token = forge::sign(forge::header(), forge::claims());
    for other in ["", ".", "abc", "a.b", "a.b.c.d", "....."] {
        assert_eq!(
            forge::verify(other),
            Err(VerifyError::NotThreeParts),
            "{other:?}"
        );
    }
    for other in [
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{token}"),
    ] {
        assert_eq!(forge::verify(&other), Err(VerifyError::NotThreeParts));
    }
    assert_eq!(forge::verify(".."), Err(VerifyError::NotJson(Part::Header)));
}

#[test]
fn more_than_eight_kibibytes_are_not_read() {
    let with_padding = |length: usize| {
        let mut claims = forge::claims();
        claims.insert("padding".to_owned(), json!("x".repeat(length)));
        forge::sign(forge::header(), claims)
    };
    let mut length = 5000;
    while with_padding(length + 1).len() <= 8192 {
        length += 1;
    }
    assert!(forge::verify(&with_padding(length)).is_ok());
    let answer = forge::verify(&with_padding(length + 2));
    assert!(matches!(answer, Err(VerifyError::TooLong { bytes }) if bytes > 8192));
}

#[test]
fn decoding_without_verifying_is_as_strict_about_form() {
    let token = forge::sign(forge::header(), forge::claims());
    let decoded = decode_unverified(&token).unwrap();
    assert_eq!(decoded.header["kid"], KID);
    assert_eq!(decoded.claims["username"], "alice");
    assert_eq!(
        Some(decoded.signature_b64.as_str()),
        token.rsplit('.').next()
    );
    assert!(decode_unverified(&format!("{token}=")).is_err());
    assert!(decode_unverified("a.b").is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics_or_is_believed(text in "\\PC{0,200}") {
        prop_assert!(forge::verify(&text).is_err());
    }

    #[test]
    fn no_signed_bytes_panic_or_are_believed(header: Vec<u8>, payload: Vec<u8>) {
        let token = forge::sign_parts(&forge::encode(&header), &forge::encode(&payload));
        prop_assert!(forge::verify(&token).is_err());
        let sound = forge::encode(Value::Object(forge::header()).to_string().as_bytes());
        prop_assert!(forge::verify(&forge::sign_parts(&sound, &forge::encode(&payload))).is_err());
    }
}
