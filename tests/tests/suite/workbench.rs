//! The workbench: a token is read, changed, signed and checked in the page, and nowhere else.

use anyhow::{Context, Result};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use tests::browser::Viewport;
use tests::{Browser, SpawnedLab, visit};
use thirtyfour::{By, Key};

use crate::keyboard::{tab_to, type_key};
use crate::language::WORDS_FROM_ELSEWHERE;
use crate::layout::{WHAT_CANNOT_BE_READ, WHAT_DOES_NOT_FIT};

/// RFC 7515, appendix A.1 and A.3: the payload has line breaks, and the claims are of 2011.
const RFC_PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const A1_KEY: &str = r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#;
const A3_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;

/// What the page says.
#[derive(Debug, Deserialize)]
struct Said {
    /// `good`, `bad`, `open`.
    mark: String,
    findings: Vec<String>,
    text: String,
    token: String,
}

impl Said {
    fn has(&self, finding: &str) -> bool {
        self.findings.iter().any(|found| found == finding)
    }
}

const READ: &str = "const list = [...document.querySelectorAll('#findings li')];
return { mark: document.querySelector('#verdict').dataset.mark, findings: list.map((item) => item.dataset.finding.replace('workbench-', '')),
  text: list.map((item) => item.textContent).join(' '), token: document.querySelector('#token').value };";

/// The page, open in a browser.
struct Workbench<'a>(&'a Browser);

impl<'a> Workbench<'a> {
    async fn open(browser: &'a Browser, lab: &SpawnedLab, query: &str) -> Result<Self> {
        let url = format!("{}/workbench{query}", lab.origins().app);
        browser.driver().goto(url).await?;
        let page = Self(browser);
        page.said().await?;
        Ok(page)
    }

    /// What is said once nothing is being checked.
    async fn said(&self) -> Result<Said> {
        let idle = "return document.querySelector('main')?.dataset.busy === 'false';";
        self.0.wait_for("the check", idle, json!(null)).await?;
        self.0.run(READ, json!(null)).await
    }

    /// Puts a text into a field, as if it were pasted.
    async fn paste(&self, field: &str, text: &str) -> Result<Said> {
        let paste = "const [id, text] = arguments[0]; const field = document.getElementById(id);
            field.value = text; field.dispatchEvent(new Event('input', { bubbles: true }));";
        let _: Value = self.0.run(paste, json!([field, text])).await?;
        self.said().await
    }

    /// Presses a button, and waits until it says what it did.
    async fn press(&self, button: &str) -> Result<Said> {
        let press = "document.querySelector('#did').textContent = ''; document.getElementById(arguments[0]).click();";
        let _: Value = self.0.run(press, json!(button)).await?;
        let did = "return document.querySelector('#did').textContent !== '';";
        self.0.wait_for(button, did, json!(null)).await?;
        self.said().await
    }

    async fn value(&self, field: &str) -> Result<String> {
        let value = "return document.getElementById(arguments[0]).value;";
        self.0.run(value, json!(field)).await
    }
}

