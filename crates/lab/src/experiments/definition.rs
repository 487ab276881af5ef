//! `experiment.toml`: what an experiment asks, what is expected of it, and by which rule.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use toml::Spanned;

/// What the passport finds out about a browser, and the values that each fact may have. Expectations may depend on them.
pub(crate) const FACTS: [(&str, &[&str]); 9] = [
    ("third-party-cookies", &["allowed", "blocked"]),
    ("partitioned-cookies", &["yes", "no"]),
    ("partitioned-storage", &["yes", "no"]),
    ("lax-default", &["yes", "no"]),
    ("lax-post-grace", &["yes", "no"]),
    ("secure-context", &["yes", "no"]),
    ("sec-fetch", &["yes", "no"]),
    ("secure-cookie-on-ws", &["yes", "no"]),
    ("sibling-hosts", &["yes", "no"]),
];

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Definition {
    /// Its place among the experiments; unique among the built-in ones.
    pub(crate) order: u32,
    /// How long it takes a class.
    pub(crate) minutes: u32,
    /// Whether it can only be seen where each part of the lab has a host name of its own.
    #[serde(default)]
    pub(crate) needs_sibling_hosts: bool,
    /// Whether it can only be seen in a lab with replicas.
    #[serde(default)]
    pub(crate) needs_replicas: bool,
    /// Whether its page has controls of its own beside the tables: `panel.js` of its folder.
    #[serde(default)]
    pub(crate) panel: bool,
    /// Which claims it bears on.
    #[serde(default)]
    pub(crate) claim: Vec<Claim>,
    /// Which settings its page offers.
    #[serde(default)]
    pub(crate) setting: Vec<Setting>,
    /// What its switch between broken and sound sets, where it shows an attack.
    #[serde(default)]
    pub(crate) switch: Option<Switch>,
    /// What the reader may write.
    #[serde(default)]
    pub(crate) input: Vec<Input>,
    /// The pictures that a run draws beside the tables.
    #[serde(default)]
    pub(crate) figure: Vec<Figure>,
    /// What it observes.
    pub(crate) matrix: Vec<Matrix>,
    /// What is expected; of several rules that match a cell and the browser, the last one counts.
    #[serde(default)]
    pub(crate) expect: Vec<Expect>,
}

/// How observations bear on a claim: `cell=outcome` for it and against it. Only for it: true; only against it: false; both: half.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Claim {
    pub(crate) id: Spanned<String>,
    pub(crate) verdict: Verdict,
    #[serde(default)]
    pub(crate) supports: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) contradicts: Vec<Spanned<String>>,
}

/// What an experiment says of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    True,
    Half,
    False,
}

/// A setting of a server, and the values that the page offers; the first is the default.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setting {
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

/// The two sides of an attack, each by the settings that make it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switch {
    /// Under which the attack is to succeed.
    pub(crate) broken: BTreeMap<String, String>,
    /// Under which it is to fail; empty where that is how the servers start.
    #[serde(default)]
    pub(crate) sound: BTreeMap<String, String>,
    /// The lines of source that the settings decide.
    #[serde(default)]
    pub(crate) code: Vec<CodePlace>,
}

/// Lines between `ANCHOR: name` and `ANCHOR_END: name` in a file of this project.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodePlace {
    pub(crate) file: String,
    pub(crate) anchor: Spanned<String>,
}

/// A text that the reader may change before a run; the word `input-<id>` says what it is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Input {
    pub(crate) id: String,
    pub(crate) value: String,
}

/// A picture; the word `figure-<id>` is its caption, and `web/static/js/experiment/figures/<kind>.js` draws it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Figure {
    pub(crate) id: String,
    pub(crate) kind: String,
}

/// A table of observations. A plain question is a table of one row.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Matrix {
    pub(crate) id: Spanned<String>,
    /// Whose colour it has: `session`, `token`, `attacker`, or none.
    #[serde(default)]
    pub(crate) lane: Option<String>,
    pub(crate) rows: Vec<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) outcomes: Outcomes,
    /// `row/column` of the cells for which the page asks a prediction, `*` for any; all of them when absent.
    #[serde(default)]
    pub(crate) ask: Option<Vec<Spanned<String>>>,
    /// `row/column` of the cells that make no sense and stay empty, `*` for any.
    #[serde(default)]
    pub(crate) skip: Vec<Spanned<String>>,
    /// Whatever is observed is the finding: nothing is expected.
    #[serde(default)]
    pub(crate) open: bool,
}

