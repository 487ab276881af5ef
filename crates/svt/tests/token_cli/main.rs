//! `svt token`, run as it is built: what it prints, and its exit code.

#![expect(
    clippy::unwrap_used,
    reason = "these functions serve tests alone, where a panic is the failure to report"
)]

mod support;

use serde_json::{Value, json};
use support::*;
use token_core::jwt::Algorithm;

#[test]
fn decode_shows_the_three_parts_and_times_in_words() {
    let shown = svt(&["decode", SAMPLE]);
    assert_eq!(shown.code, 0);
    for part in [
        "\"HS256\"",
        "\"John Doe\"",
        "iat 2018-01-18T01:30:22Z",
        "SflKxw",
        "not verified",
    ] {
        assert!(shown.out.contains(part), "{part} is not in {}", shown.out);
    }
    assert!(
        !shown.out.contains('\u{1b}'),
        "colours belong on a terminal alone"
    );
}

#[test]
fn decode_as_json_says_that_nothing_was_verified() {
    let shown = svt(&["decode", "--json", SAMPLE]);
    assert_eq!(shown.code, 0);
    let expected = json!({
        "valid": false,
        "reason": "not verified, only decoded",
        "header": {"alg": "HS256", "typ": "JWT"},
        "claims": {"sub": "1234567890", "name": "John Doe", "iat": 1_516_239_022},
    });
    assert_eq!(shown.json(), expected);
}

#[test]
fn a_token_is_read_from_standard_input() {
    for arguments in [&["decode"][..], &["decode", "-"]] {
        let shown = svt_reading(&format!("  {SAMPLE}\n"), arguments);
        assert_eq!(shown.code, 0);
        assert!(shown.out.contains("John Doe"));
    }
    svt_reading("", &["decode"])
        .assert_unusable("give a token as an argument or on standard input");
}

#[test]
fn what_is_no_token_cannot_be_decoded() {
    svt(&["decode", "nonsense"]).assert_unusable("three parts");
    svt(&["decode", "a.b.c"]).assert_unusable("header is not");
    svt(&["decode", &format!("{SAMPLE}=")]).assert_unusable("signature is not canonical base64url");
}

#[test]
fn the_sample_of_the_notes_has_a_valid_signature_under_a_secret_that_is_warned_of() {
    let checked = svt(&["verify", "--jws", "--secret", SAMPLE_SECRET, SAMPLE]);
    assert_eq!(checked.code, 0);
    assert!(checked.out.contains("valid signature"));
    assert!(
        checked.err.contains("warning") && checked.err.contains("152 bits"),
        "{}",
        checked.err
    );
    let wrong = svt(&["verify", "--jws", "--secret", "your-256-bit-secreT", SAMPLE]);
    assert_eq!(wrong.code, 1);
    assert!(wrong.out.contains("invalid: the signature does not match"));
}

#[test]
fn the_sample_of_the_notes_is_no_access_token_and_every_reason_is_given() {
    let checked = svt(&["verify", "--json", "--secret", SAMPLE_SECRET, SAMPLE]);
    assert_eq!(checked.code, 1);
    let answer = checked.json();
    assert_eq!(answer["valid"], false);
    assert_eq!(answer["claims"]["name"], "John Doe");
    let reason = answer["reason"].as_str().unwrap();
    for part in [
        "exp is missing",
        "typ is \"JWT\"",
        "iss is missing",
        "152 bits",
    ] {
        assert!(reason.contains(part), "{part} is not in {reason}");
    }
    assert!(!reason.contains("signature"), "{reason}");
}