#[tokio::test]
async fn the_sample_holds_under_its_secret_and_is_warned_of() -> Result<()> {
    visit(async |visit| {
        let page = Workbench::open(&visit.browser, &visit.lab, "").await?;
        let said = page.said().await?;
        assert_eq!(said.mark, "good", "{said:?}");
        let warned = ["short-secret", "no-exp", "no-aud", "no-iss", "typ"];
        let expected = std::iter::once("signature-good".to_owned());
        let expected = expected.chain(warned.map(|name| format!("warn-{name}")));
        assert_eq!(said.findings, expected.collect::<Vec<_>>());
        assert!(said.text.contains("19 bytes"), "{}", said.text);
        assert!(
            page.value("payload")
                .await?
                .contains("\"name\": \"John Doe\"")
        );
        let words: String = visit
            .browser
            .run(
                "return document.querySelector('#payload-meanings').textContent;",
                json!(null),
            )
            .await?;
        assert!(words.contains("Jan 18, 2018, 01:30:22 UTC"), "{words}");

        let edited = page.value("payload").await?.replace("John", "Jane");
        let said = page.paste("payload", &edited).await?;
        assert_eq!(said.mark, "bad");
        assert!(said.has("signature-bad"), "{said:?}");
        let said = page.press("sign").await?;
        assert_eq!(said.mark, "good", "{said:?}");
        assert!(page.value("payload").await?.contains("Jane Doe"));
        let said = page.paste("verify-key", "another secret").await?;
        assert!(said.has("signature-bad"), "{said:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_token_of_the_bank_holds_under_its_published_keys_until_it_expires() -> Result<()> {
    visit(async |visit| {
        let jwt = &visit.lab.origins().jwt;
        let body = json!({ "username": "alice", "password": "white-rabbit-1865" });
        let login = visit.lab.client().post(format!("{jwt}/login")).json(&body);
        let login: Value = login.send().await?.json().await?;
        let token = login["access_token"].as_str().context("no token")?;
        let jwks = visit
            .lab
            .client()
            .get(format!("{jwt}/.well-known/jwks.json"));
        let jwks = jwks.send().await?.text().await?;

        let page = Workbench::open(&visit.browser, &visit.lab, "").await?;
        page.paste("verify-key", &jwks).await?;
        let said = page
            .paste("token", &format!("Authorization: Bearer {token}\n"))
            .await?;
        assert_eq!(
            (said.mark.as_str(), said.findings.len()),
            ("good", 2),
            "{said:?}"
        );
        assert!(
            said.has("not-expired") && said.text.contains("in 15 minutes"),
            "{said:?}"
        );
        // Under the text of the same key as a secret, which is the confusion that the bank does not fall for.
        let said = page
            .paste("header", r#"{"alg":"HS256","typ":"at+jwt"}"#)
            .await?;
        assert!(said.has("set-none-fits") && said.mark == "bad", "{said:?}");

        visit.lab.advance("1d").await?;
        let page = Workbench::open(&visit.browser, &visit.lab, "").await?;
        page.paste("verify-key", &jwks).await?;
        let said = page.paste("token", token).await?;
        assert!(
            said.has("expired") && said.has("signature-good") && said.mark == "bad",
            "{said:?}"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_examples_of_rfc_7515_hold_as_they_are_written() -> Result<()> {
    visit(async |visit| {
        let page = Workbench::open(&visit.browser, &visit.lab, "").await?;
        for (header, signature, key) in [
            ("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", A1_KEY),
            ("eyJhbGciOiJFUzI1NiJ9", "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q", A3_KEY),
        ] {
            page.paste("verify-key", key).await?;
            let said = page.paste("token", &format!("{header}.{RFC_PAYLOAD}.{signature}")).await?;
            assert!(said.has("signature-good") && said.has("expired"), "{said:?}");
            let turned = signature.replacen('D', "E", 1).replacen('d', "e", 1);
            let said = page.paste("token", &format!("{header}.{RFC_PAYLOAD}.{turned}")).await?;
            assert!(said.has("signature-bad"), "{said:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn whatever_is_wrong_with_a_token_is_said_with_its_place() -> Result<()> {
    let b64 = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let header = b64(r#"{"alg":"HS256"}"#);
    visit(async |visit| {
        let page = Workbench::open(&visit.browser, &visit.lab, "").await?;
        for (token, finding, words) in [
            (String::new(), "fault-empty", "no token"),
            ("hello".to_owned(), "fault-parts", "This has 1."),
            ("a.b.c.d".to_owned(), "fault-parts", "This has 4."),
            (format!("{header}.x.y.z.w"), "fault-jwe", "encrypted"),
            (
                format!("{header}.e30=.AAAA"),
                "fault-padding",
                "payload has a “=” at place 4",
            ),
            (
                format!("{header}.e30.AA+A"),
                "fault-base64",
                "signature has a “+” at place 3",
            ),
            (
                format!("{header}.e3ü0.AAAA"),
                "fault-letter",
                "“ü” at place 3",
            ),
            (
                format!("{header}.e30.AAAAA"),
                "fault-length",
                "signature has 5 letters",
            ),
            (
                format!("{header}.e31.AAAA"),
                "fault-canonical",
                "last letter of the payload",
            ),
            (
                format!("{header}..AAAA"),
                "fault-missing",
                "payload is empty",
            ),
            (
                format!("{header}.{}.AAAA", b64("{\n \"a\": 1,\n}")),
                "fault-json",
                "line 3, column 1",
            ),
            (
                format!("{header}.{}.AAAA", b64("{\"a\": tru}")),
                "fault-json",
                "line 1, column 7",
            ),
            (
                format!("{header}.{}.AAAA", b64("[1]")),
                "fault-object",
                "payload is JSON, but not an object",
            ),
            (
                format!(
                    "{}.e30.AAAA",
                    b64(r#"{"alg":"HS256","a":{"kid":1,"kid":2}}"#)
                ),
                "fault-duplicate",
                "header has “kid” twice",
            ),
            (
                format!("{header}.gICA.AAAA"),
                "fault-utf8",
                "not text in UTF-8",
            ),
            (
                format!("{}.e30.", b64(r#"{"alg":"none"}"#)),
                "signature-none",
                "nothing is signed",
            ),
            (
                format!("{}.e30.AAAA", b64(r#"{"alg":"HS1"}"#)),
                "unknown-alg",
                "“HS1”",
            ),
            (
                format!("{}.e30.AAAA", b64(r#"{"alg":"HS256","crit":["b64"]}"#)),
                "crit",
                "b64",
            ),
            (
                format!("{}.e30.AAAA", b64(r#"{"alg":"ES256"}"#)),
                "mismatch-secret",
                "needs a public key",
            ),
            (
                format!("{}.e30.AAAA", b64(r#"{"alg":"HS256","jku":"https://x"}"#)),
                "warn-header-key",
                "(jku)",
            ),
            (
                format!("{header}.{}.AAAA", b64(r#"{"exp":"soon"}"#)),
                "time-type",
                "exp is not a number",
            ),
            (
                format!("{header}.{}.AAAA", b64(r#"{"exp":1760000000000}"#)),
                "time-milliseconds",
                "milliseconds",
            ),
            (
                format!("{header}.{}.AAAA", b64(r#"{"nbf":9999999999}"#)),
                "not-yet",
                "Not valid before",
            ),
            (
                format!("{header}.{}.AAAA", b64(r#"{"iat":1,"exp":7202}"#)),
                "warn-long-life",
                "It lives 2 h",
            ),
            (
                format!("{header}.{}.AAAA", b64(r#"{"password":"x"}"#)),
                "warn-secret-claim",
                "“password”",
            ),
        ] {
            let said = page.paste("token", &token).await?;
            assert!(said.has(finding), "{token}: {said:?}");
            assert!(said.text.contains(words), "{token}: {said:?}");
            assert_eq!(said.mark, "bad", "{token}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn whatever_is_wrong_with_a_key_is_said() -> Result<()> {
    visit(async |visit| {
        let page = Workbench::open(&visit.browser, &visit.lab, "").await?;
        assert_eq!(page.paste("verify-key", "").await?.mark, "open");
        for (key, finding) in [
            (A3_KEY.to_owned(), "mismatch-confusion"),
            ("{\"kty\":".to_owned(), "key-json"),
            ("{\"a\":1}".to_owned(), "key-no-jwk"),
            ("{\"keys\":[]}".to_owned(), "key-empty-set"),
            (
                "{\"kty\":\"oct\",\"kty\":\"oct\"}".to_owned(),
                "key-duplicate",
            ),
            ("-----BEGIN PUBLIC KEY-----".to_owned(), "key-pem"),
            (pem("CERTIFICATE", b"x"), "key-certificate"),
            (pem("ENCRYPTED PRIVATE KEY", b"x"), "key-encrypted"),
            (pem("RSA PRIVATE KEY", b"x"), "key-old-pem"),
            (pem("PUBLIC KEY", b"x"), "mismatch-confusion"),
        ] {
            let said = page.paste("verify-key", &key).await?;
            assert!(said.has(finding) && said.mark == "bad", "{key}: {said:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_new_key_of_every_algorithm_signs_and_only_it_verifies() -> Result<()> {
    visit(async |visit| {
        let page = Workbench::open(&visit.browser, &visit.lab, "").await?;
        for algorithm in ["HS256", "ES256", "EdDSA", "RS256"] {
            page.paste("algorithm", algorithm).await?;
            let said = page.press("make-key").await?;
            assert!(said.has("signature-bad"), "{algorithm}: {said:?}");
            let said = page.press("sign").await?;
            assert_eq!(said.mark, "good", "{algorithm}: {said:?}");
            assert!(
                !page.value("verify-key").await?.contains("\"d\""),
                "{algorithm}: private"
            );
            let first = said.token;
            page.press("make-key").await?;
            let said = page.paste("token", &first).await?;
            assert!(said.has("signature-bad"), "{algorithm}: {said:?}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_private_key_in_pem_signs_and_checks_and_a_public_one_only_checks() -> Result<()> {
    visit(async |visit| {
        let pair = Ed25519KeyPair::generate()?;
        let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair)?;
        let private = pem("PRIVATE KEY", private.as_ref());
        let page = Workbench::open(&visit.browser, &visit.lab, "").await?;
        page.paste("header", r#"{"alg":"EdDSA","typ":"at+jwt"}"#)
            .await?;
        page.paste("sign-key", &private).await?;
        page.press("sign").await?;
        let said = page.paste("verify-key", &private).await?;
        assert!(said.has("signature-good"), "{said:?}");
        page.paste("header", r#"{"alg":"ES256"}"#).await?;
        page.paste("sign-key", A3_KEY).await?;
        page.press("sign").await?;
        let did: String = visit
            .browser
            .run(
                "return document.querySelector('#did').textContent;",
                json!(null),
            )
            .await?;
        assert_eq!(
            did,
            "To sign, the private key is needed. This one is public."
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn nothing_that_is_typed_leaves_the_page_or_is_kept() -> Result<()> {
    visit(async |visit| {
        let page = Workbench::open(&visit.browser, &visit.lab, "").await?;
        let traces = "return [performance.getEntriesByType('resource').length, localStorage.length, sessionStorage.length, document.cookie, location.href];";
        let before: Value = visit.browser.run(traces, json!(null)).await?;
        assert!(before[0].as_u64() > Some(5), "the page loads something: {before}");
        for algorithm in ["HS256", "EdDSA"] {
            page.paste("algorithm", algorithm).await?;
            page.press("make-key").await?;
            page.press("sign").await?;
        }
        // Addresses in a header are there to be warned of, and not to be followed.
        let evil = &visit.lab.origins().evil;
        let header = json!({ "alg": "EdDSA", "jku": format!("{evil}/stage/naive/jwks?jwk=e30"), "x5u": evil });
        let said = page.paste("header", &header.to_string()).await?;
        assert!(said.has("warn-header-key"), "{said:?}");
        page.press("sign").await?;
        page.press("copy").await?;
        let after: Value = visit.browser.run(traces, json!(null)).await?;
        assert_eq!(before, after);
        assert_eq!(visit.lab.exchanges().await?, Vec::<Value>::new());
        // What the browser counts it would have counted.
        let send = "const done = arguments[arguments.length - 1]; fetch('/static/img/favicon.svg?').then(() => done(1));";
        visit.browser.driver().execute_async(send, Vec::new()).await?;
        let more: Value = visit.browser.run(traces, json!(null)).await?;
        assert!(more[0].as_u64() > after[0].as_u64(), "{more}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_token_is_changed_and_signed_without_a_mouse() -> Result<()> {
    visit(async |visit| {
        let page = Workbench::open(&visit.browser, &visit.lab, "").await?;
        tab_to(&visit.browser, "#payload").await?;
        let payload = visit.browser.driver().find(By::Id("payload")).await?;
        payload.send_keys(Key::Control + "a").await?;
        payload.send_keys(r#"{"sub":"7","exp":9999999999}"#).await?;
        let said = page.said().await?;
        assert!(
            said.has("signature-bad") && said.has("not-expired"),
            "{said:?}"
        );
        // A letter that is typed is a letter, and signs nothing.
        payload.send_keys(Key::Left + "").await?;
        payload.send_keys(",\"s\":1").await?;
        assert!(page.said().await?.has("signature-bad"));
        tab_to(&visit.browser, "#sign").await?;
        type_key(&visit.browser, Key::Enter).await?;
        let signed = "return document.querySelector('#verdict').dataset.mark === 'good';";
        visit
            .browser
            .wait_for("the signature", signed, json!(null))
            .await?;
        assert!(page.value("payload").await?.contains("\"s\": 1"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_workbench_fits_a_telephone_and_can_be_read_and_all_of_it_is_in_the_catalogue()
-> Result<()> {
    visit(async |visit| {
        for (viewport, dark) in [
            (Viewport::PHONE, false),
            (Viewport::PHONE, true),
            (Viewport::DESKTOP, false),
            (Viewport::DESKTOP, true),
        ] {
            if dark {
                visit.browser.prefer_dark().await?;
            } else {
                visit.browser.prefer_light().await?;
            }
            visit.browser.resize(viewport).await?;
            let page = Workbench::open(&visit.browser, &visit.lab, "?lang=qps").await?;
            let edited = page
                .value("payload")
                .await?
                .replace("1516239022", "1516239022, \"exp\": 1");
            page.paste("payload", &edited).await?;
            page.press("make-key").await?;
            page.paste("header", "{").await?;
            for script in [WHAT_DOES_NOT_FIT, WHAT_CANNOT_BE_READ, WORDS_FROM_ELSEWHERE] {
                let faults: Vec<String> = visit.browser.run(script, json!(null)).await?;
                assert!(faults.is_empty(), "{viewport:?}, dark {dark}: {faults:#?}");
            }
        }
        Ok(())
    })
    .await
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}
