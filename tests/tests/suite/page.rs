//! The page itself: what it draws is what was recorded, in every tab, for every reader.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::{Lane, SpawnedLab, WirePage, path_of, visit};
use thirtyfour::{By, Key};

#[tokio::test]
async fn what_is_drawn_is_what_the_server_recorded() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        for button in ["#log-in", "#read-balance", "#transfer"] {
            page.press(button).await?;
        }
        let recorded = visit.lab.exchanges().await?;
        let mut compared = 0;
        for lane in Lane::ALL {
            for drawn in page.drawn_after(lane, 0).await? {
                let truth = recorded
                    .iter()
                    .find(|truth| truth["id"] == drawn.id)
                    .context("drawn, not recorded")?;
                assert_eq!(truth["server"], lane.server());
                assert_eq!(truth["request"]["method"], drawn.method);
                assert_eq!(path_of(truth), drawn.path);
                assert_eq!(truth["response"]["status"], drawn.status);
                let steps = truth["steps"].as_array().context("steps")?;
                assert_eq!(steps.len(), drawn.steps.len());
                for step in &drawn.steps {
                    let of_that_name = |truth: &&Value| {
                        truth["name"] == step.name && truth["duration_us"] == step.us
                    };
                    let truth = steps
                        .iter()
                        .find(of_that_name)
                        .context("a step that was not recorded")?;
                    assert_eq!(truth["phase"], step.phase);
                }
                if let Some(reads) = drawn.reads {
                    assert_eq!(truth["authentication_reads"], reads);
                }
                compared += 1;
            }
        }
        assert_eq!(compared, 6);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn ten_tabs_all_stay_live() -> Result<()> {
    visit(async |visit| {
        let driver = visit.browser.driver();
        visit.page().await?;
        for _ in 1..10 {
            let tab = driver.new_tab().await?;
            driver.switch_to_window(tab).await?;
            WirePage::open(&visit.browser, &visit.lab.origins().app, "").await?;
        }
        let tabs = driver.windows().await?;
        assert_eq!(tabs.len(), 10);
        let newest = WirePage::of(&visit.browser);
        newest.press("#log-in").await?;
        let (session, token) = (
            newest.newest(Lane::Session).await?.id,
            newest.newest(Lane::Token).await?.id,
        );
        for tab in tabs {
            driver.switch_to_window(tab).await?;
            let page = WirePage::of(&visit.browser);
            page.draws(Lane::Session, session).await?;
            page.draws(Lane::Token, token).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_keyboard_alone_logs_in_reads_and_opens_a_message() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        let driver = visit.browser.driver();
        let focused = "return document.activeElement?.id ?? '';";
        for _ in 0..20 {
            driver
                .active_element()
                .await?
                .send_keys(Key::Tab + "")
                .await?;
            if visit.browser.run::<String>(focused, json!(null)).await? == "log-in" {
                break;
            }
        }
        assert_eq!(
            visit.browser.run::<String>(focused, json!(null)).await?,
            "log-in"
        );
        driver
            .active_element()
            .await?
            .send_keys(Key::Enter + "")
            .await?;
        visit
            .browser
            .wait_for(
                "both logins",
                "return document.querySelectorAll('g.exchange[data-path=\"/login\"]').length >= 2;",
                json!(null),
            )
            .await?;
        page.idle().await?;
        let arrow = driver
            .find(By::Css(
                "g.exchange[data-path='/login'] [data-opens=response]",
            ))
            .await?;
        arrow.send_keys(Key::Enter + "").await?;
        let text = driver.find(By::Id("message")).await?.text().await?;
        ensure!(text.contains("200"), "{text}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn every_page_keeps_the_policy_and_fits_a_telephone() -> Result<()> {
    visit(async |visit| {
        let answer = visit.lab.get("/").await?;
        let policy = answer.headers()["content-security-policy"]
            .to_str()?
            .to_owned();
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "require-trusted-types-for 'script'",
            "frame-ancestors 'none'",
        ] {
            ensure!(policy.contains(part), "{policy}");
        }
        ensure!(!policy.contains("unsafe"), "{policy}");
        visit
            .browser
            .resize(tests::Viewport {
                width: 390,
                height: 844,
            })
            .await?;
        let page = visit.page().await?;
        page.press("#log-in").await?;
        page.press("#read-balance").await?;
        let overflow =
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth;";
        assert_eq!(visit.browser.run::<i64>(overflow, json!(null)).await?, 0);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn two_labs_in_one_process_keep_their_records_apart_down_to_the_steps() -> Result<()> {
    let (one, other) = (SpawnedLab::start().await?, SpawnedLab::start().await?);
    let log_in = async |lab: &SpawnedLab| {
        let body = json!({ "username": "alice", "password": "white-rabbit-1865" });
        lab.client()
            .post(format!("{}/login?run=r", lab.origins().jwt))
            .json(&body)
            .send()
            .await
    };
    for _ in 0..5 {
        let (a, b) = tokio::join!(log_in(&one), log_in(&other));
        assert_eq!((a?.status().as_u16(), b?.status().as_u16()), (200, 200));
    }
    for lab in [&one, &other] {
        let logins = lab.exchanges_of("jwt", "POST", "/login").await?;
        assert_eq!(logins.len(), 5);
        for login in logins {
            let names: Vec<_> = login["steps"]
                .as_array()
                .context("steps")?
                .iter()
                .map(|step| &step["name"])
                .collect();
            let expected = [
                "SELECT user",
                "Argon2id",
                "INSERT family",
                "sign access token",
                "SELECT user",
            ];
            assert_eq!(names, expected);
        }
    }
    one.stop().await;
    other.stop().await;
    Ok(())
}
