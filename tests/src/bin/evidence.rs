//! Writes what a browser does in every experiment: `cargo xtask evidence chromium|firefox`.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use serde_json::json;
use tests::{Engine, ThirdPartyCookies, walk};
use token_core::clock::{Clock, SystemClock};

#[tokio::main]
async fn main() -> Result<()> {
    let engine = match std::env::args().nth(1).as_deref() {
        Some("chromium") => Engine::Chromium,
        Some("firefox") => Engine::Firefox,
        other => bail!(
            "{}: name chromium or firefox",
            other.unwrap_or("no browser")
        ),
    };
    let [blocked, allowed] = ThirdPartyCookies::ALL;
    let (first, second) =
        tokio::try_join!(walk::walk(engine, blocked), walk::walk(engine, allowed))?;
    for walked in first.experiments.iter().chain(&second.experiments) {
        ensure!(
            walked.run.state == "done",
            "{} is {}: {}",
            walked.id,
            walked.run.state,
            walked.run.line
        );
    }
    let (name, version) = &first.browser;
    let date = SystemClock::new().now().to_rfc3339();
    let evidence = json!({
        "browser": name, "version": version, "date": date.get(..10),
        "passes": [first.as_evidence(blocked), second.as_evidence(allowed)],
    });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/evidence");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{}-{version}.json", name.to_lowercase()));
    std::fs::write(&file, serde_json::to_string_pretty(&evidence)? + "\n")?;
    #[expect(clippy::print_stdout, reason = "a program that says what it wrote")]
    {
        println!(
            "{} experiments in {name} {version}: {}",
            first.experiments.len(),
            file.display()
        );
    }
    Ok(())
}
