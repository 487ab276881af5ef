//! Rules over the Rust sources, and over all sources alike.

use super::lexer::words;
use super::tree::{SourceFile, Tree, Violation};

/// The rules themselves and their samples are full of what they look for.
const RULES: &str = "crates/xtask/src/tidy/";

/// SQL text and database crates outside user-store.
///
/// A step is named after what it does ("SELECT session"), so a keyword alone is no SQL: the clause after it makes it one.
pub(crate) fn sql_stays_in_user_store(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in rust_outside(tree, &["crates/user-store/"]) {
        let lexed = file.rust();
        for literal in lexed
            .literals
            .iter()
            .filter(|literal| is_sql(&literal.text))
        {
            found.push(file.violation(literal.offset, "SQL outside user-store"));
        }
        for name in ["rusqlite", "tokio_postgres", "postgres", "redis", "sqlx"] {
            let path = format!("{name}::");
            for at in words(&lexed.code, &path) {
                found.push(file.violation(
                    at,
                    format!("only user-store names a database, and this is {name}"),
                ));
            }
        }
    }
    for file in tree
        .below("", "sql")
        .filter(|file| !file.path.starts_with("crates/user-store/"))
    {
        found.push(file.violation(0, "a file of SQL outside user-store"));
    }
    found
}

/// A statement is a verb and its clause, both in capitals or both in small letters; prose that begins a sentence is neither.
fn is_sql(text: &str) -> bool {
    const STATEMENTS: [(&str, &str); 11] = [
        ("SELECT", " FROM "),
        ("SELECT", " COUNT("),
        ("INSERT", " INTO "),
        ("UPDATE", " SET "),
        ("DELETE", " FROM "),
        ("CREATE", " TABLE "),
        ("CREATE", " INDEX "),
        ("ALTER", " TABLE "),
        ("DROP", " TABLE "),
        ("BEGIN", " IMMEDIATE "),
        ("PRAGMA", " "),
    ];
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ") + " ";
    STATEMENTS.iter().any(|(verb, clause)| {
        let follows = |verb: &str, clause: &str| {
            flat.strip_prefix(verb)
                .is_some_and(|rest| rest.contains(clause))
        };
        // "pragma" and "begin immediate" in small letters are words of prose more often than statements.
        follows(verb, clause)
            || (clause.len() > 1
                && *verb != "BEGIN"
                && follows(&verb.to_lowercase(), &clause.to_lowercase()))
    })
}

/// Clocks that are not ours, outside `token_core::clock`.
///
/// Clippy's `disallowed_methods` keeps most of this with types; this one also sees code that an `expect` has excused, macros,
/// and targets that are not compiled here. xtask times its own steps, the benchmark measures: neither is part of the product.
pub(crate) fn time_comes_from_the_clock(tree: &Tree) -> Vec<Violation> {
    const CLOCKS: [&str; 7] = [
        "SystemTime::now",
        "Instant::now",
        "OffsetDateTime::now_utc",
        "OffsetDateTime::now_local",
        "UtcDateTime::now",
        "Utc::now",
        "Local::now",
    ];
    const EXEMPT: [&str; 4] = [
        "crates/token-core/src/clock.rs",
        "crates/token-core/src/clock/",
        "crates/bench/",
        "crates/xtask/",
    ];
    let mut found = Vec::new();
    for file in rust_outside(tree, &EXEMPT) {
        let lexed = file.rust();
        for clock in CLOCKS {
            for at in words(&lexed.code, clock) {
                found.push(file.violation(
                    at,
                    format!("{clock} outside token_core::clock: take a Clock"),
                ));
            }
        }
    }
    found
}

/// Tests that would be skipped in silence: ignored ones, and documentation examples that are not compiled.
pub(crate) fn no_test_is_ignored(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in rust_outside(tree, &[]) {
        let lexed = file.rust();
        for at in words(&lexed.code, "ignore") {
            let before = lexed.code.get(..at).unwrap_or_default();
            let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
            if line.starts_with("#[") {
                found.push(file.violation(at, "an ignored test: mend it or remove it"));
            }
        }
        for (at, _) in file.text.match_indices("```ignore") {
            found.push(file.violation(
                at,
                "an example that is not compiled: make it one, or mark it as `text`",
            ));
        }
    }
    found
}

