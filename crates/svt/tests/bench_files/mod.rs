//! What the files of a run have to say, all of it computed here from `results.json`.

use std::path::Path;

use bench::report::Report;
use serde_json::{Value, json};

/// Asserts that the results are of the schema that `svt bench --schema` prints, and that the schema refuses what is spoiled.
pub(crate) fn is_of_the_schema(results: &Value) {
    let mut compiler = boon::Compiler::new();
    let schema = Report::json_schema();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    compiler
        .add_resource("file:///results.json", schema)
        .unwrap();
    let mut schemas = boon::Schemas::new();
    let place = compiler.compile("file:///results.json", &mut schemas);
    let place = place.unwrap();
    let check = |value: &Value| schemas.validate(value, place).map_err(|e| e.to_string());
    assert_eq!(check(results), Ok(()));

    for (pointer, wrong) in [
        ("/scenarios/0/arms/0/figures/cost_us/median", json!("12")),
        ("/scenarios/0/arms/0/side", json!("neither")),
        ("/scenarios/0/arms/0/rounds/0/requests", json!(-1)),
        ("/scenarios/0/arms/0", json!({})),
        ("/machine", Value::Null),
    ] {
        let mut spoiled = results.clone();
        *spoiled.pointer_mut(pointer).unwrap() = wrong;
        assert!(check(&spoiled).is_err(), "{pointer}");
    }
}

/// What stands in a cell for a figure, and where in an arm the figure is.
struct Cell {
    /// Its heading on the page.
    page: &'static str,
    /// Its heading in the terminal; empty where it has none there.
    terminal: &'static str,
    expected: fn(&Value) -> Option<String>,
}

fn number(arm: &Value, pointer: &str, digits: usize) -> Option<String> {
    let value = arm.pointer(pointer)?.as_f64()?;
    Some(format!("{value:.digits$}"))
}

fn range(arm: &Value, pointer: &str, digits: usize) -> Option<String> {
    let end = |name| number(arm, &format!("{pointer}/{name}"), digits);
    Some(format!("{}–{}", end("low")?, end("high")?))
}

fn quantile(arm: &Value, share: f64) -> Option<String> {
    let quantiles = arm.pointer("/latency/quantiles")?.as_array()?;
    let mut quantiles = quantiles.iter();
    let found = quantiles.find(|quantile| quantile["share"] == json!(share))?;
    Some(found["micros"].to_string())
}

fn mebibytes(arm: &Value, name: &str) -> Option<String> {
    Some(format!("{:.1}", arm[name].as_f64()? / 1_048_576.0))
}

/// Every column that a run of requests has, in its order; one that no arm has a figure for is left out.
fn columns(scenario: &Value) -> Vec<Cell> {
    let cost = match scenario["cost_is"].as_str() {
        Some("cpu") => "CPU µs",
        _ => "wall µs",
    };
    let cell = |page, terminal, expected| Cell {
        page,
        terminal,
        expected,
    };
    let all = vec![
        cell("× bare", "× bare", |arm| {
            number(arm, "/figures/ratio/median", 2)
        }),
        cell("95 %", "95 %", |arm| range(arm, "/figures/ratio", 2)),
        cell(cost, cost, |arm| number(arm, "/figures/cost_us/median", 1)),
        cell("95 %", "95 %", |arm| range(arm, "/figures/cost_us", 1)),
        cell("requests/s", "requests/s", |arm| {
            number(arm, "/figures/per_second/median", 0)
        }),
        cell("bytes out", "B out", |arm| number(arm, "/bytes/request", 0)),
        cell("bytes in", "B in", |arm| number(arm, "/bytes/answer", 0)),
        cell("DB reads", "DB r", |arm| number(arm, "/store/reads", 2)),
        cell("DB writes", "DB w", |arm| number(arm, "/store/writes", 2)),
        cell("p50 µs", "p50 µs", |arm| quantile(arm, 0.5)),
        cell("p90 µs", "", |arm| quantile(arm, 0.9)),
        cell("p99 µs", "p99", |arm| quantile(arm, 0.99)),
        cell("p99.9 µs", "p99.9", |arm| quantile(arm, 0.999)),
        cell("memory MiB", "MiB", |arm| mebibytes(arm, "memory_bytes")),
        cell("disk MiB", "", |arm| mebibytes(arm, "disk_bytes")),
        cell("kernel %", "", |arm| {
            Some(format!("{:.0}", arm["system_share"].as_f64()? * 100.0))
        }),
    ];
    let arms = scenario["arms"].as_array().unwrap();
    let is_filled = |cell: &Cell| arms.iter().any(|arm| (cell.expected)(arm).is_some());
    all.into_iter().filter(is_filled).collect()
}