/// The outcomes of every cell, or of the cells of each row.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Outcomes {
    All(Vec<String>),
    OfRow(BTreeMap<String, Vec<String>>),
}

/// One rule of what is expected.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    /// `matrix/row/column`, `*` for any.
    pub(crate) cells: Vec<Spanned<String>>,
    pub(crate) is: Spanned<String>,
    /// Facts of the passport, and settings of the page, that must hold.
    #[serde(default)]
    pub(crate) when: BTreeMap<Spanned<String>, String>,
    /// The rule that says so, with its section.
    pub(crate) source: String,
}

/// A cell with all that applies to it, as the page gets it.
#[derive(Debug, Serialize)]
pub(crate) struct Cell {
    pub(crate) id: String,
    pub(crate) matrix: String,
    pub(crate) row: String,
    pub(crate) column: String,
    pub(crate) outcomes: Vec<String>,
    pub(crate) asked: bool,
    pub(crate) expectations: Vec<Expectation>,
}

/// A rule as it applies to one cell.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Expectation {
    pub(crate) is: String,
    pub(crate) when: BTreeMap<String, String>,
    pub(crate) source: String,
}

/// Whether `pattern`, in which a part may be `*`, names `path`.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    let all = pattern
        .split('/')
        .all(|part| parts.next().is_some_and(|here| part == "*" || part == here));
    all && parts.next().is_none()
}

impl Matrix {
    pub(super) fn outcomes_of(&self, row: &str) -> Vec<String> {
        match &self.outcomes {
            Outcomes::All(outcomes) => outcomes.clone(),
            Outcomes::OfRow(rows) => rows.get(row).cloned().unwrap_or_default(),
        }
    }

    fn is_skipped(&self, place: &str) -> bool {
        self.skip
            .iter()
            .any(|pattern| matches(pattern.as_ref(), place))
    }
}

impl Definition {
    /// Every cell, in the order of the tables.
    pub(crate) fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for matrix in &self.matrix {
            for row in &matrix.rows {
                for column in &matrix.columns {
                    let place = format!("{row}/{column}");
                    if matrix.is_skipped(&place) {
                        continue;
                    }
                    let id = format!("{}/{place}", matrix.id.as_ref());
                    let asked = matrix.ask.as_ref().is_none_or(|ask| {
                        ask.iter().any(|pattern| matches(pattern.as_ref(), &place))
                    });
                    cells.push(Cell {
                        matrix: matrix.id.as_ref().clone(),
                        row: row.clone(),
                        column: column.clone(),
                        outcomes: matrix.outcomes_of(row),
                        asked,
                        expectations: self.expectations_of(&id),
                        id,
                    });
                }
            }
        }
        cells
    }

    fn expectations_of(&self, cell: &str) -> Vec<Expectation> {
        let rules = self.expect.iter();
        rules
            .filter(|rule| {
                rule.cells
                    .iter()
                    .any(|pattern| matches(pattern.as_ref(), cell))
            })
            .map(|rule| Expectation {
                is: rule.is.as_ref().clone(),
                when: rule
                    .when
                    .iter()
                    .map(|(fact, value)| (fact.as_ref().clone(), value.clone()))
                    .collect(),
                source: rule.source.clone(),
            })
            .collect()
    }

    /// Every word that the text must explain: tables, rows, columns, outcomes, inputs, figures.
    pub(crate) fn words(&self) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        words.extend(self.input.iter().map(|input| format!("input-{}", input.id)));
        words.extend(
            self.figure
                .iter()
                .map(|figure| format!("figure-{}", figure.id)),
        );
        for matrix in &self.matrix {
            words.insert(matrix.id.as_ref().clone());
            words.extend(matrix.rows.iter().cloned());
            words.extend(matrix.columns.iter().cloned());
            for row in &matrix.rows {
                words.extend(matrix.outcomes_of(row));
            }
        }
        words
    }
}

/// The line, from 1, of a byte.
pub(crate) fn line_of(source: &str, at: usize) -> usize {
    source
        .as_bytes()
        .iter()
        .take(at)
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}
