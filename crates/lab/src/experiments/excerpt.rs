//! Lines of the project's own source, shown where a setting decides what they do.
//!
//! The sources are part of the binary (in a debug build read from the checkout), so what is shown is what runs.

use rust_embed::RustEmbed;
use serde::Serialize;

use crate::assets;

#[derive(RustEmbed)]
#[folder = "../../crates"]
struct Crates;

/// Lines of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Excerpt {
    /// From the root of the project.
    pub(crate) file: String,
    /// The number of the first line, from 1.
    pub(crate) line: usize,
    /// The lines, without the indentation that all of them share.
    pub(crate) text: String,
}

/// The lines between `ANCHOR: name` and `ANCHOR_END: name`; `None` where there is no such file or anchor, or nothing between.
pub(crate) fn excerpt(file: &str, anchor: &str) -> Option<Excerpt> {
    let source = match file.strip_prefix("crates/") {
        Some(path) => Crates::get(path)?.data,
        None => assets::stage_source(file.strip_prefix("web/stage/")?)?,
    };
    let (line, text) = between(std::str::from_utf8(&source).ok()?, anchor)?;
    Some(Excerpt {
        file: file.to_owned(),
        line,
        text,
    })
}

/// Marks of other anchors in between are left out.
fn between(source: &str, anchor: &str) -> Option<(usize, String)> {
    let is_mark = |line: &str, mark: &str| {
        let named = line.split_once(mark);
        named.is_some_and(|(_, name)| name.trim_end_matches("-->").trim() == anchor)
    };
    let mut lines = source.lines().enumerate();
    let (start, _) = lines.find(|(_, line)| is_mark(line, "ANCHOR: "))?;
    let kept: Vec<&str> = lines
        .by_ref()
        .map(|(_, line)| line)
        .take_while(|line| !is_mark(line, "ANCHOR_END: "))
        .filter(|line| !line.contains("ANCHOR: ") && !line.contains("ANCHOR_END: "))
        .collect();
    let indent = |line: &&str| line.len() - line.trim_start().len();
    let shared = kept
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(indent)
        .min()?;
    let text: Vec<&str> = kept
        .iter()
        .map(|line| line.get(shared..).unwrap_or_default())
        .collect();
    Some((start + 2, text.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_between_the_marks_are_shown_without_the_indentation_that_they_share() {
        let source = "a\n    // ANCHOR: x\n    if b {\n        // ANCHOR: y\n        c\n    }\n    // ANCHOR_END: x\nd";
        assert_eq!(
            between(source, "x"),
            Some((3, "if b {\n    c\n}".to_owned()))
        );
        assert_eq!(between(source, "z"), None);
    }

    #[test]
    fn an_anchor_that_is_not_there_or_a_file_outside_shows_nothing() {
        assert_eq!(excerpt("crates/lab/src/lib.rs", "no-such-anchor"), None);
        assert_eq!(excerpt("Cargo.toml", "x"), None);
        assert_eq!(excerpt("crates/../Cargo.toml", "x"), None);
    }
}
