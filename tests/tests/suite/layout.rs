//! The page on a telephone, on a desktop, and projected; light and dark.

use anyhow::Result;
use serde_json::json;
use tests::browser::Viewport;
use tests::{ExperimentPage, Lane, WirePage, visit, walk};

/// Everything that sticks out of the page sideways, and every control that cannot be hit with a finger.
pub(crate) const WHAT_DOES_NOT_FIT: &str = r#"
const faults = [];
const root = document.documentElement;
if (root.scrollWidth > root.clientWidth) faults.push(`the page is ${root.scrollWidth} wide in ${root.clientWidth}`);
const name = (element) => `${element.tagName.toLowerCase()}#${element.id}.${element.getAttribute("class") ?? ""}`;
for (const area of document.querySelectorAll(".scroll, wire-diagram, dialog[open], dialog[open] .sheet")) {
  if (area.clientWidth > 0 && area.scrollWidth > area.clientWidth + 1) faults.push(`${name(area)} scrolls sideways`);
}
const shown = document.querySelector("dialog[open]") ?? document;
const controls = [...shown.querySelectorAll("button, select, a[href], [role=button], label:has(> input)")]
  .filter((control) => control.checkVisibility({ visibilityProperty: true }) && control.getBoundingClientRect().width > 0
    && control.closest(".table-scroll") === null); // A wide table scrolls by itself, and the page does not.
// WCAG 2.5.8: 24 pixels either way, or so much room that a circle of that size around it touches no other control.
const stands_alone = (control) => {
  const own = control.getBoundingClientRect();
  const [x, y] = [(own.left + own.right) / 2, (own.top + own.bottom) / 2];
  return controls.every((other) => {
    const { left, right, top, bottom } = other.getBoundingClientRect();
    const distance = Math.hypot(Math.max(left - x, x - right, 0), Math.max(top - y, y - bottom, 0));
    return other === control || distance >= 12;
  });
};
for (const control of controls) {
  const { left, right, width, height } = control.getBoundingClientRect();
  if (left < -0.5 || right > root.clientWidth + 0.5) faults.push(`${name(control)} lies between ${left} and ${right}`);
  // A line of a diagram is as high as its text, and opens the same message as the line beside it.
  const is_line = control.getAttribute("role") === "button";
  if (!is_line && (width < 24 || height < 24) && !stands_alone(control)) faults.push(`${name(control)} is ${width} × ${height}`);
}
for (const text of document.querySelectorAll("wire-diagram text")) {
  const frame = text.ownerSVGElement.getBoundingClientRect();
  const { left, right } = text.getBoundingClientRect();
  if (left < frame.left - 1 || right > frame.right + 1) faults.push(`“${text.textContent}” runs out of the diagram`);
}
return faults;
"#;

async fn assert_it_fits(page: WirePage<'_>, when: &str) -> Result<()> {
    let faults: Vec<String> = page.browser().run(WHAT_DOES_NOT_FIT, json!(null)).await?;
    assert!(faults.is_empty(), "{when}: {faults:#?}");
    Ok(())
}

async fn assert_it_fits_all_the_way(page: WirePage<'_>, where_: &str) -> Result<()> {
    assert_it_fits(page, &format!("{where_}, before anything")).await?;
    for button in ["#log-in", "#read-balance", "#transfer"] {
        page.press(button).await?;
        assert_it_fits(page, &format!("{where_}, after {button}")).await?;
    }
    page.advance("7d").await?;
    for button in ["#read-balance", "#log-out", "#replay"] {
        page.press(button).await?;
    }
    assert_it_fits(page, &format!("{where_}, at the end")).await?;
    for lane in Lane::ALL {
        let id = page.newest(lane).await?.id;
        let open = "document.querySelector(`g.exchange[data-exchange=\"${arguments[0]}\"] [data-opens=request]`).dispatchEvent(new MouseEvent('click', { bubbles: true }));";
        page.browser()
            .run::<serde_json::Value>(open, json!(id))
            .await?;
        assert_it_fits(page, &format!("{where_}, with a message open")).await?;
        page.browser()
            .run::<serde_json::Value>("document.querySelector('#message').close();", json!(null))
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn the_page_can_be_used_on_a_telephone() -> Result<()> {
    visit(async |visit| {
        visit.browser.resize(Viewport::PHONE).await?;
        assert_it_fits_all_the_way(visit.page().await?, "390 px").await
    })
    .await
}

#[tokio::test]
async fn the_page_fits_a_desktop_with_its_lanes_side_by_side() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        assert_it_fits_all_the_way(page, "1280 px").await?;
        let tops = "return [...document.querySelectorAll('section.lane')].map((lane) => lane.getBoundingClientRect().top);";
        let tops: Vec<f64> = visit.browser.run(tops, json!(null)).await?;
        assert_eq!(tops.len(), 2);
        assert!((tops[0] - tops[1]).abs() < 1.0, "{tops:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_projected_page_is_larger_and_still_fits() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        let size =
            "return parseFloat(getComputedStyle(document.querySelector('wire-diagram')).fontSize);";
        let normal: f64 = visit.browser.run(size, json!(null)).await?;
        page.press("#present").await?;
        let projected: f64 = visit.browser.run(size, json!(null)).await?;
        assert!(projected > normal * 1.2, "{projected} px after {normal} px");
        assert_it_fits(page, "projected").await?;
        for button in ["#log-in", "#read-balance"] {
            // Projected, the page is driven by keys; the buttons may be out of sight.
            let press = "document.querySelector(arguments[0]).click();";
            visit
                .browser
                .run::<serde_json::Value>(press, json!(button))
                .await?;
            page.idle().await?;
            assert_it_fits(page, &format!("projected, after {button}")).await?;
        }
        Ok(())
    })
    .await
}

