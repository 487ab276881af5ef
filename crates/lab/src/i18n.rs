//! The words of the pages, from `web/i18n/*.ftl`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, PatternElement};
use fluent_syntax::parser::parse;

use crate::assets::I18n;

/// The languages: English, and a pseudo-language in which every message stands in ⟦ ⟧, so that a text that did not come
/// from the catalogue shows.
const LANGUAGES: [&str; 2] = ["en", "qps"];

static ENGLISH: LazyLock<Result<BTreeMap<String, String>, String>> =
    LazyLock::new(|| read("en.ftl"));

/// The messages of one language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Messages {
    lang: &'static str,
}

impl Messages {
    /// The language asked for, or English.
    pub(crate) fn in_language(lang: Option<&str>) -> Self {
        let lang = LANGUAGES
            .into_iter()
            .find(|known| Some(*known) == lang)
            .unwrap_or("en");
        Self { lang }
    }

    /// Whether the catalogue can be read at all.
    pub(crate) fn check() -> Result<(), String> {
        ENGLISH.as_ref().map(|_| ()).map_err(Clone::clone)
    }

    /// For `<html lang>`.
    pub(crate) fn lang(&self) -> &'static str {
        self.lang
    }

    /// A message without placeables; its id where there is none, which a test finds.
    pub(crate) fn say(&self, id: &str) -> String {
        let text = ENGLISH
            .as_ref()
            .ok()
            .and_then(|messages| messages.get(id))
            .map_or(id, String::as_str);
        self.dress(text)
    }

    /// What the notes say, in our own words, by the claim's id.
    pub(crate) fn claim(&self, id: &str) -> String {
        let id = ["claim-", id].concat();
        self.say(&id) // says: claim-*
    }

    /// Every message, with placeables as `{name}`, for the scripts.
    pub(crate) fn patterns(&self) -> BTreeMap<String, String> {
        let messages = ENGLISH.as_ref().ok().into_iter().flatten();
        messages
            .map(|(id, text)| (id.clone(), self.dress(text)))
            .collect()
    }

    fn dress(&self, text: &str) -> String {
        if self.lang == "qps" {
            format!("⟦{text}⟧")
        } else {
            text.to_owned()
        }
    }
}

/// Reads a catalogue; a message is text and `{ $name }` only, so that scripts need no Fluent of their own.
fn read(file: &str) -> Result<BTreeMap<String, String>, String> {
    let source = I18n::get(file).ok_or_else(|| format!("web/i18n/{file} is missing"))?;
    let source = std::str::from_utf8(&source.data).map_err(|error| format!("{file}: {error}"))?;
    let resource = parse(source).map_err(|(_, errors)| format!("{file}: {errors:?}"))?;
    let mut messages = BTreeMap::new();
    for entry in &resource.body {
        let Entry::Message(message) = entry else {
            continue;
        };
        let mut text = String::new();
        for element in message.value.iter().flat_map(|pattern| &pattern.elements) {
            match element {
                PatternElement::TextElement { value } => text.push_str(value),
                PatternElement::Placeable {
                    expression: Expression::Inline(InlineExpression::VariableReference { id }),
                } => {
                    text.push('{');
                    text.push_str(id.name);
                    text.push('}');
                }
                PatternElement::Placeable {
                    expression: Expression::Inline(InlineExpression::StringLiteral { value }),
                } => text.push_str(value),
                PatternElement::Placeable { .. } => {
                    return Err(format!(
                        "{file}: {} has more than text and {{ $name }}",
                        message.id.name
                    ));
                }
            }
        }
        messages.insert(message.id.name.to_owned(), text);
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_can_be_read_and_has_no_empty_message() {
        let messages = read("en.ftl").unwrap();
        assert!(messages.len() > 20);
        assert!(messages.values().all(|text| !text.trim().is_empty()));
    }

    #[test]
    fn the_pseudo_language_shows_where_a_message_begins_and_ends() {
        assert_eq!(
            Messages::in_language(Some("qps")).say("brand-token"),
            "⟦Token⟧"
        );
        assert_eq!(Messages::in_language(Some("no-such")).lang(), "en");
    }
}
