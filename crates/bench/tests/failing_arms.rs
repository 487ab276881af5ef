//! A run against servers that misbehave on purpose. A script stands in for `svt`: it names the port of a server of this test.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]
#![cfg(unix)]

use std::io::Write as _;
use std::num::NonZero;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bench::arms::Arm;
use bench::report::{ArmReport, Report, to_text};
use bench::{Observer, Plan, run};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

const RIGHT: &str = r#"{"username":"benchmark"}"#;
const WRONG: &str = r#"{"username":"somebody"}"#;

/// How a server of this test answers a read: the status line, and the body.
type Answer = fn(u64) -> (&'static str, &'static str);

fn right(_: u64) -> (&'static str, &'static str) {
    ("200 OK", RIGHT)
}

fn refused_in_the_midst(number: u64) -> (&'static str, &'static str) {
    if number < 200 {
        right(number)
    } else {
        ("401 Unauthorized", RIGHT)
    }
}

fn of_somebody_else_in_the_midst(number: u64) -> (&'static str, &'static str) {
    if number < 200 {
        right(number)
    } else {
        ("200 OK", WRONG)
    }
}

/// Answers all but one, and that one never.
fn silent_in_the_midst(number: u64) -> (&'static str, &'static str) {
    if number == 200 {
        (NEVER, "")
    } else {
        right(number)
    }
}

/// The status of an answer that does not come.
const NEVER: &str = "";

/// Serves sign-up, login and reads on a thread of its own; its port.
fn serve(answer: Answer) -> u16 {
    let (port, bound) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            port.send(listener.local_addr().unwrap().port()).unwrap();
            let reads = Arc::new(AtomicU64::new(0));
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, answer, Arc::clone(&reads)));
            }
        });
    });
    bound.recv().unwrap()
}

async fn talk(stream: TcpStream, answer: Answer, reads: Arc<AtomicU64>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if stream.read_line(&mut first).await? == 0 {
            return Ok(());
        }
        let mut length = 0;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await?;
            if let Some(value) = line.to_lowercase().strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        stream.read_exact(&mut vec![0; length]).await?;
        let (status, body) = if first.starts_with("POST") {
            ("200 OK", "{}")
        } else {
            answer(reads.fetch_add(1, Ordering::Relaxed))
        };
        if status == NEVER {
            std::future::pending::<()>().await;
        }
        let text = format!(
            "HTTP/1.1 {status}\r\nset-cookie: s=1; Path=/\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.get_mut().write_all(text.as_bytes()).await?;
    }
}

/// Stands in for `svt`: `serve dangerously-bare` is at one port and `serve session` at the other, or does not come up.
fn program(folder: &TempDir, bare: u16, session: Option<u16>) -> PathBuf {
    let session = session.map_or_else(
        || "echo 'the disk is full' >&2; exit 2".to_owned(),
        |port| format!("echo listening on http://127.0.0.1:{port}"),
    );
    let script = format!(
        "#!/bin/sh\ncase \"$2\" in\n  session) {session};;\n  *) echo listening on http://127.0.0.1:{bare};;\nesac\n"
    );
    let path = folder.path().join("svt");
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(script.as_bytes()).unwrap();
    file.set_permissions(std::fs::Permissions::from_mode(0o755))
        .unwrap();
    path
}

struct Nobody;

impl Observer for Nobody {
    fn preparing(&mut self, _: &'static Arm) {}
    fn turn(&mut self, _: &'static Arm, _: usize) {}
}

/// Stops the run when the round begins.
struct StopsAtRound<'a>(usize, &'a AtomicBool);

impl Observer for StopsAtRound<'_> {
    fn preparing(&mut self, _: &'static Arm) {}
    fn turn(&mut self, _: &'static Arm, round: usize) {
        if round == self.0 {
            self.1.store(true, Ordering::Relaxed);
        }
    }
}

fn plan(folder: &TempDir, bare: Answer, session: Option<Answer>) -> Plan {
    let program = program(folder, serve(bare), session.map(serve));
    let plan = Plan {
        rounds: 3,
        window: Duration::from_millis(20),
        connections: 2,
        credentials: 2,
        rate: NonZero::new(500),
        ..Plan::quick(program)
    };
    plan.with_arms(&["session-memory".to_owned()]).unwrap()
}

fn report(bare: Answer, session: Option<Answer>) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(&folder, bare, session);
    run(&plan, &mut Nobody, &AtomicBool::new(false)).unwrap()
}

