//! `svt bench`.

use std::io::IsTerminal;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use bench::report::{Report, histograms, to_csv, to_html, to_text};
use bench::{Plan, Remote, arms, gate, peers, scenarios};
use clap::Args;

use super::bench_progress::Progress;

/// What is measured, and where it is written.
#[derive(Args)]
#[command(after_help = explanation())]
pub(crate) struct BenchArguments {
    /// Seven arms, five rounds of half a second: within a minute, with wide intervals
    #[arg(long)]
    quick: bool,
    /// Every scenario, each with its usual arms
    #[arg(long, conflicts_with_all = ["quick", "scenarios"])]
    all: bool,
    /// Exactly what has an aim: prints aim and measured, and exits with 1 where one is missed
    #[arg(long, conflicts_with_all = ["quick", "all", "scenarios", "arms", "target", "live", "rounds", "rate"])]
    gate: bool,
    /// Measures a server that runs already and has the same API: http://HOST:PORT. It gets a user named `benchmark`. Its CPU time
    /// cannot be seen, so a cost is time on the wall; arms are measured beside it only where --arm names them
    #[arg(long, value_name = "URL", conflicts_with = "quick")]
    target: Option<String>,
    /// And the arms whose state is in PostgreSQL or Redis. Each has an engine of its own, started here and paid for with it
    #[arg(long, conflicts_with_all = ["gate", "arms", "target"])]
    engines: bool,
    /// And the same read as others would build it, on axum, actix-session and Fastify: built with cargo and npm in this folder when asked for
    #[arg(long, value_name = "DIR", num_args = 0..=1, default_missing_value = "crates/bench/peers")]
    peers: Option<PathBuf>,
    /// Only this arm, beside the bare one; may be given more than once
    #[arg(long = "arm", value_name = "NAME")]
    arms: Vec<String>,
    /// Only this scenario; may be given more than once; [default: read]
    #[arg(long = "scenario", value_name = "NAME")]
    scenarios: Vec<String>,
    /// How often each arm has its turn; [default: 10; 5 with --quick, 8 with --gate]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: Option<u16>,
    /// At how many requests a second latencies are measured; [default: 1000, or none with --quick]
    #[arg(long, value_name = "N")]
    rate: Option<NonZero<u32>>,
    /// How many live logins growth is measured with; may be given more than once; [default: 1000, 10000, 100000, 1000000]
    #[arg(long, value_name = "N")]
    live: Vec<NonZero<u32>>,
    /// Prints the JSON Schema of results.json and measures nothing
    #[arg(long, exclusive = true)]
    schema: bool,
    /// Says what has changed since an earlier run: its results.json
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Writes report.html, results.json, results.csv and the latencies' histograms there
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// What `--help` says beneath the options. Arms and scenarios are those that there are.
fn explanation() -> String {
    let arms = arms::ALL.iter().map(|arm| (arm.name, arm.title));
    let scenarios = scenarios::ALL
        .iter()
        .map(|scenario| (scenario.name, scenario.title));
    format!(
        "\
How it measures

Each arm is a server of its own, started here on a free port with an empty database, all of them on one core where the system \
allows, and the client on another, where it never sleeps, so that no server pays for waking it. In each round every arm has one turn, in four \
portions between those of the others. What counts is the CPU time that a request costs the server, over that of the bare arm (the same bank without authentication) in the same round. A table shows the median of these \
ratios and an interval that has the true one in it about 95 times of 100. Two arms differ if the interval of their own ratio, round by round, \
leaves out 1. Latencies are those of a fixed rate and count from the time that a request was meant to be sent, so that a server \
which stalls cannot hide it. An arm that gives one wrong answer fails and has no figures.

What it does not show: your network, your database, your users. Ratios hold elsewhere better than microseconds do.

Arms
{}
Scenarios
{}
Examples
  svt bench --quick                         a few arms, within a minute
  svt bench --out results                   every arm; a page with plots, JSON, CSV
  svt bench --arm session-sqlite --arm jwt-hs256 --rounds 20
                                            two arms, smaller intervals
  svt bench --scenario growth --live 1000 --live 50000
                                            what more live logins cost
  svt bench --quick --peers                 beside axum and Fastify
  svt bench --target http://127.0.0.1:8003  a server that runs already

Exit codes: 0 done; 1 an arm failed, an aim was missed or the run was stopped, and what was measured by then is written; 2 unusable input.",
        listed(arms),
        listed(scenarios)
    )
}

fn listed(rows: impl Iterator<Item = (&'static str, &'static str)>) -> String {
    rows.map(|(name, title)| format!("  {name:21} {title}\n"))
        .collect()
}

/// Runs the benchmark and prints what it found.
pub(crate) async fn run(arguments: BenchArguments) -> anyhow::Result<ExitCode> {
    if arguments.schema {
        println!("{:#}", Report::json_schema());
        return Ok(ExitCode::SUCCESS);
    }
    let plan = plan(&arguments).await?;
    let baseline = arguments.baseline.as_deref().map(read).transpose()?;
    if let Some(folder) = &arguments.out {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{}: name another folder with --out DIR", folder.display()))?;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let asked = super::asked_to_stop()?;
    eprintln!(
        "{} servers, {} rounds of {} ms: about {}. Ctrl-C ends it and keeps what was measured.",
        plan.lanes(),
        plan.rounds,
        plan.window.as_millis(),
        humantime::format_duration(Duration::from_secs(plan.estimated().as_secs() + 1)),
    );
    let flag = Arc::clone(&stop);
    tokio::spawn(async move {
        asked.await;
        flag.store(true, Ordering::Relaxed);
    });
    let measuring = tokio::task::spawn_blocking(move || {
        let mut progress = Progress::of(&plan);
        let report = bench::run(&plan, &mut progress, &stop);
        progress.end();
        report
    });
    let mut report = measuring.await??;
    if let Some(before) = &baseline {
        report.compare_with(before);
    }
    if arguments.gate {
        gate::judge(&mut report);
    }
    if let Some(folder) = &arguments.out {
        write(&report, folder)?;
    }
    print!("{}", to_text(&report, use_colour()));
    let is_good = report.complete && !report.has_failures() && report.meets_its_aims();
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn plan(arguments: &BenchArguments) -> anyhow::Result<Plan> {
    let program = std::env::current_exe().context("cannot find the svt that serves")?;
    let mut plan = if arguments.gate {
        gate::plan(program)
    } else if arguments.quick {
        Plan::quick(program)
    } else {
        Plan::plain(program)
    };
    if arguments.all {
        plan = plan.with_all_scenarios();
    }
    if !arguments.scenarios.is_empty() {
        plan = plan.with_scenarios(&arguments.scenarios)?;
    }
    if !arguments.arms.is_empty() {
        plan = plan.with_arms(&arguments.arms)?;
    }
    if arguments.engines {
        plan = plan.with_engines();
    }
    if let Some(folder) = &arguments.peers {
        let folder = folder
            .canonicalize()
            .with_context(|| format!("--peers {}", folder.display()))?;
        let (peers, lacking) = peers::build(&folder)?;
        if let Some(lacking) = lacking {
            eprintln!("{lacking}");
        }
        plan = plan.with_peers(folder, &peers);
    }
    if let Some(url) = &arguments.target {
        plan = plan.with_remote(Remote::recognise(url).await?, arguments.arms.is_empty());
        if plan.lanes() == 0 {
            anyhow::bail!(
                "--target: none of these scenarios can be asked of a server that was not started here; read, write, login, refresh and day can"
            );
        }
    }
    if let Some(rounds) = arguments.rounds {
        plan.rounds = rounds.into();
    }
    plan.rate = arguments.rate.or(plan.rate);
    if !arguments.live.is_empty() {
        let live = arguments.live.iter().map(|live| live.get() as usize);
        plan.populations = live.collect();
    }
    Ok(plan)
}

/// The report of an earlier run.
fn read(path: &Path) -> anyhow::Result<Report> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("--baseline {}", path.display()))?;
    Report::read(&text).with_context(|| format!("--baseline {}", path.display()))
}

/// Each file is written beside its place and then moved there, so that nobody finds half of one.
fn write(report: &Report, folder: &Path) -> anyhow::Result<()> {
    let json = serde_json::to_string_pretty(report)?;
    write_file(folder, "results.json", &json)?;
    write_file(folder, "results.csv", &to_csv(report))?;
    write_file(folder, "report.html", &to_html(report))?;
    let histograms = histograms(report);
    if histograms.is_empty() {
        return Ok(());
    }
    let folder = folder.join("histograms");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make {}", folder.display()))?;
    for (name, text) in histograms {
        write_file(&folder, &name, &text)?;
    }
    Ok(())
}

fn write_file(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let place = folder.join(name);
    let beside = folder.join(format!(".{name}.new"));
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, &place))
        .with_context(|| format!("cannot write {}", place.display()))
}

/// <https://no-color.org>: colour on a terminal alone, and not when `NO_COLOR` is there and not empty.
fn use_colour() -> bool {
    std::io::stdout().is_terminal() && !refuses_colour()
}

pub(crate) fn refuses_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
