//! The keys of the workbench: what is said of a bad one, and that each algorithm signs and checks.

use anyhow::Result;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tests::{WorkbenchPage, visit};

use crate::workbench::A3_KEY;

#[tokio::test]
async fn whatever_is_wrong_with_a_key_is_said() -> Result<()> {
    visit(async |visit| {
        let page = WorkbenchPage::open(&visit.browser, &visit.lab, "").await?;
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
        let page = WorkbenchPage::open(&visit.browser, &visit.lab, "").await?;
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
        let page = WorkbenchPage::open(&visit.browser, &visit.lab, "").await?;
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

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}