/// Tests that wait for time to pass: slow where they pass, and wrong on a slower machine. A clock is advanced by hand, and an
/// event is waited for.
pub(crate) fn no_test_sleeps(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in rust_outside(tree, &[]) {
        let lexed = file.rust();
        let is_all_tests = file.path.split('/').any(|folder| folder == "tests");
        // In the other files the tests are the module at the end.
        let tests = if is_all_tests {
            0
        } else {
            lexed
                .code
                .find("#[cfg(test)]\nmod ")
                .unwrap_or(lexed.code.len())
        };
        for at in words(&lexed.code, "sleep").filter(|at| *at >= tests) {
            if lexed
                .code
                .get(at + "sleep".len()..)
                .is_some_and(|after| after.starts_with('('))
            {
                found.push(file.violation(
                    at,
                    "a test that sleeps: advance a ManualClock, or wait for what it waits for",
                ));
            }
        }
    }
    found
}

/// Notes to oneself.
pub(crate) fn nothing_is_left_for_later(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree
        .files
        .iter()
        .filter(|file| !file.path.starts_with(RULES))
    {
        for note in ["TODO", "FIXME", "XXX"] {
            for at in words(&file.text, note) {
                found.push(
                    file.violation(at, format!("{note}: do it, or say what is missing and why")),
                );
            }
        }
    }
    found
}

/// Files of more lines than this have a second thing in them.
const LINES: usize = 400;

/// Files that may be longer, each with the reason.
const LONGER: [(&str, &str); 0] = [];

pub(crate) fn files_stay_small(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in ["rs", "js", "css"]
        .iter()
        .flat_map(|extension| tree.below("", extension))
    {
        let lines = file.text.lines().count();
        let is_excused = LONGER.iter().any(|(path, _)| *path == file.path);
        if lines > LINES && !is_excused {
            let mut violation = file.violation(
                0,
                format!("{lines} lines, more than {LINES}: find the second thing in it"),
            );
            violation.line = LINES + 1;
            found.push(violation);
        }
        if lines <= LINES && is_excused {
            found
                .push(file.violation(0, "is short again: take it off the list in tidy/sources.rs"));
        }
    }
    found
}

/// Crates that do not say `[lints] workspace = true`; Cargo would let them have none.
pub(crate) fn every_crate_inherits_the_lints(tree: &Tree) -> Vec<Violation> {
    tree.below("", "toml")
        .filter(|file| file.path.ends_with("/Cargo.toml"))
        // One that is a workspace of its own has nothing to inherit.
        .filter(|file| !file.text.contains("\n[workspace]\n"))
        .filter(|file| !inherits_lints(&file.text))
        .map(|file| {
            file.violation(
                0,
                "does not inherit the lints of the workspace: [lints] workspace = true",
            )
        })
        .collect()
}

fn inherits_lints(manifest: &str) -> bool {
    let mut lines = manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "[lints]");
    let _heading = lines.next();
    lines
        .take_while(|line| !line.starts_with('['))
        .any(|line| line.split_whitespace().collect::<String>() == "workspace=true")
}

fn rust_outside<'a>(tree: &'a Tree, exempt: &'a [&'a str]) -> impl Iterator<Item = &'a SourceFile> {
    tree.below("", "rs")
        .filter(|file| !file.path.starts_with(RULES))
        .filter(move |file| !exempt.iter().any(|prefix| file.path.starts_with(prefix)))
}

#[cfg(test)]
mod tests {
    use super::super::tree::samples::{lines, tree};
    use super::*;

    #[test]
    fn sql_is_found_in_strings_outside_user_store() {
        let rule = sql_stays_in_user_store;
        let sql = "fn a() {}\nconst A: &str = \"SELECT id\n FROM users\";\nconst B: &str = r#\"insert into t values (1)\"#;";
        assert_eq!(lines(rule, "crates/bank/src/a.rs", sql), [2, 4]);
        assert_eq!(lines(rule, "crates/user-store/src/a.rs", sql), [0; 0]);
        assert_eq!(
            lines(rule, "tests/src/a.rs", "use rusqlite::Connection;"),
            [1]
        );
        assert_eq!(lines(rule, "crates/lab/schema.sql", ""), [1]);
        assert_eq!(
            lines(rule, "crates/lab/a.rs", "f(\"PRAGMA journal_mode\")"),
            [1]
        );
    }

