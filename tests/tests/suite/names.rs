//! `--names localhost`: for a browser that does not resolve *.localhost, or refuses Secure cookies on localhost.

use anyhow::Result;
use lab::Names;
use tests::{Lane, WirePage, visit_with};

#[tokio::test]
async fn under_plain_localhost_both_logins_work_with_the_sound_cookie() -> Result<()> {
    visit_with(
        |config| config.names = Names::Localhost,
        async |visit| {
            assert!(visit.lab.origins().app.starts_with("http://localhost:"));
            let page = WirePage::open(&visit.browser, &visit.lab.origins().landing, "").await?;
            page.press("#log-in").await?;
            page.press("#read-balance").await?;
            for lane in Lane::ALL {
                assert_eq!(page.newest(lane).await?.status, 200);
            }
            assert!(
                page.browser_keeps(Lane::Session)
                    .await?
                    .contains("__Host-session")
            );
            let banner: bool = visit
                .browser
                .run(
                    "return document.querySelector('#banner').hidden;",
                    serde_json::json!(null),
                )
                .await?;
            assert!(banner, "there is nothing to warn of");
            Ok(())
        },
    )
    .await
}

#[tokio::test]
async fn under_plain_localhost_a_lesson_about_sibling_hosts_gives_no_verdict() -> Result<()> {
    let change = |config: &mut lab::LabConfig| config.names = Names::Localhost;
    visit_with(change, async |visit| {
        let page = format!("{}/experiments/samesite", visit.lab.origins().app);
        visit.browser.driver().goto(page).await?;
        let shown = "const { state } = document.querySelector('main').dataset; return state === 'not-observable' && document.querySelector('#run').disabled;";
        visit.browser.wait_for("the page to say so", shown, serde_json::json!(null)).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn where_the_browser_keeps_no_secure_cookie_a_plain_one_is_chosen_and_said() -> Result<()> {
    // Without `Secure` a cookie of the name __Host-… is refused by every browser: the probe fails as it would in one that
    // refuses Secure cookies here, and the plain cookie has nothing to lose.
    let change = |config: &mut lab::LabConfig| {
        config.names = Names::Localhost;
        config.session.http.dangerously_strip_headers = vec!["set-cookie:secure".to_owned()];
    };
    visit_with(change, async |visit| {
        let page = WirePage::open(&visit.browser, &visit.lab.origins().landing, "").await?;
        let said = "const banner = document.querySelector('#banner'); return banner.hidden ? null : banner.textContent;";
        let said = visit.browser.wait_for("the warning", said, serde_json::json!(null)).await?;
        assert!(said.as_str().is_some_and(|said| said.contains("refuses Secure cookies")), "{said}");
        page.press("#log-in").await?;
        page.press("#read-balance").await?;
        assert_eq!(page.newest(Lane::Session).await?.status, 200);
        assert!(visit.lab.state().await?["session"]["cookie"] == "session");
        visit.browser.console().await?;
        Ok(())
    })
    .await
}
