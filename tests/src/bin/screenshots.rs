//! Takes the pictures of the documents from a running lab: `cargo xtask screenshots`.

use std::path::Path;

use anyhow::{Context, Result};
use tests::browser::Viewport;
use tests::{Browser, SpawnedLab, WirePage};

/// Name, size, whether dark, whether projected.
const PICTURES: [(&str, u32, u32, bool, bool); 4] = [
    ("wire-light", 1280, 800, false, false),
    ("wire-dark", 1280, 800, true, false),
    ("wire-390", 390, 844, false, false),
    ("wire-present", 1280, 800, false, true),
];

#[tokio::main]
async fn main() -> Result<()> {
    let port_base = std::env::args()
        .skip_while(|argument| argument != "--port-base")
        .nth(1);
    let port_base = port_base
        .map_or(Ok(8001), |port| port.parse())
        .context("--port-base takes a port")?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/screenshots");
    std::fs::create_dir_all(&folder)?;
    let lab = SpawnedLab::start_at(port_base).await?;
    for (name, width, height, dark, projected) in PICTURES {
        let browser = Browser::start().await?;
        browser.resize(Viewport { width, height }).await?;
        if dark {
            browser.prefer_dark().await?;
        }
        let page = WirePage::open(&browser, &lab.origins().app, "").await?;
        for button in ["#log-in", "#transfer", "#read-balance"] {
            page.press(button).await?;
        }
        if projected {
            browser
                .driver()
                .active_element()
                .await?
                .send_keys("p")
                .await?;
        }
        // The drawing-in ends within a second; a picture has no event to wait for.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        std::fs::write(
            folder.join(format!("{name}.png")),
            browser.driver().screenshot_as_png().await?,
        )?;
        if !projected {
            // Projected, the button is put away; and it is the last picture.
            page.press("#lab-reset").await?;
        }
        browser.quit().await;
    }
    lab.stop().await;
    Ok(())
}
