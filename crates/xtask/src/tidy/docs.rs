//! Rules over the documents and the book.

use std::collections::BTreeMap;

use super::tree::{SourceFile, Tree, Violation};

/// `{{#include file}}`, `{{#include file:anchor}}`, `{{#include file:3:9}}` and `{{#rustdoc_include …}}` of mdBook.
///
/// mdBook itself includes nothing where an anchor is missing, and says nothing about it: a page would lose its example.
pub(crate) fn includes_resolve(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.below("docs/", "md") {
        for (at, what) in includes(&file.text) {
            if let Err(reason) = resolve(tree, file, what) {
                found.push(file.violation(at, reason));
            }
        }
    }
    found
}

fn includes(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.match_indices("{{#").filter_map(|(at, _)| {
        let is_escaped = text.get(..at).is_some_and(|before| before.ends_with('\\'));
        let inside = text.get(at + 3..)?.split_once("}}")?.0;
        let (directive, what) = inside.trim().split_once(char::is_whitespace)?;
        let includes = matches!(directive, "include" | "rustdoc_include" | "playground");
        (includes && !is_escaped).then(|| (at, what.split_whitespace().next().unwrap_or_default()))
    })
}

fn resolve(tree: &Tree, from: &SourceFile, what: &str) -> Result<(), String> {
    let (target, part) = what
        .split_once(':')
        .map_or((what, None), |(target, part)| (target, Some(part)));
    let path = joined(&from.path, target);
    let Some(source) = tree.file(&path) else {
        return Err(format!("includes {path}, which is no text file here"));
    };
    let lines: Vec<&str> = source.text.lines().collect();
    let included = match part {
        None => lines,
        Some(range) if range.starts_with(|first: char| first.is_ascii_digit() || first == ':') => {
            let (first, last) = range.split_once(':').unwrap_or((range, range));
            let first = first.parse().unwrap_or(1_usize).max(1);
            let last = last.parse().unwrap_or(lines.len()).min(lines.len());
            lines.get(first - 1..last).unwrap_or_default().to_vec()
        }
        Some(anchor) => anchored(&lines, anchor).ok_or(format!(
            "no ANCHOR: {anchor} … ANCHOR_END: {anchor} in {path}"
        ))?,
    };
    if included.iter().all(|line| line.trim().is_empty()) {
        return Err(format!("includes nothing: {what} is empty"));
    }
    Ok(())
}

/// The lines between an anchor and its end, other anchors left out.
fn anchored<'a>(lines: &[&'a str], anchor: &str) -> Option<Vec<&'a str>> {
    let has = |line: &str, mark: &str| {
        let after = line.split_once(mark).map(|(_, after)| after.trim_start());
        after.and_then(|after| after.split_whitespace().next()) == Some(anchor)
    };
    let start = lines.iter().position(|line| has(line, "ANCHOR:"))?;
    let end = lines.iter().position(|line| has(line, "ANCHOR_END:"))?;
    let between = lines.get(start + 1..end)?;
    Some(
        between
            .iter()
            .copied()
            .filter(|line| !line.contains("ANCHOR"))
            .collect(),
    )
}

/// Links of the documents to files of the repository, and to headings.
pub(crate) fn links_resolve(tree: &Tree) -> Vec<Violation> {
    let headings: BTreeMap<&str, Vec<String>> = tree
        .below("", "md")
        .map(|file| (file.path.as_str(), headings(&file.text)))
        .collect();
    let mut found = Vec::new();
    for file in tree.below("", "md") {
        for (at, link) in links(&file.text) {
            let is_elsewhere = link.starts_with('/')
                || link
                    .split(['/', '#', '?'])
                    .next()
                    .is_some_and(|start| start.contains(':'));
            if is_elsewhere || link.is_empty() {
                continue;
            }
            let (target, fragment) = link.split_once('#').unwrap_or((link, ""));
            let path = if target.is_empty() {
                file.path.clone()
            } else {
                joined(&file.path, target)
            };
            let page = headings.get(path.as_str());
            if !path.is_empty() && !tree.paths.contains(&path) {
                found.push(file.violation(at, format!("links to {path}, which is not there")));
            } else if !fragment.is_empty()
                && page.is_some_and(|page| !page.iter().any(|known| known == fragment))
            {
                found.push(file.violation(
                    at,
                    format!("links to #{fragment}, which is no heading of {path}"),
                ));
            }
        }
    }
    found
}

