//! The drawn exchange is the recorded one.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::spawned_lab::{header, path_of};
use tests::wire_page::Drawn;
use tests::{Lane, visit};
use thirtyfour::By;

/// Whether a shown text is what remains of the whole one when parts are replaced by `…`.
fn is_shortened_from(shown: &str, whole: &str) -> bool {
    let mut rest = whole;
    shown.split('…').all(|piece| match rest.split_once(piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// A text of the server as the page shows it: an instant of the day of `at` without its date, any other as `24 Nov, 10:00:00`.
fn with_short_times(text: &str, at: &str) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let words = text.split_inclusive([' ', ',']).map(|word| {
        let instant = word.trim_end_matches([' ', ',']);
        let Some((date, time)) = instant
            .strip_suffix('Z')
            .and_then(|instant| instant.split_once('T'))
        else {
            return word.to_owned();
        };
        let after = &word[instant.len()..];
        let mut numbers = date
            .split('-')
            .filter_map(|part| part.parse::<usize>().ok());
        match (numbers.nth(1), numbers.next()) {
            (Some(month), Some(day)) if !at.starts_with(date) => {
                format!("{day} {}, {time}{after}", MONTHS[month - 1])
            }
            _ => format!("{time}{after}"),
        }
    });
    words.collect()
}

/// A measured time is shown with three significant digits.
fn is_about(shown: &str, us: u64) -> bool {
    let number: String = shown
        .chars()
        .filter(|character| character.is_ascii_digit() || *character == '.')
        .collect();
    let unit = if shown.contains("ms") { 1_000.0 } else { 1.0 };
    let shown_us = number.parse::<f64>().unwrap_or(f64::NAN) * unit;
    #[expect(
        clippy::cast_precision_loss,
        reason = "times of a test are far below 2^52 µs"
    )]
    let us = us as f64;
    (shown_us - us).abs() <= us * 0.006 + 0.5
}