/// Texts whose contrast with what is behind them is below WCAG's 4.5 (3 for large ones).
pub(crate) const WHAT_CANNOT_BE_READ: &str = r#"
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgba = (colour) => {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
};
const luminance = (rgb) => {
  const [r, g, b] = rgb.slice(0, 3).map((part) => part / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  const layers = [];
  for (let at = element; at !== null; at = at.parentElement) {
    const colour = rgba(getComputedStyle(at).backgroundColor);
    layers.unshift(colour);
    if (colour[3] === 255) break;
  }
  return layers.reduce((below, above) => below.map((part, i) => (i < 3 ? (above[i] * above[3] + part * (255 - above[3])) / 255 : 255)), [255, 255, 255, 255]);
};
const faults = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (walker.currentNode.data.trim() === "" || element.closest("svg, [hidden], .visually-hidden, script, noscript, option, :disabled") !== null) continue;
  if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
  const style = getComputedStyle(element);
  const [light, dark] = [luminance(rgba(style.color)), luminance(behind(element))].sort((a, b) => b - a);
  const contrast = (light + 0.05) / (dark + 0.05);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
  if (contrast < (large ? 3 : 4.5)) faults.push(`${contrast.toFixed(2)}: ${walker.currentNode.data.trim().slice(0, 40)}`);
}
return faults;
"#;

#[tokio::test]
async fn every_word_can_be_read_in_the_light_and_in_the_dark() -> Result<()> {
    visit(async |visit| {
        for dark in [false, true] {
            if dark {
                visit.browser.prefer_dark().await?;
            }
            let page = visit.page().await?;
            page.press("#log-in").await?;
            page.press("#log-out").await?;
            let faults: Vec<String> = visit.browser.run(WHAT_CANNOT_BE_READ, json!(null)).await?;
            assert!(faults.is_empty(), "dark {dark}: {faults:#?}");
            let ground: String = visit
                .browser
                .run(
                    "return getComputedStyle(document.body).backgroundColor;",
                    json!(null),
                )
                .await?;
            let brightness: u32 = ground
                .split(|c: char| !c.is_ascii_digit())
                .filter_map(|part| part.parse::<u32>().ok())
                .take(3)
                .sum();
            assert_eq!(brightness < 300, dark, "the ground is {ground}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_experiment_fits_a_telephone_and_can_be_read_before_and_after_the_run() -> Result<()> {
    visit(async |visit| {
        let app = &visit.lab.origins().app;
        let definition = walk::definition(&visit.lab, "first-login").await?;
        let check = async |when: String| -> Result<()> {
            for script in [WHAT_DOES_NOT_FIT, WHAT_CANNOT_BE_READ] {
                let faults: Vec<String> = visit.browser.run(script, json!(null)).await?;
                assert!(faults.is_empty(), "{when}: {faults:#?}");
            }
            Ok(())
        };
        for (size, viewport) in [("390 px", Viewport::PHONE), ("1280 px", Viewport::DESKTOP)] {
            for dark in [false, true] {
                if dark {
                    visit.browser.prefer_dark().await?;
                } else {
                    visit.browser.prefer_light().await?;
                }
                visit.browser.resize(viewport).await?;
                let theme = if dark { "dark" } else { "light" };
                visit
                    .browser
                    .driver()
                    .goto(format!("{app}/experiments"))
                    .await?;
                let done = "return document.querySelector('#done-count').textContent !== '';";
                visit
                    .browser
                    .wait_for("the contents", done, json!(null))
                    .await?;
                check(format!("the contents, {size}, {theme}")).await?;
                let page = ExperimentPage::open(&visit.browser, app, "first-login").await?;
                page.press("#reset-experiment").await?;
                check(format!("before the run, {size}, {theme}")).await?;
                page.run(&definition).await?;
                check(format!("after the run, {size}, {theme}")).await?;
            }
        }
        Ok(())
    })
    .await
}
