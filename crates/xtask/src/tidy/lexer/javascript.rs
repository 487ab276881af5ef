//! The part of the lexer that is JavaScript's own: templates, regular expressions, and code inside of either.

use super::{Lexed, Lexer, is_word};

/// Takes JavaScript apart.
pub(crate) fn javascript(source: &str) -> Lexed {
    let mut lexer = Lexer::new(source);
    lexer.javascript_until(None);
    lexer.finish()
}

impl Lexer<'_> {
    /// JavaScript until a closing brace that nothing here opened, or to the end.
    fn javascript_until(&mut self, end: Option<u8>) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'/' if self.peek(1) == Some(b'/') => self.line_comment(),
                b'/' if self.peek(1) == Some(b'*') => self.block_comment(false),
                b'/' if self.expects_an_operand() => self.regular_expression(),
                b'"' | b'\'' => self.quoted(byte),
                b'`' => self.template(),
                b'{' => {
                    depth += 1;
                    self.keep();
                }
                b'}' if depth == 0 && end == Some(b'}') => return,
                b'}' => {
                    depth = depth.saturating_sub(1);
                    self.keep();
                }
                _ => self.keep(),
            }
        }
    }

    fn template(&mut self) {
        let start = self.at;
        self.keep();
        let mut end = None;
        let mut tail: Option<Vec<u8>> = None;
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'`', _) => break,
                (b'$', Some(b'{')) => {
                    end.get_or_insert(self.at);
                    tail.get_or_insert_default();
                    self.keep();
                    self.keep();
                    self.javascript_until(Some(b'}'));
                    self.keep();
                }
                _ => {
                    for _ in 0..if byte == b'\\' { 2 } else { 1 } {
                        tail.iter_mut().for_each(|tail| tail.extend(self.peek(0)));
                        self.blank();
                    }
                }
            }
        }
        let tail = tail.map(|tail| String::from_utf8_lossy(&tail).into_owned());
        self.literal(start, end.unwrap_or(self.at), tail);
        self.keep();
    }

    /// Whether a slash here begins a regular expression and is not a division.
    fn expects_an_operand(&self) -> bool {
        let before = self.code.trim_ascii_end();
        let Some(last) = before.last() else {
            return true;
        };
        if is_word(*last) {
            let start = before
                .iter()
                .rposition(|byte| !is_word(*byte))
                .map_or(0, |at| at + 1);
            let word = before.get(start..).unwrap_or_default();
            return matches!(
                word,
                b"return" | b"typeof" | b"case" | b"in" | b"of" | b"yield" | b"await"
            );
        }
        !matches!(last, b')' | b']' | b'}' | b'"' | b'\'' | b'`')
    }

    fn regular_expression(&mut self) {
        self.keep();
        let mut in_class = false;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\n' => return,
                b'\\' => self.blank(),
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => return self.keep(),
                _ => {}
            }
            self.blank();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::*;

    fn texts(lexed: &Lexed) -> Vec<&str> {
        lexed
            .literals
            .iter()
            .map(|literal| literal.text.as_str())
            .collect()
    }

    #[test]
    fn the_code_inside_a_template_literal_is_code() {
        let lexed = javascript("say(`step-${name + `x${inner}`}-end`); `plain` 'q'");
        assert_eq!(texts(&lexed), ["step-", "x", "plain", "q"]);
        assert_eq!(
            lexed
                .literals
                .iter()
                .map(|literal| literal.tail.as_deref())
                .collect::<Vec<_>>(),
            [Some("-end"), Some(""), None, None]
        );
        assert_eq!(words(&lexed.code, "inner").count(), 1);
        assert_eq!(words(&lexed.code, "end").count(), 0);
    }

    #[test]
    fn a_slash_is_told_from_a_regular_expression() {
        let lexed =
            javascript("const r = /['\"`]/u; const q = total / 2; s = 'after' // fetch()\n");
        assert_eq!(texts(&lexed), ["after"]);
        assert_eq!(words(&lexed.code, "total").count(), 1);
        assert_eq!(words(&lexed.code, "fetch").count(), 0);
    }
}
