//! Logging in, reading, paying and logging out, on both lanes.

use anyhow::Result;
use tests::{Lane, WirePage, visit};

#[tokio::test]
async fn a_visitor_logs_in_on_both_lanes_and_each_server_answers_in_its_own_way() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        assert_eq!(page.press("#log-in").await?, "On both: alice is logged in.");
        for lane in Lane::ALL {
            let login = page.newest(lane).await?;
            assert_eq!(
                (login.method.as_str(), login.path.as_str(), login.status),
                ("POST", "/login", 200)
            );
            let names: Vec<_> = login.steps.iter().map(|step| step.name.as_str()).collect();
            assert!(names.contains(&"Argon2id"), "{names:?}");
            assert!(
                login
                    .steps
                    .iter()
                    .all(|step| step.phase == "authentication"),
                "{names:?}"
            );
            assert!(
                login.credential.is_none(),
                "a login brings no credential: {login:?}"
            );
        }
        page.keeps(Lane::Session, "browser", "__Host-session")
            .await?;
        page.keeps(Lane::Session, "server", "1 row").await?;
        page.keeps(Lane::Token, "server", "0 rows").await?;
        page.keeps(Lane::Token, "server", "generation 1").await
    })
    .await
}

#[tokio::test]
async fn the_session_reads_a_row_to_authenticate_and_the_token_reads_nothing() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        let said = page.press("#read-balance").await?;
        assert!(said.starts_with("On both: the balance is "), "{said}");
        let session = page.newest(Lane::Session).await?;
        let token = page.newest(Lane::Token).await?;
        assert_eq!(session.reads, Some(1));
        assert_eq!(token.reads, Some(0));
        assert_eq!(
            token.reads_line.as_deref().map(str::trim),
            Some("reads to authenticate: 0")
        );
        // What comes after is the same application doing the same.
        let application = |drawn: &tests::wire_page::Drawn| {
            let steps = drawn
                .steps
                .iter()
                .filter(|step| step.phase == "application");
            steps.map(|step| step.name.clone()).collect::<Vec<_>>()
        };
        assert!(!application(&session).is_empty());
        assert_eq!(application(&session), application(&token));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn money_moves_once_for_each_lane() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        let before = balance(page).await?;
        let said = page.press("#transfer").await?;
        assert!(said.ends_with("went to bob."), "{said}");
        // One user, one account: each lane has paid 10.00 from it.
        assert_eq!(balance(page).await?, before - 2_000);
        let paid = visit
            .lab
            .exchanges_of("session", "POST", "/transfers")
            .await?
            .len();
        assert_eq!(paid, 1);
        Ok(())
    })
    .await
}

async fn balance(page: WirePage<'_>) -> Result<i64> {
    let said = page.press("#read-balance").await?;
    let digits: String = said.chars().filter(char::is_ascii_digit).collect();
    Ok(digits.parse()?)
}

#[tokio::test]
async fn one_lane_alone_can_be_used() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.choose_lanes("token").await?;
        assert_eq!(page.press("#log-in").await?, "Token: alice is logged in.");
        assert!(page.drawn(Lane::Session).await?.is_empty());
        page.choose_lanes("session").await?;
        page.choose_user("bob").await?;
        assert_eq!(page.press("#log-in").await?, "Session: bob is logged in.");
        page.keeps(Lane::Session, "server", "bob").await
    })
    .await
}

#[tokio::test]
async fn after_logging_out_nobody_is_logged_in() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        assert_eq!(page.press("#log-out").await?, "On both: logged out.");
        page.keeps(Lane::Session, "server", "0 rows").await?;
        page.keeps(Lane::Token, "server", "logged out").await?;
        page.keeps(Lane::Session, "browser", "No cookie").await?;
        page.keeps(Lane::Token, "browser", "No token").await?;
        assert_eq!(
            page.press("#read-balance").await?,
            "On both: refused (401); log in."
        );
        Ok(())
    })
    .await
}
