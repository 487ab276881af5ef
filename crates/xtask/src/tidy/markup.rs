//! Enough of an HTML reader for templates: tags with their attributes, and the text between them.
//!
//! What askama replaces (`{{ }}`, `{% %}`, `{# #}`) is neither, wherever it stands: an attribute's value may hold quotes inside
//! an expression, and a tag may hold a condition between its attributes.

/// A part of a template, in order.
#[derive(Debug)]
pub(crate) enum Part {
    Tag(Tag),
    /// Text that the visitor would see as it stands.
    Text {
        offset: usize,
        text: String,
    },
}

/// `<name …>` or `</name>`.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) offset: usize,
    /// In small letters.
    pub(crate) name: String,
    pub(crate) closes: bool,
    pub(crate) attributes: Vec<Attribute>,
}

#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) offset: usize,
    /// In small letters.
    pub(crate) name: String,
    /// As it stands, expressions included; empty for an attribute without a value.
    pub(crate) value: String,
}

impl Tag {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self
            .attributes
            .iter()
            .find(|attribute| attribute.name == name);
        found.map(|attribute| attribute.value.as_str())
    }
}

/// Elements that have no closing tag.
pub(crate) const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

pub(crate) fn read(source: &str) -> Vec<Part> {
    let mut reader = Reader { source, at: 0 };
    let mut parts = Vec::new();
    while let Some(rest) = reader.rest() {
        if rest.starts_with("<!--") {
            reader.skip_past("-->");
        } else if reader.skip_askama() {
        } else if rest.starts_with("<!") {
            reader.skip_past(">");
        } else if is_tag(rest) {
            let tag = reader.tag();
            let is_raw = !tag.closes && matches!(tag.name.as_str(), "script" | "style");
            let end = format!("</{}", tag.name);
            parts.push(Part::Tag(tag));
            if is_raw {
                parts.extend(reader.text_until(|rest| rest.starts_with(&end)));
            }
        } else {
            parts.extend(
                reader.text_until(|rest| is_tag(rest) || rest.starts_with("<!") || is_askama(rest)),
            );
        }
    }
    parts
}

/// What the visitor sees of an attribute's value: all but the expressions in it.
pub(crate) fn literal_part(value: &str) -> String {
    let mut reader = Reader {
        source: value,
        at: 0,
    };
    let mut literal = String::new();
    while let Some(rest) = reader.rest() {
        if !reader.skip_askama() {
            let next = rest.chars().next();
            literal.extend(next);
            reader.at += next.map_or(1, char::len_utf8);
        }
    }
    literal
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
}

fn is_tag(rest: &str) -> bool {
    let mut bytes = rest.bytes();
    bytes.next() == Some(b'<')
        && bytes
            .next()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'/')
}

fn is_askama(rest: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|open| rest.starts_with(open))
}

