//! The experiments: a folder each, `experiment.toml`, `run.js` and `en.md`. Adding one takes no Rust.
//!
//! The built-in ones are part of the binary (in a debug build read from `web/experiments` at each look); a teacher's own
//! stand in a folder named at start, and are read anew at each look, so that writing one is editing and reloading.

mod check;
mod definition;
mod excerpt;
mod text;

use std::path::{Path, PathBuf};

use rust_embed::RustEmbed;
use serde_json::{Value, json};

use definition::{Definition, Switch, line_of};
use excerpt::excerpt;
pub(crate) use text::Section;
use text::Text;

/// The files that every experiment has.
const DEFINITION: &str = "experiment.toml";
const SCRIPT: &str = "run.js";
const WORDS: &str = "en.md";
/// What one has whose page is worked beside its runs.
const PANEL: &str = "panel.js";

/// The section that an experiment with a switch owes its reader.
const NOT_DEFENDED: &str = "not-defended";

#[derive(RustEmbed)]
#[folder = "../../web/experiments"]
struct BuiltIn;

/// What a browser was seen to do, by `cargo xtask evidence`.
#[derive(RustEmbed)]
#[folder = "../../docs/evidence"]
struct Evidence;

/// One thing that is wrong in one file.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) line: usize,
    pub(crate) reason: String,
}

/// Everything that is wrong with the experiments, a line each: `folder/file:line: reason`.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct Broken(Vec<String>);

/// An experiment, ready to be shown.
#[derive(Debug)]
pub(crate) struct Experiment {
    pub(crate) id: String,
    pub(crate) definition: Definition,
    pub(crate) text: Text,
    /// Whether it came with the lab.
    pub(crate) built_in: bool,
}

/// Where the experiments are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf {
    extra: Option<PathBuf>,
}

impl Shelf {
    /// The built-in experiments and those of a folder, every one of them checked.
    pub(crate) fn open(extra: Option<PathBuf>) -> Result<Self, Broken> {
        let shelf = Self { extra };
        let (_, broken) = shelf.read_all();
        if broken.is_empty() {
            Ok(shelf)
        } else {
            Err(Broken(broken))
        }
    }

    /// Every experiment that can be read, by order; a folder that was broken meanwhile is left out.
    pub(crate) fn all(&self) -> Vec<Experiment> {
        self.read_all().0
    }

    /// One experiment; `None` when there is none of that id.
    pub(crate) fn find(&self, id: &str) -> Result<Option<Experiment>, Broken> {
        if !self.ids().iter().any(|(known, _)| known == id) {
            return Ok(None);
        }
        self.read(id).map(Some).map_err(Broken)
    }

    /// A script of an experiment.
    pub(crate) fn script(&self, id: &str, name: &str) -> Option<Vec<u8>> {
        let is_plain =
            |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['/', '\\']);
        (is_plain(id) && is_plain(name) && name.ends_with(".js"))
            .then(|| self.file(id, name))
            .flatten()
    }

    fn read_all(&self) -> (Vec<Experiment>, Vec<String>) {
        let mut experiments = Vec::new();
        let mut broken = Vec::new();
        for (id, _) in self.ids() {
            match self.read(&id) {
                Ok(experiment) => experiments.push(experiment),
                Err(faults) => broken.extend(faults),
            }
        }
        // A teacher's own come after the built-in ones, whatever their number.
        experiments.sort_by_key(|experiment| (!experiment.built_in, experiment.definition.order));
        (experiments, broken)
    }

    /// The folders, and whether each is built in. A teacher's folder of the same name is in front of the built-in one.
    fn ids(&self) -> Vec<(String, bool)> {
        let mut ids: Vec<(String, bool)> = Vec::new();
        let folders = self
            .extra
            .iter()
            .flat_map(|extra| std::fs::read_dir(extra).into_iter().flatten());
        for folder in folders.flatten().filter(|entry| entry.path().is_dir()) {
            ids.push((folder.file_name().to_string_lossy().into_owned(), false));
        }
        for path in BuiltIn::iter() {
            if let Some((id, _)) = path.split_once('/')
                && !ids.iter().any(|(known, _)| known == id)
            {
                ids.push((id.to_owned(), true));
            }
        }
        ids.sort();
        ids
    }

    fn file(&self, id: &str, name: &str) -> Option<Vec<u8>> {
        let own = self.extra.as_ref().map(|extra| extra.join(id).join(name));
        match own.and_then(|path| std::fs::read(path).ok()) {
            Some(bytes) => Some(bytes),
            None => BuiltIn::get(&format!("{id}/{name}")).map(|file| file.data.into_owned()),
        }
    }

    fn read(&self, id: &str) -> Result<Experiment, Vec<String>> {
        let place = |file: &str, line: usize, reason: &str| match &self.extra {
            Some(extra) if extra.join(id).is_dir() => {
                format!("{}:{line}: {reason}", extra.join(id).join(file).display())
            }
            _ => format!(
                "{}:{line}: {reason}",
                Path::new("web/experiments").join(id).join(file).display()
            ),
        };
        let mut broken = Vec::new();
        let mut text_of = |file: &str| {
            let bytes = self.file(id, file);
            if bytes.is_none() {
                broken.push(place(file, 1, "the file is missing"));
            }
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        };
        let (definition, script, words) = (text_of(DEFINITION), text_of(SCRIPT), text_of(WORDS));
        let (Some(source), Some(script), Some(words)) = (definition, script, words) else {
            return Err(broken);
        };
        if !script.contains("export async function run(") {
            broken.push(place(
                SCRIPT,
                1,
                "it exports no `async function run(bench)`",
            ));
        }
        let definition = toml::from_str::<Definition>(&source).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(&source, span.start));
            place(DEFINITION, line, error.message())
        });
        let text = Text::read(&words);
        let (definition, text) = match (definition, text) {
            (Ok(definition), Ok(text)) => (definition, text),
            (definition, text) => {
                broken.extend(definition.err());
                broken.extend(
                    text.err()
                        .iter()
                        .flatten()
                        .map(|fault| place(WORDS, fault.line, &fault.reason)),
                );
                return Err(broken);
            }
        };
        broken.extend(
            check::faults(&definition, &source)
                .iter()
                .map(|fault| place(DEFINITION, fault.line, &fault.reason)),
        );
        let wanted = definition.words();
        for word in wanted.iter().filter(|word| !text.words.contains_key(*word)) {
            broken.push(place(
                WORDS,
                1,
                &format!("the words have no `{word}`; add - `{word}`: …"),
            ));
        }
        // What the script says stands among the words too, as `say-…`.
        let is_strange = |word: &&String| !wanted.contains(*word) && !word.starts_with("say-");
        for word in text.words.keys().filter(is_strange) {
            broken.push(place(WORDS, 1, &format!("the word `{word}` belongs to no table, row, column or outcome; what the script says begins with `say-`")));
        }
        if definition.switch.is_some()
            && !text
                .sections
                .iter()
                .any(|section| section.id == NOT_DEFENDED)
        {
            broken.push(place(WORDS, 1, "it has a switch, and no section says what even the sound side does not defend; add `## … {#not-defended}`"));
        }
        let panel = definition.panel.then(|| self.file(id, PANEL));
        let panel =
            panel.map(|file| String::from_utf8_lossy(&file.unwrap_or_default()).into_owned());
        if panel
            .as_ref()
            .is_some_and(|panel| !panel.contains("export function show("))
        {
            broken.push(place(PANEL, 1, "it exports no `function show(place, on)`"));
        }
        let panel = panel.unwrap_or_default();
        let said = [said(&script, "bench.say(\""), said(&panel, "tell(\"")].concat();
        for word in said.iter().filter(|word| !text.words.contains_key(*word)) {
            broken.push(place(
                WORDS,
                1,
                &format!("the script says `{word}`, which is not among the words"),
            ));
        }
        if broken.is_empty() {
            let built_in = self
                .ids()
                .iter()
                .any(|(known, built_in)| known == id && *built_in);
            Ok(Experiment {
                id: id.to_owned(),
                definition,
                text,
                built_in,
            })
        } else {
            Err(broken)
        }
    }
}

