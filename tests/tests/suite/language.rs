//! Every visible word comes from the catalogue.

use anyhow::Result;
use serde_json::json;
use tests::{WirePage, visit};

/// In the pseudo-language every message stands in ⟦ ⟧, so a word outside of them did not come from the catalogue. What is data
/// is left out: code, the users, times that the browser itself formats, and in a diagram what crossed the wire.
pub(crate) const WORDS_FROM_ELSEWHERE: &str = r##"
const DATA = "script, noscript, style, code, pre, kbd, samp, #user, #lab-time, [translate=no], .origin, .kept, #message-title, #message tbody td:last-child";
// The name of a step, beside which a message says why it is there.
const STEP = "#message tbody th";
const DRAWN_DATA = "[data-field=request-line], [data-field=request-credential], [data-field=response-line], [data-field=response-what], [data-field=result], .mono, [data-step] text, [data-field=time], .request text";
const faults = [];
// The attributes of a cookie are shown as they were set (RFC 6265bis §4.1.1).
const ATTRIBUTE = /^(HttpOnly|Secure|Partitioned|SameSite=\w+|(Path|Domain|Max-Age|Expires)=.*)$/;
const isWord = (text) => /\p{Letter}/u.test(text);
const outside = (text) => {
  let depth = 0;
  let rest = "";
  for (const character of text) {
    if (character === "⟦") depth += 1;
    else if (character === "⟧") depth -= 1;
    else if (depth === 0) rest += character;
  }
  return rest;
};
const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (element.closest(DATA) !== null || element.closest(DRAWN_DATA) !== null) continue;
  if (element.matches(STEP) || ATTRIBUTE.test(walker.currentNode.data.trim())) continue;
  // A text may be cut into spans by its colours: it is judged whole.
  const whole = element.closest("text") ?? element;
  if (isWord(outside(whole.textContent)) && isWord(outside(walker.currentNode.data))) faults.push(`text: ${walker.currentNode.data.trim()}`);
}
for (const name of ["title", "aria-label", "alt", "placeholder", "aria-description"]) {
  for (const element of document.querySelectorAll(`[${name}]`)) {
    if (element.closest("[data-step], [data-row], [translate=no]") !== null) continue;
    // The name of an arrow tells what is drawn on it, and then what pressing it does.
    const said = element.getAttribute(name);
    if (element.hasAttribute("data-opens") ? !said.includes("⟦") : isWord(outside(said))) faults.push(`${name}: ${element.getAttribute(name)}`);
  }
}
return [...new Set(faults)];
"##;

async fn assert_all_is_said(page: WirePage<'_>, when: &str) -> Result<()> {
    let faults: Vec<String> = page
        .browser()
        .run(WORDS_FROM_ELSEWHERE, json!(null))
        .await?;
    assert!(faults.is_empty(), "{when}: {faults:#?}");
    Ok(())
}

#[tokio::test]
async fn no_word_of_the_first_page_is_written_into_a_template_or_a_script() -> Result<()> {
    visit(async |visit| {
        let page = WirePage::open(&visit.browser, &visit.lab.origins().app, "?lang=qps").await?;
        assert_all_is_said(page, "before anything").await?;
        for button in ["#read-balance", "#log-in", "#read-balance", "#transfer", "#log-out", "#replay"] {
            let said = page.press(button).await?;
            assert!(said.starts_with('⟦') && said.ends_with('⟧'), "{said}");
            assert_all_is_said(page, &format!("after {button}")).await?;
        }
        page.press("#log-in").await?;
        for step in ["15m", "7d", "30d"] {
            page.advance(step).await?;
            page.press("#read-balance").await?;
            assert_all_is_said(page, &format!("after {step}")).await?;
        }
        for part in ["request", "response"] {
            let open = "[...document.querySelectorAll(`[data-opens=${arguments[0]}]`)].at(-1).dispatchEvent(new MouseEvent('click', { bubbles: true }));";
            page.browser().run::<serde_json::Value>(open, json!(part)).await?;
            assert_all_is_said(page, &format!("with the {part} open")).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_word_that_is_written_into_the_page_is_found() -> Result<()> {
    visit(async |visit| {
        let page = WirePage::open(&visit.browser, &visit.lab.origins().app, "?lang=qps").await?;
        let plant = "document.querySelector('#log-in').textContent = 'Log in'; document.querySelector('#theme').title = 'Theme';";
        visit.browser.run::<serde_json::Value>(plant, json!(null)).await?;
        let faults: Vec<String> = page.browser().run(WORDS_FROM_ELSEWHERE, json!(null)).await?;
        assert_eq!(faults, ["text: Log in", "title: Theme"]);
        Ok(())
    })
    .await
}
