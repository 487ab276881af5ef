//! The files that the rules look at, held in memory so that a test can make up its own.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::lexer::{self, Lexed};

/// The text files of the workspace, and the names of all others.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<SourceFile>,
    /// Every path there is, folders included, so that links can be resolved.
    pub(crate) paths: BTreeSet<String>,
}

/// One text file.
pub(crate) struct SourceFile {
    /// From the root of the workspace, with `/` between its parts.
    pub(crate) path: String,
    pub(crate) text: String,
}

const TEXT: [&str; 9] = [
    "rs", "js", "css", "html", "md", "toml", "ftl", "json", "sql",
];

/// Folders that hold nothing of ours: what Cargo builds, what a lab writes, what npm and Cargo build of the benchmark's peers.
const NOT_SOURCES: [&str; 5] = [
    "target",
    "data",
    "crates/bench/peers/actix/target",
    "crates/bench/peers/axum/target",
    "crates/bench/peers/fastify/node_modules",
];

impl Tree {
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        tree.read_folder(root, "")?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    fn read_folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let entries =
            fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            if path == ".git" || NOT_SOURCES.contains(&path.as_str()) {
                continue;
            }
            self.paths.insert(path.clone());
            if entry.file_type()?.is_dir() {
                self.read_folder(&entry.path(), &format!("{path}/"))?;
            } else if has_extension(&path, &TEXT) {
                let text = fs::read_to_string(entry.path())
                    .with_context(|| format!("cannot read {path}"))?;
                self.files.push(SourceFile { path, text });
            }
        }
        Ok(())
    }

    /// The files with this extension below this folder (`""` for all).
    pub(crate) fn below<'a>(
        &'a self,
        folder: &'a str,
        extension: &'a str,
    ) -> impl Iterator<Item = &'a SourceFile> {
        self.files.iter().filter(move |file| {
            file.path.starts_with(folder) && has_extension(&file.path, &[extension])
        })
    }

    pub(crate) fn file(&self, path: &str) -> Option<&SourceFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

impl SourceFile {
    pub(crate) fn rust(&self) -> Lexed {
        lexer::rust(&self.text)
    }

    pub(crate) fn javascript(&self) -> Lexed {
        lexer::javascript(&self.text)
    }

    /// Something wrong at a byte offset of this file.
    pub(crate) fn violation(&self, offset: usize, reason: impl Into<String>) -> Violation {
        let before = self
            .text
            .as_bytes()
            .get(..offset)
            .unwrap_or(self.text.as_bytes());
        Violation {
            path: self.path.clone(),
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            reason: reason.into(),
        }
    }
}

/// One place where a rule is broken.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    pub(crate) path: String,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) reason: String,
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|found| extensions.iter().any(|wanted| found == *wanted))
}

/// Made-up trees for the tests of the rules.
#[cfg(test)]
pub(crate) mod samples {
    use super::{SourceFile, Tree, Violation};

    pub(crate) fn tree(files: &[(&str, &str)]) -> Tree {
        let mut tree = Tree::default();
        for (path, text) in files {
            tree.files.push(SourceFile {
                path: (*path).to_owned(),
                text: (*text).to_owned(),
            });
            let mut known = String::new();
            for part in path.split('/') {
                known.push_str(part);
                tree.paths.insert(known.clone());
                known.push('/');
            }
        }
        tree
    }

    /// What a rule finds in a tree of one file: the lines.
    pub(crate) fn lines(rule: fn(&Tree) -> Vec<Violation>, path: &str, text: &str) -> Vec<usize> {
        let found = rule(&tree(&[(path, text)]));
        found.iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn a_violation_knows_its_line() {
        let file = SourceFile {
            path: "a".into(),
            text: "one\ntwo\nthree".into(),
        };
        assert_eq!(file.violation(4, "x").line, 2);
        assert_eq!(file.violation(0, "x").line, 1);
    }
}