impl Experiment {
    /// What the page's script works with.
    pub(crate) fn as_json(&self) -> Value {
        let definition = &self.definition;
        let matrices: Vec<Value> = definition
            .matrix
            .iter()
            .map(|matrix| {
                json!({ "id": matrix.id.as_ref(), "lane": matrix.lane, "rows": matrix.rows, "columns": matrix.columns, "open": matrix.open })
            })
            .collect();
        let claims: Vec<Value> = definition
            .claim
            .iter()
            .map(|claim| {
                json!({
                    "id": claim.id.as_ref(), "verdict": claim.verdict,
                    "supports": plain(&claim.supports), "contradicts": plain(&claim.contradicts),
                })
            })
            .collect();
        json!({
            "id": self.id, "title": self.text.title, "minutes": definition.minutes, "settings": definition.setting,
            "needs_sibling_hosts": definition.needs_sibling_hosts, "needs_replicas": definition.needs_replicas,
            "panel": definition.panel,
            "matrices": matrices, "cells": definition.cells(), "claims": claims, "words": self.text.words,
            "evidence": self.evidence(), "switch": definition.switch.as_ref().map(switch_as_json),
            "inputs": definition.input, "figures": definition.figure,
        })
    }

    /// What browsers were seen to do in this experiment, by recorded runs.
    fn evidence(&self) -> Vec<Value> {
        let mut found = Vec::new();
        for path in Evidence::iter().filter(|path| path.ends_with(".json")) {
            let run = Evidence::get(&path)
                .and_then(|file| serde_json::from_slice::<Value>(&file.data).ok())
                .unwrap_or_default();
            for pass in run["passes"].as_array().into_iter().flatten() {
                if let Some(observed) = pass["experiments"].get(&self.id) {
                    found.push(json!({
                        "browser": run["browser"], "version": run["version"], "date": run["date"],
                        "facts": pass["facts"], "observed": observed,
                    }));
                }
            }
        }
        found
    }
}

/// A switch with the lines that it decides; they were found when the definition was checked.
fn switch_as_json(switch: &Switch) -> Value {
    let code = switch.code.iter();
    let code: Vec<_> = code
        .filter_map(|place| excerpt(&place.file, place.anchor.as_ref()))
        .collect();
    json!({ "broken": switch.broken, "sound": switch.sound, "code": code })
}

/// The words that a script says, `bench.say("…")` or `tell("…")`, as they stand in the text.
fn said(script: &str, call: &str) -> Vec<String> {
    let calls = script.split(call).skip(1);
    calls
        .filter_map(|rest| rest.split('"').next())
        .map(|id| format!("say-{id}"))
        .collect()
}

fn plain(places: &[toml::Spanned<String>]) -> Vec<&str> {
    places.iter().map(|place| place.as_ref().as_str()).collect()
}
