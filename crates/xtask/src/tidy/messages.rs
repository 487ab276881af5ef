//! The catalogue of messages against what templates, scripts and the lab say from it.
//!
//! A message is said by `say("its-id", …)`, in all three; a conditional may choose between two. A script may make up the end of
//! an id, ``say(`state-${state}`)``, which stands for every message that begins so. Where the id comes from a table, a comment
//! `says: why-*, log-in` on that line or the line above names what it may be.

use std::collections::BTreeMap;

use super::said::{Said, read, template};
use super::tree::{SourceFile, Tree, Violation};

const CATALOGUE: &str = "web/i18n/en.ftl";

pub(crate) fn said_and_existing_messages_agree(tree: &Tree) -> Vec<Violation> {
    // An experiment brings its own words, which are checked when it is loaded.
    let scripts = tree
        .below("web/", "js")
        .filter(|file| !file.path.starts_with("web/experiments/"))
        .map(|file| (file, file.javascript()));
    let sources = tree
        .below("crates/lab/src/", "rs")
        .map(|file| (file, file.rust()));
    let templates = tree
        .below("web/", "html")
        .map(|file| (file, template(&file.text)));
    let mut found = Vec::new();
    let mut said = Vec::new();
    for (file, lexed) in scripts.chain(sources).chain(templates) {
        let (read, unclear) = read(file, &lexed);
        said.extend(read);
        found.extend(unclear);
    }
    let catalogue = tree
        .file(CATALOGUE)
        .map(|file| (file, messages(&file.text)));
    let empty = BTreeMap::new();
    let known = catalogue.as_ref().map_or(&empty, |(_, known)| known);
    for place in &said {
        let exists = known.keys().any(|id| place.covers(id));
        if !exists {
            let star = if place.is_prefix { "*" } else { "" };
            let reason = format!("no message {}{star} in {CATALOGUE}", place.id);
            found.push(place.file.violation(place.offset, reason));
        }
    }
    if let Some((file, known)) = &catalogue {
        found.extend(faults(file, known, &said));
    }
    found
}

/// Messages that are never said, that exist twice, or that cannot be read.
fn faults(
    file: &SourceFile,
    known: &BTreeMap<String, Vec<usize>>,
    said: &[Said<'_>],
) -> Vec<Violation> {
    let mut found = Vec::new();
    for (id, offsets) in known {
        let is_said = said.iter().any(|place| place.covers(id));
        for (index, offset) in offsets.iter().enumerate() {
            if index > 0 {
                found.push(file.violation(*offset, format!("{id} exists twice")));
            } else if !is_said && !is_referred_to(&file.text, id) {
                found.push(file.violation(*offset, format!("{id} is never said")));
            }
        }
    }
    let mut offset = 0;
    for line in file.text.split_inclusive('\n') {
        if !is_readable(line) {
            found.push(file.violation(offset, "neither a message nor a part of one"));
        }
        offset += line.len();
    }
    found
}

fn is_readable(line: &str) -> bool {
    let Some(first) = line.trim_end().chars().next() else {
        return true;
    };
    matches!(first, '-' | '#' | ' ' | '}') || (first.is_ascii_alphabetic() && line.contains('='))
}

/// The messages of a catalogue and where each begins. Attributes of a message are `id.attribute`; terms are the translator's.
fn messages(text: &str) -> BTreeMap<String, Vec<usize>> {
    let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut offset = 0;
    let mut message = String::new();
    for line in text.split_inclusive('\n') {
        let key = line.split_once('=').map(|(key, _)| key.trim());
        match key {
            Some(key) if is_id(key) && line.starts_with(key) => {
                key.clone_into(&mut message);
                // A message of attributes alone has no text to say.
                if line
                    .split_once('=')
                    .is_some_and(|(_, value)| !value.trim().is_empty())
                    || is_continued(text, offset + line.len())
                {
                    found.entry(key.to_owned()).or_default().push(offset);
                }
            }
            Some(key) => {
                if let Some(attribute) = key.strip_prefix('.').filter(|attribute| is_id(attribute))
                {
                    found
                        .entry(format!("{message}.{attribute}"))
                        .or_default()
                        .push(offset);
                }
            }
            None => {}
        }
        offset += line.len();
    }
    found
}

/// Whether an indented line of text follows.
fn is_continued(text: &str, from: usize) -> bool {
    let next = text
        .get(from..)
        .and_then(|rest| rest.lines().next())
        .unwrap_or_default();
    next.starts_with(' ') && !next.trim_start().starts_with('.')
}

fn is_id(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_alphabetic())
        && key
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_'))
}