/// The targets of `[…](target)`, `![…](target)` and `[…]: target`, outside of code.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (start, line) in prose_lines(text) {
        let mut in_code = false;
        for (at, character) in line.char_indices() {
            let rest = line.get(at..).unwrap_or_default();
            if character == '`' {
                in_code = !in_code;
            } else if let Some(target) = rest.strip_prefix("](").filter(|_| !in_code) {
                let end = target.find([')', ' ']).unwrap_or(target.len());
                found.push((start + at, target.get(..end).unwrap_or_default()));
            }
        }
        if let Some((label, target)) = line.split_once("]: ").filter(|_| line.starts_with('[')) {
            found.push((
                start + label.len(),
                target.split_whitespace().next().unwrap_or_default(),
            ));
        }
    }
    found
}

/// The anchors that the headings of a page get on GitHub.
fn headings(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (_, line) in prose_lines(text).filter(|(_, line)| line.starts_with('#')) {
        let title = line.trim_start_matches('#').trim();
        let anchor: String = title
            .to_lowercase()
            .chars()
            .filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'))
            .map(|character| if character == ' ' { '-' } else { character })
            .collect();
        let same = found.iter().filter(|known| **known == anchor).count();
        found.push(if same == 0 {
            anchor
        } else {
            format!("{anchor}-{same}")
        });
    }
    found
}

/// Lines outside of fenced code, with their offsets.
fn prose_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut offset = 0;
    let mut in_fence = false;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = offset;
        offset += line.len();
        let is_fence = line.trim_start().starts_with("```");
        in_fence ^= is_fence;
        (!in_fence && !is_fence).then_some((start, line.trim_end()))
    })
}

/// A relative target, seen from the file that names it; `""` is the root.
fn joined(from: &str, target: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::tree::samples::tree;
    use super::*;

    const SOURCE: (&str, &str) = (
        "crates/a/src/a.rs",
        "// ANCHOR: full\nfn a() {}\n// ANCHOR_END: full\n// ANCHOR: empty\n\n// ANCHOR_END: empty\n",
    );

    fn included(what: &str) -> usize {
        let page = format!("text\n```rust\n{{{{#include ../../{what}}}}}\n```\n");
        includes_resolve(&tree(&[SOURCE, ("docs/en/a.md", &page)])).len()
    }

    #[test]
    fn an_include_that_shows_nothing_is_found() {
        for what in [
            "crates/a/src/b.rs",
            "crates/a/src/a.rs:gone",
            "crates/a/src/a.rs:empty",
            "crates/a/src/a.rs:70:90",
        ] {
            assert_eq!(included(what), 1, "{what}");
        }
        for what in [
            "crates/a/src/a.rs",
            "crates/a/src/a.rs:full",
            "crates/a/src/a.rs:2:2",
            "crates/a/src/a.rs::3",
        ] {
            assert_eq!(included(what), 0, "{what}");
        }
    }

    #[test]
    fn an_escaped_include_is_text() {
        assert!(includes_resolve(&tree(&[("docs/a.md", "\\{{#include gone.rs}}")])).is_empty());
    }

    fn linked(text: &str) -> usize {
        let files = [
            ("README.md", "# Read me\n"),
            ("docs/a.png", ""),
            ("docs/en/a.md", text),
        ];
        links_resolve(&tree(&files)).len()
    }

    #[test]
    fn a_link_to_nothing_is_found() {
        for text in [
            "[a](b.md)",
            "![a](../b.png)",
            "[a]: gone.md",
            "[a](#gone)",
            "[a](../../README.md#gone)",
        ] {
            assert_eq!(linked(text), 1, "{text}");
        }
        for text in [
            "[a](../../README.md)",
            "[a](../../README.md#read-me)",
            "![a](../a.png \"title\")",
            "[a](https://example.com/b.md)",
            "[a](mailto:a@example.com)",
            "`[a](b.md)`",
            "```\n[a](b.md)\n```",
            "# Two words\n[a](#two-words)",
            "[a](..)",
        ] {
            assert_eq!(linked(text), 0, "{text}");
        }
    }
}
