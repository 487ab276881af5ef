//! The walk through a week and a month.

use anyhow::Result;
use tests::{Lane, visit};

#[tokio::test]
async fn an_expired_access_token_is_refreshed_and_after_a_month_the_password_is_needed_again()
-> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.choose_preset("as-in-the-notes").await?;
        page.press("#log-in").await?;
        let before = page.newest(Lane::Token).await?.id;
        page.advance("7d").await?;
        page.press("#read-balance").await?;
        let walk = page.drawn_after(Lane::Token, before).await?;
        let walk: Vec<_> = walk
            .iter()
            .map(|seen| (seen.path.as_str(), seen.status))
            .collect();
        assert_eq!(walk, [("/me", 401), ("/token", 200), ("/me", 200)]);
        // The browser still sends the cookie; the server holds it for expired.
        let session = page.newest(Lane::Session).await?;
        assert_eq!((session.status, session.credential.is_some()), (401, true));

        let before = page.newest(Lane::Token).await?.id;
        page.advance("30d").await?;
        page.press("#read-balance").await?;
        let walk = page.drawn_after(Lane::Token, before).await?;
        let walk: Vec<_> = walk
            .iter()
            .map(|seen| (seen.path.as_str(), seen.status))
            .collect();
        assert_eq!(walk, [("/me", 401), ("/token", 400)]);

        page.press("#log-in").await?;
        page.press("#read-balance").await?;
        assert_eq!(page.newest(Lane::Token).await?.status, 200);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn in_the_best_practice_preset_fifteen_minutes_are_enough_to_need_a_refresh() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        let before = page.newest(Lane::Token).await?.id;
        page.advance("15m").await?;
        page.press("#read-balance").await?;
        let walk = page.drawn_after(Lane::Token, before).await?;
        let walk: Vec<_> = walk
            .iter()
            .map(|seen| (seen.path.as_str(), seen.status))
            .collect();
        assert_eq!(walk, [("/me", 401), ("/token", 200), ("/me", 200)]);
        assert_eq!(
            page.newest(Lane::Session).await?.status,
            200,
            "half an hour idle is not over"
        );
        Ok(())
    })
    .await
}
