//! Where templates, scripts and the lab say a message.

use super::lexer::{Lexed, rust, words};
use super::tree::{SourceFile, Violation};

/// A place where something is said.
pub(crate) struct Said<'a> {
    pub(crate) file: &'a SourceFile,
    pub(crate) offset: usize,
    /// The whole id, or its beginning.
    pub(crate) id: String,
    pub(crate) is_prefix: bool,
}

impl Said<'_> {
    pub(crate) fn covers(&self, id: &str) -> bool {
        if self.is_prefix {
            id.starts_with(&self.id)
        } else {
            id == self.id
        }
    }
}

/// Every message that a file says, and every call of which nobody could tell what it says.
pub(crate) fn read<'a>(file: &'a SourceFile, lexed: &Lexed) -> (Vec<Said<'a>>, Vec<Violation>) {
    let mut reader = Reader {
        file,
        lexed,
        said: Vec::new(),
        unclear: Vec::new(),
    };
    let defines_say = words(&lexed.code, "function say").next().is_some();
    for function in ["say", "sayCount", "say_count"] {
        for at in words(&lexed.code, function) {
            reader.call(at, function.len(), defines_say);
        }
    }
    (reader.said, reader.unclear)
}

/// A template as the lexer of Rust would give it: the expressions alone, everything else blanked.
pub(crate) fn template(text: &str) -> Lexed {
    let mut lexed = Lexed {
        code: String::new(),
        literals: Vec::new(),
    };
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        lexed.code.extend(before.bytes().map(|_| ' '));
        let close = match from.as_bytes() {
            [b'{', b'{', ..] => "}}",
            [b'{', b'%', ..] => "%}",
            [b'{', b'#', ..] => "#}",
            _ => "{",
        };
        let length = from.find(close).map_or(from.len(), |at| at + close.len());
        let (part, after) = from.split_at(length);
        if matches!(close, "}}" | "%}") {
            let inner = rust(part);
            let base = lexed.code.len();
            lexed
                .literals
                .extend(inner.literals.into_iter().map(|mut literal| {
                    literal.offset += base;
                    literal
                }));
            lexed.code.push_str(&inner.code);
        } else {
            lexed.code.extend(part.bytes().map(|_| ' '));
        }
        rest = after;
    }
    lexed
}

struct Reader<'a, 'b> {
    file: &'a SourceFile,
    lexed: &'b Lexed,
    said: Vec<Said<'a>>,
    unclear: Vec<Violation>,
}

impl Reader<'_, '_> {
    fn push(&mut self, offset: usize, id: &str, is_prefix: bool) {
        self.said.push(Said {
            file: self.file,
            offset,
            id: id.to_owned(),
            is_prefix,
        });
    }

    /// A name like `say` at this offset; a definition or an import of it says nothing.
    fn call(&mut self, at: usize, length: usize, defines_say: bool) {
        let before = self.lexed.code.get(..at).unwrap_or_default().trim_end();
        let after = self.lexed.code.get(at + length..).unwrap_or_default();
        if !after.starts_with('(') || before.ends_with("function") || before.ends_with("fn") {
            return;
        }
        let announced = announced(&self.file.text, at);
        for id in &announced {
            self.announced(at, id);
        }
        let literals: Vec<_> =
            literals_of_the_id(self.lexed, at + length + 1, length > "say".len())
                .into_iter()
                .map(|literal| (literal.offset, literal.text.clone(), literal.tail.is_some()))
                .collect();
        if literals.is_empty() && announced.is_empty() && !defines_say {
            let reason = "says what a variable holds: name what it may be in a comment, `says: prefix-*, id`";
            self.unclear.push(self.file.violation(at, reason));
        }
        for (offset, id, is_prefix) in literals {
            self.push(offset, &id, is_prefix);
        }
    }

    /// `prefix-*` means the ids of that beginning that this file writes out, or every one there is when it writes none.
    fn announced(&mut self, at: usize, id: &str) {
        let Some(prefix) = id.strip_suffix('*') else {
            return self.push(at, id, false);
        };
        let written: Vec<_> = self
            .lexed
            .literals
            .iter()
            .filter(|literal| {
                literal.text.starts_with(prefix)
                    && literal.text.len() > prefix.len()
                    && literal.tail.is_none()
            })
            .map(|literal| (literal.offset, literal.text.clone()))
            .collect();
        if written.is_empty() {
            self.push(at, prefix, true);
        }
        for (offset, id) in written {
            self.push(offset, &id, false);
        }
    }
}

/// The literals that the argument with the id may come to: one, or those of `condition ? "one" : "other"`. A count's ids are
/// in its second argument, `{ one: "…", other: "…" }`.
fn literals_of_the_id(lexed: &Lexed, from: usize, is_count: bool) -> Vec<&super::lexer::Literal> {
    let mut found = Vec::new();
    let mut depth = 0_i32;
    let mut argument = 0;
    let (mut earlier, mut last) = (b' ', b'(');
    for (offset, byte) in lexed.code.bytes().enumerate().skip(from) {
        match byte {
            b')' | b'}' | b']' if depth == 0 => break,
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => depth -= 1,
            b',' if depth == 0 => argument += 1,
            b'"' | b'\'' | b'`' => {
                let is_wanted = argument == usize::from(is_count) && depth == i32::from(is_count);
                let is_value = matches!(last, b'(' | b'?' | b':' | b'&' | b'|') && earlier != b'=';
                let literal = lexed.literal_at(offset).filter(|_| is_wanted && is_value);
                found.extend(literal.filter(|literal| !literal.text.is_empty()));
            }
            _ => {}
        }
        if argument > usize::from(is_count) {
            break;
        }
        if !byte.is_ascii_whitespace() {
            (earlier, last) = (last, byte);
        }
    }
    found
}

/// The ids of a `says:` comment on the line of this offset or the one above.
fn announced(text: &str, at: usize) -> Vec<&str> {
    let before = text.get(..at).unwrap_or_default();
    let this = before.rfind('\n').map_or(0, |newline| newline + 1);
    let above = before
        .get(..this.saturating_sub(1))
        .and_then(|lines| lines.rfind('\n'));
    let start = above.map_or(0, |newline| newline + 1);
    let end = text
        .get(at..)
        .and_then(|rest| rest.find('\n'))
        .map_or(text.len(), |newline| at + newline);
    let two_lines = text.get(start..end).unwrap_or_default();
    let Some((_, ids)) = two_lines.split_once("says:") else {
        return Vec::new();
    };
    ids.lines()
        .next()
        .unwrap_or_default()
        .split(',')
        .map(|id| {
            id.trim()
                .trim_end_matches("*/")
                .trim_end_matches("#}")
                .trim()
        })
        .filter(|id| !id.is_empty())
        .collect()
}