#[test]
fn what_is_signed_is_verified_under_every_algorithm() {
    for algorithm in Algorithm::ALL {
        let keys = Keys::of(algorithm);
        let token = keys.sign(&claims());
        let at = NOW.to_string();
        // An HS256 key is in no public file: there the private one verifies.
        let files: &[&str] = match algorithm {
            Algorithm::HS256 => &["private.json"],
            _ => &["private.json", "public.json", "jwks.json"],
        };
        for file in files {
            let path = keys.path(file);
            let arguments = [
                "verify",
                "--jwk",
                text(&path),
                "--iss",
                ISSUER,
                "--aud",
                "bank",
                "--at",
                &at,
                "--json",
                &token,
            ];
            let checked = svt(&arguments);
            let expected = json!({
                "valid": true,
                "reason": null,
                "header": checked.json()["header"],
                "claims": claims(),
            });
            assert_eq!(
                (checked.code, checked.json()),
                (0, expected),
                "{algorithm} under {file}"
            );
            assert_eq!(checked.json()["header"]["alg"], algorithm.as_str());
            assert_eq!(checked.json()["header"]["typ"], "at+jwt");
        }
    }
}

#[test]
fn the_time_of_the_check_can_be_chosen_in_either_notation() {
    let keys = Keys::of(Algorithm::EdDSA);
    let token = keys.sign(&claims());
    let public = keys.path("public.json");
    let verify = |more: &[&str]| {
        let mut arguments = vec!["verify", "--jwk", text(&public), &token];
        arguments.extend(more);
        svt(&arguments)
    };
    for (at, code) in [
        ("2023-11-14T22:28:19Z", 0),
        ("2023-11-14T22:28:20Z", 1),
        ("1700000899", 0),
        ("1700000900", 1),
        ("-1", 1),
    ] {
        assert_eq!(verify(&["--at", at]).code, code, "{at}");
    }
    assert_eq!(verify(&["--at", "1700000959", "--leeway", "60s"]).code, 0);
    assert_eq!(verify(&["--at", "1700000959", "--leeway", "59"]).code, 1);
    let now = verify(&[]);
    assert_eq!(now.code, 1);
    assert!(
        now.out.contains("invalid: expired at 2023-11-14T22:28:20Z"),
        "{}",
        now.out
    );
    for wrong in [["--at", "tomorrow"], ["--leeway", "61s"]] {
        let refused = verify(&wrong);
        assert_eq!(refused.code, 2);
        assert!(refused.err.contains("accepted"), "{}", refused.err);
    }
}

#[test]
fn another_issuer_or_audience_is_named_in_the_reason() {
    let keys = Keys::of(Algorithm::ES256);
    let token = keys.sign(&claims());
    let public = keys.path("public.json");
    let verify = |option: &str, value: &str| {
        let at = NOW.to_string();
        svt(&[
            "verify",
            "--jwk",
            text(&public),
            "--at",
            &at,
            option,
            value,
            &token,
        ])
    };
    let issuer = verify("--iss", "http://evil.localhost");
    assert_eq!(issuer.code, 1);
    assert!(
        issuer
            .out
            .contains(&format!("invalid: issued by \"{ISSUER}\"")),
        "{}",
        issuer.out
    );
    let audience = verify("--aud", "shop");
    assert_eq!(audience.code, 1);
    assert!(
        audience
            .out
            .contains("invalid: meant for [\"bank\", \"other\"]"),
        "{}",
        audience.out
    );
}

#[test]
fn what_is_no_token_is_invalid_rather_than_unusable() {
    let checked = svt(&[
        "verify",
        "--json",
        "--secret",
        "at least thirty-two bytes of secret",
        "nonsense",
    ]);
    assert_eq!(checked.code, 1);
    let answer = checked.json();
    assert_eq!(
        (&answer["valid"], &answer["header"]),
        (&json!(false), &Value::Null)
    );
    assert!(answer["reason"].as_str().unwrap().contains("three parts"));
}

