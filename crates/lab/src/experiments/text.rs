//! `en.md`: the words of an experiment. Markdown that reads well on a code host too.
//!
//! The first heading is the question; what stands before the next heading leads into it. Sections carry their id behind
//! their heading, `## Why {#why}`, which stays the same in every language. The section `words` is a list of
//! `` - `id`: text `` for the tables, rows, columns and outcomes; every other section is shown after the run.

use std::collections::BTreeMap;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use serde::Serialize;

use super::Fault;
use super::definition::line_of;

/// The words of an experiment in one language.
#[derive(Debug, Default)]
pub(crate) struct Text {
    /// The question, plain.
    pub(crate) title: String,
    /// What leads into it, as HTML.
    pub(crate) lead: String,
    /// What tables, rows, columns and outcomes are called.
    pub(crate) words: BTreeMap<String, String>,
    /// The other sections.
    pub(crate) sections: Vec<Section>,
}

/// A section that is shown after the run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Section {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) html: String,
}

/// What is being read.
enum Place {
    Before,
    Lead,
    Words,
    Section,
}

impl Text {
    /// Reads the file.
    ///
    /// # Errors
    /// Every fault, with its line.
    pub(crate) fn read(source: &str) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut text = Self::default();
        let mut place = Place::Before;
        let mut body: Vec<Event<'_>> = Vec::new();
        let options = Options::ENABLE_HEADING_ATTRIBUTES | Options::ENABLE_TABLES;
        let mut events = Parser::new_ext(source, options).into_offset_iter();
        while let Some((event, span)) = events.next() {
            let line = line_of(source, span.start);
            match event {
                Event::Start(Tag::Heading { level, id, .. }) if level <= HeadingLevel::H2 => {
                    let title = heading(&mut events);
                    text.end(&place, std::mem::take(&mut body));
                    place = match (level, id.as_deref()) {
                        (HeadingLevel::H1, _) => {
                            text.title = title;
                            Place::Lead
                        }
                        (_, Some("words")) => Place::Words,
                        (_, Some(id)) => {
                            text.sections.push(Section {
                                id: id.to_owned(),
                                title,
                                html: String::new(),
                            });
                            Place::Section
                        }
                        (_, None) => {
                            faults.push(Fault {
                                line,
                                reason: format!(
                                    "the section `{title}` has no id; write `## {title} {{#why}}`"
                                ),
                            });
                            Place::Before
                        }
                    };
                }
                Event::Html(_) | Event::InlineHtml(_) => faults.push(Fault {
                    line,
                    reason: "markup in HTML is not shown; write Markdown".to_owned(),
                }),
                Event::Start(Tag::Item) if matches!(place, Place::Words) => {
                    match word(&mut events) {
                        Some((id, said)) => drop(text.words.insert(id, said)),
                        None => faults.push(Fault {
                            line,
                            reason: "a word is written as - `id`: text".to_owned(),
                        }),
                    }
                }
                event => body.push(event),
            }
        }
        text.end(&place, body);
        for (missing, what) in [
            (text.title.is_empty(), "no question; begin with `# …`"),
            (
                text.lead.is_empty(),
                "nothing leads into the question; add a paragraph below it",
            ),
        ] {
            if missing {
                faults.push(Fault {
                    line: 1,
                    reason: what.to_owned(),
                });
            }
        }
        if !text.sections.iter().any(|section| section.id == "why") {
            faults.push(Fault {
                line: line_of(source, source.len()),
                reason: "no section says why; add `## Why {#why}`".to_owned(),
            });
        }
        if faults.is_empty() {
            Ok(text)
        } else {
            Err(faults)
        }
    }

    fn end(&mut self, place: &Place, body: Vec<Event<'_>>) {
        let mut written = String::new();
        html::push_html(&mut written, body.into_iter());
        match place {
            Place::Lead => self.lead = written,
            Place::Section => {
                if let Some(section) = self.sections.last_mut() {
                    section.html = written;
                }
            }
            Place::Before | Place::Words => {}
        }
    }
}

type Events<'s, 'e> = &'e mut pulldown_cmark::OffsetIter<'s>;

/// The plain text up to the end of the heading.
fn heading(events: Events<'_, '_>) -> String {
    let mut title = String::new();
    for (event, _) in events {
        match event {
            Event::Text(text) | Event::Code(text) => title.push_str(&text),
            Event::End(TagEnd::Heading(_)) => break,
            _ => {}
        }
    }
    title.trim().to_owned()
}

/// `` `id`: text `` up to the end of the item.
fn word(events: Events<'_, '_>) -> Option<(String, String)> {
    let mut id = None;
    let mut said = String::new();
    for (event, _) in events {
        match event {
            Event::Code(text) if id.is_none() && said.is_empty() => id = Some(text.to_string()),
            Event::Text(text) | Event::Code(text) => said.push_str(&text),
            Event::SoftBreak => said.push(' '),
            Event::End(TagEnd::Item) => break,
            _ => {}
        }
    }
    let said = said.strip_prefix(':')?.trim().to_owned();
    id.filter(|_| !said.is_empty()).map(|id| (id, said))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "# Who *reads* it?\n\nA lead with `code`.\n\n## Words {#words}\n\n- `sent`: sent at once\n- `lax`: Lax\n\n## Why {#why}\n\nBecause.\n";

    #[test]
    fn question_lead_words_and_sections_are_told_apart() {
        let text = Text::read(SAMPLE).unwrap();
        assert_eq!(text.title, "Who reads it?");
        assert_eq!(text.lead.trim(), "<p>A lead with <code>code</code>.</p>");
        assert_eq!(text.words["sent"], "sent at once");
        assert_eq!(text.sections.len(), 1);
        assert_eq!(text.sections[0].html.trim(), "<p>Because.</p>");
    }

    #[test]
    fn what_is_missing_is_said_with_its_line() {
        let faults =
            Text::read("# Q\n\nLead <b>x</b>\n\n## No id\n\n## Words {#words}\n\n- nothing\n")
                .unwrap_err();
        let said: Vec<_> = faults
            .iter()
            .map(|fault| (fault.line, fault.reason.as_str()))
            .collect();
        assert!(
            said.iter()
                .any(|(line, reason)| *line == 3 && reason.contains("HTML")),
            "{said:?}"
        );
        assert!(
            said.iter()
                .any(|(line, reason)| *line == 5 && reason.contains("has no id")),
            "{said:?}"
        );
        assert!(
            said.iter()
                .any(|(line, reason)| *line == 9 && reason.contains("`id`: text")),
            "{said:?}"
        );
        assert!(
            said.iter().any(|(_, reason)| reason.contains("says why")),
            "{said:?}"
        );
    }
}
