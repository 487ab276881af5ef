//! The page without a mouse.

use anyhow::{Result, ensure};
use serde_json::json;
use tests::{Browser, Lane, WirePage, visit};
use thirtyfour::Key;

/// Presses a key wherever the focus is.
pub(crate) async fn type_key(browser: &Browser, key: impl Into<char>) -> Result<()> {
    browser
        .driver()
        .action_chain()
        .send_keys(String::from(key.into()))
        .perform()
        .await?;
    Ok(())
}

async fn focus_is_on(browser: &Browser, selector: &str) -> Result<bool> {
    browser
        .run(
            "return document.activeElement?.matches(arguments[0]) ?? false;",
            json!(selector),
        )
        .await
}

/// Tabs on until the focus is there.
pub(crate) async fn tab_to(browser: &Browser, selector: &str) -> Result<()> {
    for _ in 0..120 {
        if focus_is_on(browser, selector).await? {
            return Ok(());
        }
        type_key(browser, Key::Tab).await?;
    }
    ensure!(
        focus_is_on(browser, selector).await?,
        "Tab never comes to {selector}"
    );
    Ok(())
}

async fn type_and_wait(page: WirePage<'_>, key: impl Into<char>) -> Result<String> {
    type_key(page.browser(), key).await?;
    page.idle().await?;
    page.announced().await
}

#[tokio::test]
async fn everything_can_be_done_with_tab_enter_and_space() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        let browser = &visit.browser;
        tab_to(browser, "#user").await?;
        type_key(browser, Key::Down).await?;
        tab_to(browser, "#log-in").await?;
        assert_eq!(
            type_and_wait(page, Key::Enter).await?,
            "On both: bob is logged in."
        );
        tab_to(browser, "#read-balance").await?;
        let said = type_and_wait(page, ' ').await?;
        assert!(said.starts_with("On both: the balance is"), "{said}");

        tab_to(browser, ".lane[data-lane=token] [data-opens=response]").await?;
        type_key(browser, Key::Enter).await?;
        browser
            .wait_for(
                "the dialog",
                "return document.querySelector('#message[open]') !== null;",
                json!(null),
            )
            .await?;
        type_key(browser, Key::Escape).await?;
        browser
            .wait_for(
                "the dialog to close",
                "return document.querySelector('#message[open]') === null;",
                json!(null),
            )
            .await?;
        assert!(
            focus_is_on(browser, "[data-opens=response]").await?,
            "the focus comes back to the arrow"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn tab_comes_to_every_control_and_shows_where_it_is() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        let list = r#"
            const controls = [...document.querySelectorAll("a[href], button, select, input, [tabindex='0']")]
              .filter((control) => control.checkVisibility() && !control.disabled && control.closest("dialog:not([open])") === null)
              .filter((control) => control.type !== "radio" || control.checked);
            controls.forEach((control, index) => control.setAttribute("data-control", index));
            document.activeElement?.blur();
            return controls.length;
        "#;
        let count: usize = visit.browser.run(list, json!(null)).await?;
        assert!(count > 15, "only {count} controls");
        let look = r#"
            const at = document.activeElement;
            if (!at?.hasAttribute("data-control")) return null;
            const style = getComputedStyle(at);
            // A visually hidden radio shows its focus on its label, an arrow on its frame.
            const near = [at, at.nextElementSibling, at.parentElement, ...at.querySelectorAll("*")].filter(Boolean).map((element) => getComputedStyle(element));
            const seen = near.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== "none" || (style.stroke !== "none" && style.stroke !== "" && at.namespaceURI.endsWith("svg")));
            return [at.getAttribute("data-control"), seen, at.outerHTML.slice(0, 80)];
        "#;
        let mut reached = std::collections::BTreeSet::new();
        for _ in 0..count * 2 + 10 {
            type_key(&visit.browser, Key::Tab).await?;
            let at: Option<(String, bool, String)> = visit.browser.run(look, json!(null)).await?;
            if let Some((control, is_seen, html)) = at {
                assert!(is_seen, "the focus is not to be seen on {html}");
                reached.insert(control);
            }
        }
        assert_eq!(reached.len(), count, "Tab reaches {} of {count} controls", reached.len());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn single_keys_do_what_the_buttons_do_and_can_be_switched_off() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        assert_eq!(
            type_and_wait(page, 'l').await?,
            "On both: alice is logged in."
        );
        let said = type_and_wait(page, 'b').await?;
        assert!(said.starts_with("On both: the balance is"), "{said}");
        type_and_wait(page, '1').await?;
        assert_eq!(visit.lab.state().await?["offset_seconds"], 900);
        assert_eq!(type_and_wait(page, 'o').await?, "On both: logged out.");

        type_key(&visit.browser, '?').await?;
        visit
            .browser
            .wait_for(
                "the list of keys",
                "return document.querySelector('#keys[open]') !== null;",
                json!(null),
            )
            .await?;
        tab_to(&visit.browser, "#single-keys").await?;
        type_key(&visit.browser, ' ').await?;
        type_key(&visit.browser, Key::Escape).await?;
        let drawn = page.drawn(Lane::Session).await?.len();
        type_and_wait(page, 'l').await?;
        assert_eq!(
            page.drawn(Lane::Session).await?.len(),
            drawn,
            "a key that is switched off does nothing"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn projected_the_arrow_keys_walk_from_exchange_to_exchange() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        type_key(&visit.browser, 'p').await?;
        let newest = type_and_wait(page, Key::Left).await?;
        let before = type_and_wait(page, Key::Left).await?;
        assert_ne!(newest, before);
        assert_eq!(type_and_wait(page, Key::Right).await?, newest);
        type_key(&visit.browser, Key::Escape).await?;
        let is_projected: bool = visit
            .browser
            .run(
                "return 'present' in document.documentElement.dataset;",
                json!(null),
            )
            .await?;
        assert!(!is_projected);
        Ok(())
    })
    .await
}
