//! Somebody copied the credential before its owner logged out.

use anyhow::Result;
use tests::{Lane, visit};

#[tokio::test]
async fn after_a_logout_the_copied_session_is_refused_and_the_copied_token_is_good_until_it_expires()
-> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        page.press("#log-out").await?;

        let said = page.press("#replay").await?;
        assert_eq!(
            said,
            "Session: the copy was refused (401). Token: the copy was accepted (200)."
        );
        for (lane, status) in [(Lane::Session, 401), (Lane::Token, 200)] {
            let copy = page.newest(lane).await?;
            assert_eq!((copy.path.as_str(), copy.status), ("/me", status));
            assert_eq!(
                copy.tag.as_deref(),
                Some("elsewhere"),
                "it is drawn as sent by somebody else"
            );
        }

        let accepted = page.newest(Lane::Token).await?;
        assert_eq!(
            accepted.reads,
            Some(0),
            "no store was asked, so none could say no"
        );

        page.advance("15m").await?;
        let said = page.press("#replay").await?;
        assert_eq!(said, "On both: the copy was refused (401).");
        let recorded = visit.lab.exchanges_of("jwt", "GET", "/me").await?;
        let statuses: Vec<_> = recorded
            .iter()
            .filter_map(|exchange| exchange["response"]["status"].as_u64())
            .collect();
        assert_eq!(statuses, [200, 401]);
        assert!(
            recorded
                .iter()
                .all(|exchange| exchange["elsewhere"] == true)
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn before_a_logout_both_copies_are_accepted() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        assert_eq!(
            page.press("#replay").await?,
            "On both: the copy was accepted (200)."
        );
        Ok(())
    })
    .await
}
