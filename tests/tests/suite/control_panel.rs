//! The control panel is for the lab's own pages, however its address is written.

use anyhow::Result;
use reqwest::StatusCode;
use tests::SpawnedLab;

#[tokio::test]
async fn a_foreign_page_moves_nothing_in_the_lab_however_it_writes_the_path() -> Result<()> {
    let lab = SpawnedLab::start().await?;
    lab.advance("1d").await?;
    let before = lab.state().await?;
    for path in [
        "/lab/reset",
        "/%6cab/reset",
        "/lab%2freset",
        "/%6c%61%62/clock/reset",
        "/la%62/settings",
        "/lab/administrator",
        "/%6cab/administrator",
        "/%6cab/stranger",
        "/lab/benchmark",
        "/%6cab/benchmark",
        "/lab/replicas",
        "/%6cab/replicas",
    ] {
        let request = lab.client().post(format!("{}{path}", lab.origins().app));
        let request = request
            .header("origin", "https://evil.example")
            .header("sec-fetch-site", "cross-site")
            .header("content-type", "text/plain");
        let status = request.body("{}").send().await?.status();
        assert_eq!(status, StatusCode::FORBIDDEN, "{path}");
    }
    let look = lab
        .client()
        .get(format!("{}/%6cab/state", lab.origins().app));
    let look = look.header("origin", "https://evil.example").send().await?;
    assert_eq!(look.status(), StatusCode::FORBIDDEN);
    let after = lab.state().await?;
    assert_eq!(after["offset_seconds"], before["offset_seconds"]);
    lab.stop().await;
    Ok(())
}
