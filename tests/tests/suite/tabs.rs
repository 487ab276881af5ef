//! Many tabs of one browser, which opens no more than six connections to an origin.

use anyhow::Result;
use tests::{Lane, WirePage, visit};

#[tokio::test]
async fn ten_tabs_of_the_page_open_at_once_all_stay_live() -> Result<()> {
    visit(async |visit| {
        let driver = visit.browser.driver();
        let mut tabs = Vec::new();
        for number in 0..10 {
            if number > 0 {
                // Windows of their own, so that all ten are visible and each would like a stream.
                let window = driver.new_window().await?;
                driver.switch_to_window(window).await?;
            }
            visit.page().await?;
            tabs.push(driver.window().await?);
        }
        let page = WirePage::of(&visit.browser);
        // A tab that shared a starved connection could neither send this nor see it.
        assert_eq!(page.press("#log-in").await?, "On both: alice is logged in.");
        let (session, token) = (
            page.newest(Lane::Session).await?.id,
            page.newest(Lane::Token).await?.id,
        );
        for tab in &tabs {
            driver.switch_to_window(tab.clone()).await?;
            page.draws(Lane::Session, session).await?;
            page.draws(Lane::Token, token).await?;
        }
        // And the other way round: the first tab acts, the last one sees it.
        if let (Some(first), Some(last)) = (tabs.first(), tabs.last()) {
            driver.switch_to_window(first.clone()).await?;
            page.press("#read-balance").await?;
            let seen = page.newest(Lane::Session).await?.id;
            driver.switch_to_window(last.clone()).await?;
            page.draws(Lane::Session, seen).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_tab_that_was_opened_later_shows_what_came_before_it() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        let before = page.drawn(Lane::Token).await?.len();
        let driver = visit.browser.driver();
        let tab = driver.new_tab().await?;
        driver.switch_to_window(tab).await?;
        let second = visit.page().await?;
        assert_eq!(second.drawn(Lane::Token).await?.len(), before);
        Ok(())
    })
    .await
}
