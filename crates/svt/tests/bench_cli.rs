//! `svt bench` as a process of its own, against servers that it starts itself. What is asserted is the report, never a speed.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

mod bench_files;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// Two arms beside the bare one.
const SHORT: [&str; 6] = [
    "bench",
    "--quick",
    "--arm",
    "session-sqlite",
    "--arm",
    "jwt-eddsa",
];

fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_svt"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs to the end, writing to this folder; the table.
fn run(more: &[&str], out: &Path) -> String {
    let out = out.to_str().unwrap();
    let arguments = [&SHORT[..], &["--rounds", "1", "--out", out], more].concat();
    let output = start(&arguments).wait_with_output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{table}");
    table
}

fn results(folder: &Path) -> Value {
    let text = std::fs::read_to_string(folder.join("results.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_figure_of_a_run_is_the_same_in_its_files_and_in_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let table = run(&["--rate", "100"], folder.path());
    let results = results(folder.path());
    bench_files::is_of_the_schema(&results);
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    let scenario = &results["scenarios"][0];
    bench_files::page_says_the_figures(&page, scenario);
    bench_files::terminal_says_the_figures(&table, scenario);
    bench_files::histograms_are_the_latencies(&folder.path().join("histograms"), scenario);
}

#[test]
fn a_run_writes_a_table_and_the_same_figures_to_files() {
    let folder = tempfile::tempdir().unwrap();
    let table = run(&[], folder.path());

    let results = results(folder.path());
    assert_eq!(results["schema"], "svt-bench/1");
    assert_eq!(results["complete"], true);
    let arms = results["scenarios"][0]["arms"].as_array().unwrap();
    let mut names: Vec<_> = arms
        .iter()
        .map(|arm| arm["name"].as_str().unwrap())
        .collect();
    let mut rows = table
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    for (arm, name) in arms.iter().zip(&names) {
        assert_eq!(arm["failure"], Value::Null);
        assert_eq!(arm["rounds"].as_array().unwrap().len(), 1);
        assert!(rows.any(|row| row == *name), "{name} in its order: {table}");
        let ratio = arm["figures"]["ratio"]["median"].as_f64().unwrap();
        assert!(table.contains(&format!(" {ratio:.2} ")), "{ratio}: {table}");
    }
    let ratios: Vec<_> = arms
        .iter()
        .map(|arm| arm["figures"]["ratio"]["median"].as_f64().unwrap())
        .collect();
    assert!(ratios.is_sorted());
    names.sort_unstable();
    assert_eq!(names, ["bare", "jwt-eddsa", "session-sqlite"]);

    let finding = &results["scenarios"][0]["findings"][0];
    assert!(table.contains(finding["sentence"].as_str().unwrap()));
    let csv = std::fs::read_to_string(folder.path().join("results.csv")).unwrap();
    let requests = arms[0]["rounds"][0]["requests"].as_u64().unwrap();
    let first = csv.lines().nth(1).unwrap();
    assert_eq!(first.split(',').nth(4), Some(requests.to_string().as_str()));
    assert_eq!(csv.lines().count(), 4);
    let page = std::fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(
        page.matches("<svg").count() >= 3,
        "costs, their parts, bytes"
    );
    assert!(
        ["src=", "href=", "<script", "@import", "url("]
            .iter()
            .all(|link| !page.contains(link))
    );
}

#[test]
fn a_run_is_compared_with_an_earlier_one_and_with_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    run(&[], folder.path());
    let earlier = folder.path().join("results.json");
    let table = run(
        &["--baseline", earlier.to_str().unwrap()],
        &folder.path().join("later"),
    );
    assert!(table.contains("Since the baseline:\nread, "), "{table}");
    let changes = results(&folder.path().join("later"))["changes"].clone();
    assert_eq!(changes.as_array().unwrap().len(), 2);
    assert_eq!(changes[0]["comparison"]["verdict"], "too_few_rounds");

    std::fs::write(&earlier, "{}").unwrap();
    let arguments = ["bench", "--baseline", earlier.to_str().unwrap()];
    let output = start(&arguments).wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("it is no results.json of svt bench"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn a_run_that_is_interrupted_leaves_a_report_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let mut child = start(&[&SHORT[..], &["--rounds", "1000", "--out", out]].concat());
    let mut said = String::new();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    err.read_line(&mut said).unwrap();
    assert!(said.contains("Ctrl-C ends it"), "{said}");
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let results = results(folder.path());
    assert_eq!(results["complete"], false);
    assert!(
        results["warnings"][0]
            .as_str()
            .unwrap()
            .contains("was stopped")
    );
}

#[test]
fn an_unknown_name_is_answered_with_those_that_exist() {
    for (arguments, expected) in [
        (
            ["bench", "--arm", "jwt"],
            "there is no arm `jwt`; there are naked, bare, session-memory, ",
        ),
        (
            ["bench", "--scenario", "reads"],
            "there is no scenario `reads`; there are read, write, login, refresh, ",
        ),
    ] {
        let output = start(&arguments).wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn the_bank_without_authentication_is_served_only_when_asked_for_twice() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let arguments = [
        "serve",
        "dangerously-bare",
        "--listen",
        "127.0.0.1:0",
        "--data",
        data,
    ];
    let output = start(&arguments).wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--dangerously-allow"), "{said}");
}