fn arm<'a>(report: &'a Report, name: &str) -> &'a ArmReport {
    let mut arms = report.scenarios[0].arms.iter();
    arms.find(|arm| arm.name == name).unwrap()
}

fn is_untimed(arm: &ArmReport) -> bool {
    let has_nothing = arm.figures.is_none() && arm.latency.is_none() && arm.bytes.is_none();
    has_nothing && arm.rounds.is_empty()
}

#[test]
fn arms_that_answer_rightly_have_figures() {
    let report = report(right, Some(right));
    assert!(report.complete && !report.has_failures());
    for name in ["bare", "session-memory"] {
        assert_eq!(arm(&report, name).rounds.len(), 3);
        assert!(arm(&report, name).figures.is_some());
        for round in &arm(&report, name).rounds {
            // All portions of the turn are in it.
            assert!(round.seconds >= 0.02, "{round:?}");
            // Reckoned from the warm-up, where a core of its own keeps the client awake.
            let client = round.client_cpu_seconds.unwrap();
            assert!(client > 0.0 && client <= round.seconds, "{round:?}");
        }
        // Three rounds of ten arrivals each.
        assert_eq!(arm(&report, name).latency.as_ref().unwrap().count, 30);
        // The whole answer: status line, two headers and the empty line around 24 bytes.
        let answer = format!(
            "HTTP/1.1 200 OK\r\nset-cookie: s=1; Path=/\r\ncontent-length: 24\r\n\r\n{RIGHT}"
        );
        assert_eq!(
            arm(&report, name).bytes.unwrap().answer,
            answer.len() as f64
        );
    }
}

#[test]
fn an_arm_that_begins_to_refuse_has_failed_and_is_not_timed() {
    let report = report(right, Some(refused_in_the_midst));
    let failed = arm(&report, "session-memory");
    assert!(is_untimed(failed));
    let reason = "answered with status 401 in place of 200";
    assert_eq!(failed.failure.as_deref(), Some(reason));
    assert!(report.has_failures());
    let text = to_text(&report, false);
    let mut rows = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    assert!(
        rows.any(|row| row == format!("session-memory failed: {reason}")),
        "{text}"
    );
    assert!(arm(&report, "bare").figures.is_some());
}

#[test]
fn an_arm_that_answers_with_something_else_has_failed_and_is_not_timed() {
    let report = report(right, Some(of_somebody_else_in_the_midst));
    let failed = arm(&report, "session-memory");
    assert!(is_untimed(failed));
    assert!(
        failed
            .failure
            .as_ref()
            .unwrap()
            .starts_with("answered with a body without")
    );
}

#[test]
fn an_arm_that_leaves_one_request_without_an_answer_has_failed_and_stops_nothing() {
    let report = report(right, Some(silent_in_the_midst));
    let failed = arm(&report, "session-memory");
    assert!(is_untimed(failed));
    assert_eq!(
        failed.failure.as_deref(),
        Some("a request was not answered")
    );
    assert!(report.complete && arm(&report, "bare").figures.is_some());
}

#[test]
fn a_server_that_does_not_come_up_is_reported_with_its_last_words() {
    let report = report(right, None);
    let failure = arm(&report, "session-memory").failure.as_deref();
    assert_eq!(
        failure,
        Some("`svt serve session` did not come up: the disk is full")
    );
}

#[test]
fn without_the_bare_arm_there_are_costs_and_no_ratios() {
    let report = report(of_somebody_else_in_the_midst, Some(right));
    let figures = arm(&report, "session-memory").figures.clone().unwrap();
    assert!(figures.ratio.is_none());
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.contains("no ratio"))
    );
}

#[test]
fn a_run_that_is_stopped_reports_the_rounds_that_were_whole() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(&folder, right, Some(right));
    let stop = AtomicBool::new(false);
    let report = run(&plan, &mut StopsAtRound(2, &stop), &stop).unwrap();
    assert!(!report.complete);
    for name in ["bare", "session-memory"] {
        assert_eq!(arm(&report, name).rounds.len(), 1);
    }
    let text = serde_json::to_string(&report).unwrap();
    let read: Report = serde_json::from_str(&text).unwrap();
    assert_eq!(read.schema, bench::report::SCHEMA);
}
