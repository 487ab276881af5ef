//! `cargo xtask tidy`: the invariants of ARCHITECTURE.md, checked.
//!
//! Each rule is a function from the files to the places where it is broken, so that a test can hand it a made-up tree: every
//! rule has a sample that breaks it and one that does not. A rule that cannot fail is a defect.

mod dependencies;
mod docs;
mod javascript;
mod lexer;
mod markup;
mod messages;
mod said;
mod sources;
mod templates;
mod tree;

use anyhow::{Context, Result};

use crate::Outcome;
use crate::process::workspace_root;
use tree::{Tree, Violation};

/// Check the invariants that ARCHITECTURE.md states.
///
/// Reports every violation at once, as `file:line: rule: reason`. Takes about a second: nothing is compiled.
#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Print the rules and what each keeps, and check nothing
    #[arg(long)]
    list: bool,
}

/// A named check over the files.
struct Rule {
    name: &'static str,
    keeps: &'static str,
    check: fn(&Tree) -> Vec<Violation>,
}

const RULES: &[Rule] = &[
    Rule {
        name: "sql",
        keeps: "only user-store names a database",
        check: sources::sql_stays_in_user_store,
    },
    Rule {
        name: "clock",
        keeps: "only token-core::clock reads the wall clock",
        check: sources::time_comes_from_the_clock,
    },
    Rule {
        name: "no-ignored-tests",
        keeps: "no test is skipped",
        check: sources::no_test_is_ignored,
    },
    Rule {
        name: "no-sleeping",
        keeps: "tests wait for events, never for time",
        check: sources::no_test_sleeps,
    },
    Rule {
        name: "no-leftovers",
        keeps: "nothing is left for later in the sources",
        check: sources::nothing_is_left_for_later,
    },
    Rule {
        name: "size",
        keeps: "a file that outgrows 400 lines has a second thing in it",
        check: sources::files_stay_small,
    },
    Rule {
        name: "lints",
        keeps: "every crate inherits the lints of the workspace",
        check: sources::every_crate_inherits_the_lints,
    },
    Rule {
        name: "browser-clock",
        keeps: "pages compute times from the server's now",
        check: javascript::pages_never_read_the_clock,
    },
    Rule {
        name: "network",
        keeps: "only web/static/js/api.js talks to a server",
        check: javascript::only_the_api_module_talks,
    },
    Rule {
        name: "dom",
        keeps: "text never becomes markup or code in a page",
        check: javascript::text_never_becomes_markup,
    },
    Rule {
        name: "js-text",
        keeps: "what a script writes comes from the catalogue",
        check: javascript::visible_text_comes_from_the_catalogue,
    },
    Rule {
        name: "inline",
        keeps: "no inline script, style or handler, so that the content security policy can stay strict",
        check: templates::nothing_is_inline,
    },
    Rule {
        name: "offline",
        keeps: "pages load nothing from elsewhere",
        check: templates::pages_work_offline,
    },
    Rule {
        name: "template-text",
        keeps: "what a template shows comes from the catalogue",
        check: templates::visible_text_comes_from_the_catalogue,
    },
    Rule {
        name: "messages",
        keeps: "every message that is said exists, and every message that exists is said",
        check: messages::said_and_existing_messages_agree,
    },
    Rule {
        name: "includes",
        keeps: "what the book shows is included from sources that are there",
        check: docs::includes_resolve,
    },
    Rule {
        name: "links",
        keeps: "links between the documents resolve",
        check: docs::links_resolve,
    },
];

const DEPENDENCIES: &str = "dependencies";

pub(crate) fn run(arguments: &Arguments) -> Result<Outcome> {
    if arguments.list {
        list();
        return Ok(Outcome::Passed);
    }
    let root = workspace_root();
    let tree = Tree::read(&root)?;
    let metadata = cargo_metadata::MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .exec()
        .context("cargo metadata failed")?;
    let graph = dependencies::Graph::of(&metadata, root.as_path())?;
    let mut found: Vec<(Violation, &str)> = Vec::new();
    found.extend(
        graph
            .violations()
            .into_iter()
            .map(|violation| (violation, DEPENDENCIES)),
    );
    for rule in RULES {
        found.extend(
            (rule.check)(&tree)
                .into_iter()
                .map(|violation| (violation, rule.name)),
        );
    }
    found.sort();
    for (violation, rule) in &found {
        println!(
            "{}:{}: {rule}: {}",
            violation.path, violation.line, violation.reason
        );
    }
    let files = tree.files.len();
    if found.is_empty() {
        eprintln!("tidy: {} rules hold in {files} files", RULES.len() + 1);
        Ok(Outcome::Passed)
    } else {
        eprintln!("tidy: {} violations in {files} files", found.len());
        Ok(Outcome::Failed)
    }
}

fn list() {
    println!(
        "{DEPENDENCIES:<16} the crates depend on each other as ARCHITECTURE.md draws it, and on nothing they must not know"
    );
    for rule in RULES {
        println!("{:<16} {}", rule.name, rule.keeps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_names_of_their_own() {
        let mut names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
    }
}
