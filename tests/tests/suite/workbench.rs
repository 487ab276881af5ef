//! The workbench: a token is read, changed, signed and checked in the page, and nowhere else.

use anyhow::{Context, Result};
use base64::Engine as _;
use serde_json::{Value, json};
use tests::browser::Viewport;
use tests::{WorkbenchPage, visit};
use thirtyfour::{By, Key};

use crate::keyboard::{tab_to, type_key};
use crate::language::WORDS_FROM_ELSEWHERE;
use crate::layout::{WHAT_CANNOT_BE_READ, WHAT_DOES_NOT_FIT};

/// RFC 7515, appendix A.1 and A.3: the payload has line breaks, and the claims are of 2011.
const RFC_PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
const A1_KEY: &str = r#"{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}"#;
pub(crate) const A3_KEY: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;

#[tokio::test]
async fn the_sample_holds_under_its_secret_and_is_warned_of() -> Result<()> {
    visit(async |visit| {
        let page = WorkbenchPage::open(&visit.browser, &visit.lab, "").await?;
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

        let page = WorkbenchPage::open(&visit.browser, &visit.lab, "").await?;
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
        let page = WorkbenchPage::open(&visit.browser, &visit.lab, "").await?;
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
        let page = WorkbenchPage::open(&visit.browser, &visit.lab, "").await?;
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
        let page = WorkbenchPage::open(&visit.browser, &visit.lab, "").await?;
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
async fn nothing_that_is_typed_leaves_the_page_or_is_kept() -> Result<()> {
    visit(async |visit| {
        let page = WorkbenchPage::open(&visit.browser, &visit.lab, "").await?;
        // The icon is fetched whenever the browser finds the time.
        let traces = "return { asked: performance.getEntriesByType('resource').filter(({ startTime }) => startTime > arguments[0])
              .map(({ name }) => new URL(name).pathname).filter((path) => !path.endsWith('favicon.svg')),
            kept: [localStorage.length, sessionStorage.length, document.cookie, location.href] };";
        let loaded: f64 = visit.browser.run("return performance.now();", json!(null)).await?;
        let before: Value = visit.browser.run(traces, json!(0)).await?;
        assert!(before["asked"].as_array().context("no list")?.len() > 5, "the page loads something: {before}");
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
        // A request of our own, last: when the browser has counted it, it has counted whatever came before.
        let send = "fetch('/static/css/base.css').then((answer) => answer.text());";
        let _: Value = visit.browser.run(send, json!(null)).await?;
        let counted = traces.replace("return {", "const all = {");
        let counted = format!("{counted} return all.asked.includes('/static/css/base.css');");
        visit.browser.wait_for("our own request", &counted, json!(loaded)).await?;
        let after: Value = visit.browser.run(traces, json!(loaded)).await?;
        assert_eq!(after["asked"], json!(["/static/css/base.css"]));
        assert_eq!(before["kept"], after["kept"]);
        assert_eq!(visit.lab.exchanges().await?, Vec::<Value>::new());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_token_is_changed_and_signed_without_a_mouse() -> Result<()> {
    visit(async |visit| {
        let page = WorkbenchPage::open(&visit.browser, &visit.lab, "").await?;
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
            let page = WorkbenchPage::open(&visit.browser, &visit.lab, "?lang=qps").await?;
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
