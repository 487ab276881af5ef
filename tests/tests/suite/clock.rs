//! A week and a month on the lab's clock, in both presets.

use anyhow::Result;
use serde_json::json;
use tests::{Lane, SpawnedLab, WirePage, visit};

/// What the token lane sent for one press of "Read my balance".
async fn calls_for_the_balance(page: WirePage<'_>) -> Result<Vec<String>> {
    let before = page.newest(Lane::Token).await?.id;
    page.press("#read-balance").await?;
    let drawn = page.drawn_after(Lane::Token, before).await?;
    Ok(drawn
        .iter()
        .map(|exchange| format!("{} {} {}", exchange.method, exchange.path, exchange.status))
        .collect())
}

const GOOD: [&str; 1] = ["GET /me 200"];
const REFRESHED: [&str; 3] = ["GET /me 401", "POST /token 200", "GET /me 200"];
const LOG_IN_AGAIN: [&str; 2] = ["GET /me 401", "POST /token 400"];

async fn generation(lab: &SpawnedLab) -> Result<u64> {
    Ok(lab.state().await?["jwt"]["families"][0]["generation"]
        .as_u64()
        .unwrap_or_default())
}

#[tokio::test]
async fn in_best_practice_a_quarter_of_an_hour_ends_the_access_token_and_a_month_ends_the_login()
-> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        assert_eq!(calls_for_the_balance(page).await?, GOOD);

        page.advance("15m").await?;
        assert_eq!(calls_for_the_balance(page).await?, REFRESHED);
        assert_eq!(generation(&visit.lab).await?, 2);
        assert_eq!(calls_for_the_balance(page).await?, GOOD);

        page.advance("7d").await?;
        assert_eq!(calls_for_the_balance(page).await?, REFRESHED);
        assert_eq!(generation(&visit.lab).await?, 3);

        page.advance("30d").await?;
        assert_eq!(calls_for_the_balance(page).await?, LOG_IN_AGAIN);
        assert_eq!(page.press("#log-in").await?, "On both: alice is logged in.");
        assert_eq!(calls_for_the_balance(page).await?, GOOD);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn as_in_the_notes_a_week_ends_the_access_token_and_a_month_ends_the_login() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.choose_preset("as-in-the-notes").await?;
        page.press("#log-in").await?;

        page.advance("1d").await?;
        assert_eq!(calls_for_the_balance(page).await?, GOOD);
        page.advance("7d").await?;
        assert_eq!(calls_for_the_balance(page).await?, REFRESHED);
        assert_eq!(calls_for_the_balance(page).await?, GOOD);
        page.advance("30d").await?;
        assert_eq!(calls_for_the_balance(page).await?, LOG_IN_AGAIN);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_session_times_out_and_the_browser_goes_on_sending_its_cookie() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        page.advance("15m").await?;
        page.press("#read-balance").await?;
        assert_eq!(
            page.newest(Lane::Session).await?.status,
            200,
            "a quarter of an hour is not idle"
        );

        page.advance("1d").await?;
        page.keeps(Lane::Session, "server", "expired").await?;
        page.press("#read-balance").await?;
        let refused = page.newest(Lane::Session).await?;
        assert_eq!(refused.status, 401);
        let sent = refused.credential.unwrap_or_default();
        assert!(sent.starts_with("Cookie: __Host-session="), "{sent:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn back_to_now_ends_every_session_and_every_family_and_says_so() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        page.advance("7d").await?;
        let said = page.press("#clock-reset").await?;
        assert_eq!(
            said,
            "Back to now. Every session and every refresh token has ended."
        );
        let state = visit.lab.state().await?;
        assert_eq!(state["offset_seconds"], 0);
        assert_eq!(state["session"]["rows"].as_array().map(Vec::len), Some(0));
        assert_eq!(state["jwt"]["families"].as_array().map(Vec::len), Some(0));
        assert_eq!(
            page.press("#read-balance").await?,
            "On both: refused (401); log in."
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_reset_lab_is_as_new() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.choose_preset("as-in-the-notes").await?;
        page.press("#log-in").await?;
        page.press("#transfer").await?;
        page.press("#lab-reset").await?;
        for lane in Lane::ALL {
            assert!(
                page.drawn(lane).await?.is_empty(),
                "the {} lane still draws something",
                lane.name()
            );
        }
        let state = visit.lab.state().await?;
        assert_eq!(state["preset"], "best-practice");
        assert_eq!(state["session"]["rows"].as_array().map(Vec::len), Some(0));
        page.press("#log-in").await?;
        let said = page.press("#read-balance").await?;
        assert!(said.contains("1,000.00"), "{said}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_login_of_next_month_ends_when_the_lab_is_started_again_today() -> Result<()> {
    let data = tempfile::tempdir()?;
    let login = json!({ "username": "alice", "password": "white-rabbit-1865" });
    for (ahead, kept) in [("now", 1), ("30d", 0)] {
        let first = SpawnedLab::start_with(|config| config.data = data.path().to_owned()).await?;
        if ahead == "30d" {
            first.advance(ahead).await?;
        }
        for server in [&first.origins().session, &first.origins().jwt] {
            let answer = first
                .client()
                .post(format!("{server}/login"))
                .json(&login)
                .send()
                .await?;
            assert!(answer.status().is_success());
        }
        first.stop().await;
        let second = SpawnedLab::start_with(|config| config.data = data.path().to_owned()).await?;
        let state = second.state().await?;
        for rows in [&state["session"]["rows"], &state["jwt"]["families"]] {
            assert_eq!(
                rows.as_array().map(Vec::len),
                Some(kept),
                "{ahead}: {state}"
            );
        }
        second.stop().await;
    }
    Ok(())
}