    #[test]
    fn step_names_comments_and_prose_are_no_sql() {
        let rule = sql_stays_in_user_store;
        let text = "// \"SELECT a FROM b\"\nstep!(authentication, read, \"SELECT session\");\nf(\"Select a user from the list\");\nf(\"UPDATE session\")";
        assert_eq!(lines(rule, "crates/bank/src/a.rs", text), [0; 0]);
    }

    #[test]
    fn a_foreign_clock_is_found_outside_the_clock_alone() {
        let rule = time_comes_from_the_clock;
        let text = "// Instant::now\nlet a = std::time::Instant::now();\nlet b = OffsetDateTime::now_utc();";
        assert_eq!(lines(rule, "crates/bank/src/a.rs", text).len(), 2);
        assert_eq!(lines(rule, "tests/tests/a.rs", text).len(), 2);
        assert_eq!(lines(rule, "crates/token-core/src/clock.rs", text), [0; 0]);
        assert_eq!(
            lines(rule, "crates/bank/src/a.rs", "let a = clock.now();"),
            [0; 0]
        );
    }

    #[test]
    fn ignored_tests_are_found() {
        let rule = no_test_is_ignored;
        assert_eq!(
            lines(rule, "crates/a/src/a.rs", "#[test]\n#[ignore]\nfn a() {}"),
            [2]
        );
        assert_eq!(
            lines(
                rule,
                "crates/a/src/a.rs",
                "#[cfg_attr(windows, ignore = \"x\")]"
            ),
            [1]
        );
        assert_eq!(
            lines(rule, "crates/a/src/a.rs", "/// ```ignore\n/// ```"),
            [1]
        );
        assert_eq!(
            lines(rule, "crates/a/src/a.rs", "// #[ignore]\nfn ignore() {}"),
            [0; 0]
        );
    }

    #[test]
    fn sleeping_tests_are_found() {
        let rule = no_test_sleeps;
        let text = "fn a() { sleep(B) }\n#[cfg(test)]\nmod tests {\n    async fn a() { tokio::time::sleep(B).await }\n}";
        assert_eq!(lines(rule, "crates/a/src/a.rs", text), [4]);
        assert_eq!(lines(rule, "crates/a/tests/a.rs", "thread::sleep(A)"), [1]);
        assert_eq!(
            lines(
                rule,
                "crates/a/tests/a.rs",
                "// sleep(A)\nlet sleep = asleep();"
            ),
            [0; 0]
        );
    }

    #[test]
    fn notes_to_oneself_are_found_in_every_kind_of_file() {
        let rule = nothing_is_left_for_later;
        assert_eq!(lines(rule, "web/a.css", "a {}\n/* TODO: colours */"), [2]);
        assert_eq!(lines(rule, "README.md", "FIXME"), [1]);
        assert_eq!(
            lines(rule, "README.md", "todo mastodon METHODOLOGY"),
            [0; 0]
        );
    }

    #[test]
    fn long_files_are_found() {
        let rule = files_stay_small;
        assert_eq!(lines(rule, "crates/a/src/a.rs", &"a\n".repeat(401)), [401]);
        assert_eq!(lines(rule, "crates/a/src/a.rs", &"a\n".repeat(400)), [0; 0]);
        assert_eq!(lines(rule, "README.md", &"a\n".repeat(900)), [0; 0]);
    }

    #[test]
    fn a_crate_without_the_lints_of_the_workspace_is_found() {
        let rule = every_crate_inherits_the_lints;
        assert_eq!(
            lines(
                rule,
                "crates/a/Cargo.toml",
                "[package]\n[lints]\n[dependencies]\nworkspace = true"
            ),
            [1]
        );
        assert_eq!(
            lines(rule, "crates/a/Cargo.toml", "[lints]\nworkspace = true\n"),
            [0; 0]
        );
        let root = tree(&[("Cargo.toml", "[workspace]")]);
        assert!(rule(&root).is_empty());
    }
}