fn expected(columns: &[&Cell], arm: &Value) -> Vec<String> {
    let cells = columns.iter().map(|cell| (cell.expected)(arm));
    cells
        .map(|cell| cell.unwrap_or_else(|| "–".to_owned()))
        .collect()
}

/// The words between these marks, in their order.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    let parts = text.split(begin).skip(1);
    parts.map(|part| part.split_once(end).unwrap().0).collect()
}

/// Asserts that each cell of the page's table is the figure of the JSON, rounded.
pub(crate) fn page_says_the_figures(page: &str, scenario: &Value) {
    let columns = columns(scenario);
    let columns: Vec<&Cell> = columns.iter().collect();
    let headings: Vec<&str> = columns.iter().map(|cell| cell.page).collect();
    let tables = between(page, "<table>", "</table>");
    assert_eq!(tables.len(), 1);
    assert_eq!(
        between(tables[0], "<th>", "</th>"),
        [&["arm"][..], &headings].concat()
    );
    let arms = scenario["arms"].as_array().unwrap();
    let body = tables[0].split_once("<tbody>").unwrap().1;
    let rows = between(body, "<tr", "</tr>");
    assert_eq!(rows.len(), arms.len());
    for (row, arm) in rows.iter().zip(arms) {
        let cells = between(row, "<td>", "</td>");
        assert_eq!(cells[0], arm["title"].as_str().unwrap());
        assert_eq!(cells[1..], expected(&columns, arm), "{headings:?}");
    }
}

/// Asserts the same of the terminal's table, and that every cell ends where its heading ends.
pub(crate) fn terminal_says_the_figures(table: &str, scenario: &Value) {
    let columns = columns(scenario);
    let columns: Vec<&Cell> = columns
        .iter()
        .filter(|cell| !cell.terminal.is_empty())
        .collect();
    let mut lines = table.lines().skip_while(|line| !line.starts_with("arm "));
    let heading = lines.next().unwrap();
    let words: Vec<&str> = columns.iter().map(|cell| cell.terminal).collect();
    let shown: Vec<&str> = cells(heading);
    assert_eq!(shown, [&["arm"][..], &words].concat());
    for arm in scenario["arms"].as_array().unwrap() {
        let line = lines.next().unwrap();
        let shown = cells(line);
        assert_eq!(shown[0], arm["name"].as_str().unwrap());
        assert_eq!(shown[1..], expected(&columns, arm), "{heading}\n{line}");
        assert_eq!(ends(line)[1..], ends(heading)[1..], "{heading}\n{line}");
    }
}

/// Columns are two places apart, and no cell has two spaces in it.
fn cells(line: &str) -> Vec<&str> {
    let parts = line.split("  ").map(str::trim);
    parts.filter(|part| !part.is_empty()).collect()
}

/// At which place each cell ends; a character takes one place, whatever its bytes.
fn ends(line: &str) -> Vec<usize> {
    let letters: Vec<char> = line.chars().collect();
    let ends = letters.iter().enumerate().filter(|(index, letter)| {
        let next = letters.get(index + 1..index + 3);
        **letter != ' ' && (next == Some(&[' ', ' '][..]) || index + 1 == letters.len())
    });
    ends.map(|(index, _)| index).collect()
}

/// Asserts that there is a histogram for each arm that has latencies, and that its lines are the buckets.
pub(crate) fn histograms_are_the_latencies(folder: &Path, scenario: &Value) {
    let measured = scenario["arms"].as_array().unwrap().iter();
    let measured: Vec<&Value> = measured.filter(|arm| arm["latency"].is_object()).collect();
    let files = std::fs::read_dir(folder).map_or(0, Iterator::count);
    assert_eq!(files, measured.len());
    for arm in measured {
        let name = format!("read-{}.hgrm", arm["name"].as_str().unwrap());
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let lines = text.lines().skip(2).filter(|line| !line.starts_with('#'));
        let mut before = 0;
        let buckets: Vec<Value> = lines
            .map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                let micros = words[0].parse::<f64>().unwrap() as u64;
                let until_now: u64 = words[2].parse().unwrap();
                let count = until_now - std::mem::replace(&mut before, until_now);
                json!([micros, count])
            })
            .collect();
        assert_eq!(json!(buckets), arm["latency"]["buckets"]);
    }
}