impl<'a> Reader<'a> {
    fn rest(&self) -> Option<&'a str> {
        self.source.get(self.at..).filter(|rest| !rest.is_empty())
    }

    fn skip_past(&mut self, end: &str) {
        let rest = self.rest().unwrap_or_default();
        self.at += rest.find(end).map_or(rest.len(), |found| found + end.len());
    }

    fn skip_askama(&mut self) -> bool {
        let rest = self.rest().unwrap_or_default();
        let closing = ["{{", "{%", "{#"]
            .iter()
            .zip(["}}", "%}", "#}"])
            .find(|(open, _)| rest.starts_with(**open));
        if let Some((_, close)) = closing {
            self.skip_past(close);
        }
        closing.is_some()
    }

    fn skip_space(&mut self) {
        let rest = self.rest().unwrap_or_default();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn text_until(&mut self, ends: impl Fn(&str) -> bool) -> Option<Part> {
        let offset = self.at;
        while let Some(rest) = self.rest().filter(|rest| !ends(rest)) {
            self.at += rest.chars().next().map_or(1, char::len_utf8);
        }
        let text = self.source.get(offset..self.at).unwrap_or_default();
        let spaces = text.len() - text.trim_start().len();
        (!text.trim().is_empty()).then(|| Part::Text {
            offset: offset + spaces,
            text: text.trim().to_owned(),
        })
    }

    fn word(&mut self, ends: &[char]) -> String {
        let rest = self.rest().unwrap_or_default();
        let length = rest
            .find(|character: char| character.is_whitespace() || ends.contains(&character))
            .unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default().to_ascii_lowercase()
    }

    fn tag(&mut self) -> Tag {
        let offset = self.at;
        self.at += 1;
        let closes = self.rest().is_some_and(|rest| rest.starts_with('/'));
        self.at += usize::from(closes);
        let name = self.word(&['>', '/', '{']);
        let mut attributes = Vec::new();
        loop {
            self.skip_space();
            match self.rest() {
                None => break,
                Some(rest) if rest.starts_with('>') => {
                    self.at += 1;
                    break;
                }
                Some(rest) if rest.starts_with('/') => self.at += 1,
                Some(_) => {
                    if !self.skip_askama() {
                        attributes.extend(self.attribute());
                    }
                }
            }
        }
        Tag {
            offset,
            name,
            closes,
            attributes,
        }
    }

    fn attribute(&mut self) -> Option<Attribute> {
        let offset = self.at;
        let name = self.word(&['=', '>', '/', '{']);
        if self.at == offset {
            // A stray sign: step over it, or the loop would not end.
            self.at += self.rest()?.chars().next().map_or(1, char::len_utf8);
            return None;
        }
        let mut value = String::new();
        if self.rest().is_some_and(|rest| rest.starts_with('=')) {
            self.at += 1;
            value = self.value();
        }
        Some(Attribute {
            offset,
            name,
            value,
        })
    }

    fn value(&mut self) -> String {
        let quote = self
            .rest()
            .and_then(|rest| rest.chars().next())
            .filter(|first| matches!(first, '"' | '\''));
        self.at += usize::from(quote.is_some());
        let start = self.at;
        while let Some(rest) = self.rest() {
            let ends = match quote {
                Some(quote) => rest.starts_with(quote),
                None => rest
                    .starts_with(|character: char| character.is_whitespace() || character == '>'),
            };
            if ends {
                break;
            }
            if !self.skip_askama() {
                self.at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
        let value = self
            .source
            .get(start..self.at)
            .unwrap_or_default()
            .to_owned();
        self.at += usize::from(quote.is_some());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_inside_expressions_do_not_end_an_attribute() {
        let parts =
            read(r#"<a title="{{ say("x") }}" {% if y %}hidden{% endif %} href=/z>w {{ v }}</a>"#);
        let [Part::Tag(open), Part::Text { text, .. }, Part::Tag(close)] = parts.as_slice() else {
            panic!("{parts:?}");
        };
        let names: Vec<_> = open
            .attributes
            .iter()
            .map(|attribute| attribute.name.as_str())
            .collect();
        assert_eq!(names, ["title", "hidden", "href"]);
        assert_eq!(open.attribute("title"), Some(r#"{{ say("x") }}"#));
        assert_eq!(open.attribute("href"), Some("/z"));
        assert_eq!(text, "w");
        assert!(close.closes);
    }

    #[test]
    fn comments_are_no_text() {
        assert!(read("<!-- a --><!doctype html>{# b #}{% block c %}{{ d }}").is_empty());
    }

    #[test]
    fn the_inside_of_a_script_is_one_text() {
        let parts = read("<script>if (a < b) { c }</script>");
        assert_eq!(parts.len(), 3);
    }

    #[test]
    fn odd_markup_comes_to_an_end() {
        for odd in ["<a =", "<a \"", "<", "</", "<a b='", "{{", "<a {{", "a < b"] {
            let _ = read(odd);
        }
    }

    #[test]
    fn the_literal_part_of_a_value_leaves_expressions_out() {
        assert_eq!(literal_part("a {{ b }} c{% if d %}e{% endif %}"), "a  ce");
    }
}