fn assert_same(drawn: &Drawn, recorded: &Value) {
    let request = &recorded["request"];
    let response = &recorded["response"];
    assert_eq!(recorded["id"], drawn.id);
    assert_eq!(request["method"], drawn.method);
    assert_eq!(path_of(recorded), drawn.path);
    assert_eq!(response["status"], drawn.status);
    assert_eq!(
        drawn.tag.as_deref() == Some("elsewhere"),
        recorded["elsewhere"] == true,
        "{drawn:?}"
    );
    let steps = recorded["steps"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    assert_eq!(drawn.steps.len(), steps.len(), "{drawn:?}");
    let at = recorded["at"].as_str().unwrap_or_default();
    for (drawn, recorded) in drawn.steps.iter().zip(steps) {
        assert_eq!(recorded["name"], drawn.name);
        assert_eq!(recorded["duration_us"], drawn.us);
        assert_eq!(recorded["phase"], drawn.phase);
        if let Some(shown) = &drawn.result {
            let result = with_short_times(recorded["result"].as_str().unwrap_or_default(), at);
            assert!(
                is_shortened_from(shown.trim_start_matches("→ "), &result),
                "{shown:?} of {result:?}"
            );
        }
    }
    if drawn.method == "OPTIONS" {
        return;
    }
    assert!(
        drawn
            .request_line
            .starts_with(&format!("{} {}", drawn.method, drawn.path)),
        "{drawn:?}"
    );
    let status = format!(
        "{} {}",
        drawn.status,
        response["reason"].as_str().unwrap_or_default()
    );
    assert!(
        drawn
            .response_line
            .as_deref()
            .is_some_and(|line| line.ends_with(&status)),
        "{drawn:?}"
    );
    let took = recorded["duration_us"].as_u64().unwrap_or_default();
    assert!(
        drawn
            .total
            .as_deref()
            .is_some_and(|total| is_about(total, took)),
        "{:?} of {took} µs",
        drawn.total
    );
    if let Some(reads) = drawn.reads {
        assert_eq!(recorded["authentication_reads"], reads);
        assert!(
            drawn
                .reads_line
                .as_deref()
                .is_some_and(|line| line.contains(&format!(": {reads}")))
        );
    }
    let sent = ["authorization", "cookie"]
        .iter()
        .find_map(|name| Some((*name, header(request, name)?)));
    if let Some((name, value)) = sent {
        let shown = drawn.credential.as_deref().unwrap_or_default();
        let (shown_name, shown_value) = shown.split_once(": ").unwrap_or_default();
        assert!(shown_name.eq_ignore_ascii_case(name), "{shown:?}");
        assert!(
            is_shortened_from(shown_value, value),
            "{shown:?} of {value:?}"
        );
        assert!(
            drawn.reads.is_some(),
            "a credential was checked, and the reads for it are not shown"
        );
    }
}

#[tokio::test]
async fn everything_that_is_drawn_is_what_was_recorded_and_nothing_is_left_out() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        for button in ["#log-in", "#read-balance", "#transfer"] {
            page.press(button).await?;
        }
        page.advance("15m").await?;
        for button in ["#read-balance", "#log-out", "#read-balance", "#replay"] {
            page.press(button).await?;
        }
        let recorded = visit.lab.exchanges().await?;
        let mut kinds = 0;
        for lane in Lane::ALL {
            let drawn = page.drawn(lane).await?;
            let of_lane: Vec<_> = recorded
                .iter()
                .filter(|exchange| exchange["server"] == lane.server())
                .collect();
            assert_eq!(
                drawn.iter().map(|exchange| exchange.id).collect::<Vec<_>>(),
                of_lane
                    .iter()
                    .filter_map(|exchange| exchange["id"].as_u64())
                    .collect::<Vec<_>>(),
                "the {} lane",
                lane.name()
            );
            for (drawn, recorded) in drawn.iter().zip(of_lane) {
                assert_same(drawn, recorded);
                kinds += usize::from(drawn.method != "OPTIONS");
            }
        }
        assert!(
            kinds >= 14,
            "only {kinds} exchanges were there to be compared"
        );
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_whole_message_is_one_click_away() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        page.press("#read-balance").await?;
        for lane in Lane::ALL {
            let id = page.newest(lane).await?.id;
            let recorded = visit.lab.exchanges().await?;
            let recorded = recorded.iter().find(|exchange| exchange["id"] == id).context("it is not in the record")?;
            for part in ["request", "response"] {
                let selector = format!("g.exchange[data-exchange=\"{id}\"] [data-opens={part}]");
                visit.browser.driver().find(By::Css(selector)).await?.click().await?;
                let body = visit.browser.wait_for(
                    "the dialog",
                    "const dialog = document.querySelector('dialog#message[open]'); return dialog && dialog.querySelector('#message-body').textContent;",
                    json!(null),
                );
                let body = body.await?;
                let body = body.as_str().unwrap_or_default();
                for header in recorded[part]["headers"].as_array().context("no headers")? {
                    // Names are shown as they are usually written; they mean the same in any case (RFC 9110 §5.1).
                    let line = format!("{}: {}", header[0].as_str().unwrap_or_default(), header[1].as_str().unwrap_or_default());
                    assert!(body.to_lowercase().contains(&line.to_lowercase()), "{part} of {id} lacks {line}");
                }
                visit.browser.driver().find(By::Css("#message .close")).await?.click().await?;
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_the_server_keeps_is_what_its_store_has() -> Result<()> {
    visit(async |visit| {
        let page = visit.page().await?;
        page.press("#log-in").await?;
        page.keeps(Lane::Session, "server", "1 row").await?;
        page.keeps(Lane::Token, "server", "generation 1").await?;
        let state = visit.lab.state().await?;
        for (lane, rows) in [(Lane::Session, &state["session"]["rows"]), (Lane::Token, &state["jwt"]["families"])] {
            let script = "return [...document.querySelectorAll(`.lane[data-lane=${arguments[0]}] [data-row]`)].map((row) => row.dataset.row);";
            let shown: Vec<String> = visit.browser.run(script, json!(lane.name())).await?;
            let kept: Vec<_> = rows.as_array().context("no rows")?.iter().filter_map(|row| row["id"].as_str()).collect();
            assert_eq!(shown, kept);
        }
        Ok(())
    })
    .await
}

#[test]
fn shortening_is_recognised() {
    assert!(is_shortened_from("abc…yz", "abcdefxyz"));
    assert!(is_shortened_from("eyJ….eyJ….…abc", "eyJhb.eyJpc.sigabc"));
    assert!(!is_shortened_from("abc…yz", "abdefxyz"));
    assert_eq!(
        with_short_times(
            "until 2026-11-24T10:30:00Z, at last",
            "2026-11-24T09:00:00Z"
        ),
        "until 10:30:00, at last"
    );
    assert_eq!(
        with_short_times("until 2026-11-25T10:30:00Z", "2026-11-24T09:00:00Z"),
        "until 25 Nov, 10:30:00"
    );
    assert!(is_about("21 ms", 21_034) && is_about("987 µs", 987) && !is_about("20 ms", 21_034));
}
