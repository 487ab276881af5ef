//! A copy of the credential, used after the logout.

use anyhow::Result;
use tests::{Lane, visit};

#[tokio::test]
async fn after_the_logout_a_copied_cookie_is_refused_and_a_copied_token_lives_until_it_expires()
-> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        page.press("#log-out").await?;
        page.press("#replay").await?;
        assert_eq!(page.newest(Lane::Session).await?.status, 401);
        let token = page.newest(Lane::Token).await?;
        assert_eq!((token.status, token.reads), (200, Some(0)));
        assert_eq!(token.tag.as_deref(), Some("elsewhere"));

        page.advance("15m").await?;
        page.press("#replay").await?;
        assert_eq!(page.newest(Lane::Token).await?.status, 401);
        Ok(())
    })
    .await
}