/// `{ id }` in another message.
fn is_referred_to(text: &str, id: &str) -> bool {
    text.split('{').skip(1).any(|placeable| {
        let inside = placeable.split('}').next().unwrap_or_default();
        inside.trim() == id
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::samples::tree;
    use super::*;

    fn reasons(files: &[(&str, &str)]) -> Vec<String> {
        let found = said_and_existing_messages_agree(&tree(files));
        found
            .into_iter()
            .map(|violation| format!("{}:{} {}", violation.path, violation.line, violation.reason))
            .collect()
    }

    #[test]
    fn messages_said_in_templates_scripts_and_the_lab_count() {
        let files = [
            (
                CATALOGUE,
                "# Buttons\nlog-in = Log in\nlog-out =\n    Log out { brand }\nbrand = SvT\nerror = No\n",
            ),
            (
                "web/templates/a.html",
                "<p title=\"{{ say(\"log-in\") }}\">{{ self.say(\"log-out\") }}</p>",
            ),
            (
                "web/static/js/a.js",
                "say('log-in', { name }); export function say(id) {}",
            ),
            ("crates/lab/src/a.rs", "catalogue.say(\"error\")"),
        ];
        assert_eq!(reasons(&files), [""; 0]);
    }

    #[test]
    fn a_message_that_does_not_exist_is_found_where_it_is_said() {
        let found = reasons(&[
            ("web/static/js/a.js", "\nsay(\"gone\")"),
            (
                "web/templates/a.html",
                "{# say(\"comment\") #}{{ say(\"lost\") }}",
            ),
        ]);
        assert_eq!(
            found,
            [
                "web/static/js/a.js:2 no message gone in web/i18n/en.ftl",
                "web/templates/a.html:1 no message lost in web/i18n/en.ftl"
            ]
        );
    }

    #[test]
    fn a_message_that_is_never_said_or_exists_twice_is_found() {
        let found = reasons(&[
            (CATALOGUE, "a = A\nb = B\na = C\n"),
            ("web/static/js/a.js", "say(\"a\")"),
        ]);
        assert_eq!(
            found,
            [
                "web/i18n/en.ftl:3 a exists twice",
                "web/i18n/en.ftl:2 b is never said"
            ]
        );
    }

    #[test]
    fn a_made_up_end_stands_for_every_message_that_begins_so() {
        let catalogue = (CATALOGUE, "state-live = Live\nstate-expired = Expired\n");
        assert_eq!(
            reasons(&[catalogue, ("web/a.js", "say(`state-${state}`)")]),
            [""; 0]
        );
        assert_eq!(reasons(&[("web/a.js", "say(`state-${state}`)")]).len(), 1);
    }

    #[test]
    fn an_id_from_elsewhere_has_to_be_announced() {
        let catalogue = (CATALOGUE, "state-live = Live\nlog-in = Log in\n");
        let silent = reasons(&[(CATALOGUE, ""), ("web/a.js", "say(id)")]);
        assert_eq!(silent.len(), 1);
        let announced = ("web/a.js", "// says: state-*, log-in\nsay(id)");
        assert_eq!(reasons(&[catalogue, announced]), [""; 0]);
        assert_eq!(reasons(&[(CATALOGUE, ""), announced]).len(), 2);
    }

    #[test]
    fn an_announced_prefix_means_the_ids_that_the_file_writes_out() {
        let table = (
            "web/a.js",
            "const T = { a: 'why-a', b: 'why-b' };\n// says: why-*\nsay(T[x])",
        );
        assert_eq!(
            reasons(&[(CATALOGUE, "why-a = A\nwhy-b = B\n"), table]),
            [""; 0]
        );
        assert_eq!(
            reasons(&[(CATALOGUE, "why-a = A\nwhy-c = C\n"), table]),
            [
                "web/a.js:1 no message why-b in web/i18n/en.ftl",
                "web/i18n/en.ftl:2 why-c is never said"
            ]
        );
    }

    #[test]
    fn either_side_of_a_condition_and_both_forms_of_a_count_are_said() {
        let script = "say(a === 'b' ? \"yes\" : 'no', { c: 'd' }); sayCount(n, { one: 'one', other: 'many' }, { e: 'f' })";
        assert_eq!(
            reasons(&[("web/a.js", script)]),
            ["yes", "no", "one", "many"]
                .map(|id| format!("web/a.js:1 no message {id} in web/i18n/en.ftl"))
        );
    }

    #[test]
    fn where_say_is_defined_it_may_say_what_it_is_given() {
        let catalogue =
            "export function say(id) {}\nfunction sayCount(n, ids) { return say(form); }";
        assert_eq!(reasons(&[("web/static/js/i18n.js", catalogue)]), [""; 0]);
    }

    #[test]
    fn attributes_and_unreadable_lines_are_seen() {
        let found = reasons(&[(CATALOGUE, "field =\n    .label = Name\nno message here\n")]);
        assert_eq!(
            found,
            [
                "web/i18n/en.ftl:2 field.label is never said",
                "web/i18n/en.ftl:3 neither a message nor a part of one"
            ]
        );
        assert_eq!(
            reasons(&[
                (CATALOGUE, "a = { $n ->\n   *[other] { $n }\n}\n"),
                ("web/a.js", "say('a')")
            ]),
            [""; 0]
        );
    }
}