#[test]
fn keys_that_cannot_be_used_are_named_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.json");
    svt(&["verify", "--jwk", text(&path), SAMPLE]).assert_unusable("key.json");
    for (key, said) in [
        ("nonsense", "not JSON"),
        ("{}", "no kty"),
        (r#"{"keys":[]}"#, "empty"),
        (r#"{"kty":"oct","k":"c2hvcnQ"}"#, "40 bits"),
        (r#"{"kty":"oct","use":"enc","k":"c2hvcnQ"}"#, "use \"enc\""),
        (
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            "PEM",
        ),
    ] {
        std::fs::write(&path, key).unwrap();
        let checked = svt(&["verify", "--jwk", text(&path), SAMPLE]);
        checked.assert_unusable(said);
        assert!(
            checked
                .err
                .contains("a JWK, a JWKS or a PEM key is accepted")
        );
        assert_eq!(svt(&["sign", "--jwk", text(&path), "{}"]).code, 2);
    }
    svt(&["verify", "--jws", "--secret", "", SAMPLE]).assert_unusable("0 bits");
    svt(&["sign", "--secret", SAMPLE_SECRET, "{}"]).assert_unusable("152 bits");
}

#[test]
fn a_key_is_needed_and_one_is_enough() {
    assert_eq!(svt(&["verify", SAMPLE]).code, 2);
    assert_eq!(
        svt(&["verify", "--secret", "x", "--jwk", "y", SAMPLE]).code,
        2
    );
    assert_eq!(svt(&["sign", "{}"]).code, 2);
}

#[test]
fn claims_are_read_from_an_argument_a_file_or_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("claims.json");
    std::fs::write(&file, "{\"sub\":\"1\"}\n").unwrap();
    let key = ["--secret", "at least thirty-two bytes of secret"];
    let sign =
        |more: &[&str]| svt_reading("{\"sub\":\"1\"}", &[&["sign"], &key[..], more].concat());
    let tokens = [
        sign(&["{\"sub\":\"1\"}"]),
        sign(&["--file", text(&file)]),
        sign(&[]),
        sign(&["-"]),
    ];
    for signed in &tokens {
        assert_eq!(
            (signed.code, &signed.out),
            (0, &tokens[0].out),
            "{}",
            signed.err
        );
    }
    let typed = sign(&["--typ", "JWT"]);
    let decoded = svt(&["decode", "--json", typed.out.trim_end()]);
    assert_eq!(
        decoded.json()["header"],
        json!({"alg": "HS256", "typ": "JWT"})
    );
}

#[test]
fn claims_that_no_verifier_would_read_are_not_signed() {
    for claims in [
        "nonsense",
        "[]",
        "\"text\"",
        "{\"sub\":\"1\",\"sub\":\"2\"}",
        "{} {}",
    ] {
        let refused = svt(&[
            "sign",
            "--secret",
            "at least thirty-two bytes of secret",
            claims,
        ]);
        refused.assert_unusable("one JSON object is accepted");
    }
}

#[test]
fn a_signature_over_something_that_is_no_json_is_checked_too() {
    // RFC 8037 appendix A.4.
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.json");
    std::fs::write(
        &key,
        r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
    )
    .unwrap();
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let checked = svt(&["verify", "--jws", "--jwk", text(&key), "--json", token]);
    assert_eq!(checked.code, 0);
    let expected =
        json!({"valid": true, "reason": null, "header": {"alg": "EdDSA"}, "claims": null});
    assert_eq!(checked.json(), expected);
}

#[test]
fn a_token_cannot_drive_the_terminal() {
    // ESC and CSI in the signature, CSI and a mark of direction in a claim.
    let secret = ["--secret", "at least thirty-two bytes of secret"];
    let claims = "{\"username\":\"\u{9b}31m\u{202e}ecila\"}";
    let signed = svt(&["sign", secret[0], secret[1], claims]);
    let broken = format!("{}\u{1b}[31m\u{9b}", signed.out.trim_end());
    for token in [signed.out.trim_end(), &broken] {
        let checked = svt(&["verify", "--jws", secret[0], secret[1], token]);
        for dangerous in ['\u{1b}', '\u{9b}', '\u{202e}'] {
            assert!(
                !checked.out.contains(dangerous),
                "{dangerous:?} in {}",
                checked.out
            );
        }
    }
}

#[test]
fn help_explains_each_command_with_examples() {
    for command in ["decode", "verify", "sign"] {
        let help = svt(&[command, "--help"]);
        assert_eq!(help.code, 0);
        assert!(
            help.out.contains("Examples:") && help.out.contains(&format!("svt token {command}"))
        );
    }
}
