//! Enough of a lexer for Rust and JavaScript to tell code from comments and literals.
//!
//! The rules look for words in code, or for text in literals; a word in a comment must not trouble them. A full parser for both
//! languages would be the slowest thing in xtask to compile, and would know nothing that the rules need.

mod javascript;

pub(crate) use javascript::javascript;

/// A source text taken apart. All offsets are byte offsets into the original text.
pub(crate) struct Lexed {
    /// The text with comments and the insides of literals blanked: same length, same line breaks, quotes kept.
    pub(crate) code: String,
    /// String literals in order.
    pub(crate) literals: Vec<Literal>,
}

/// A string literal, without its quotes and with its escapes as they stand.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// Of the opening quote.
    pub(crate) offset: usize,
    /// The text; of a JavaScript template only what precedes its first `${`.
    pub(crate) text: String,
    /// The fixed text after the first `${`, in a template that has one.
    pub(crate) tail: Option<String>,
}

impl Literal {
    /// Every character that is the same whenever the literal is evaluated.
    pub(crate) fn fixed_text(&self) -> impl Iterator<Item = char> {
        self.text
            .chars()
            .chain(self.tail.iter().flat_map(|tail| tail.chars()))
    }
}

impl Lexed {
    /// The literal whose opening quote is at this offset.
    pub(crate) fn literal_at(&self, offset: usize) -> Option<&Literal> {
        let index = self
            .literals
            .binary_search_by_key(&offset, |literal| literal.offset);
        index.ok().and_then(|index| self.literals.get(index))
    }
}

/// Takes Rust apart.
pub(crate) fn rust(source: &str) -> Lexed {
    let mut lexer = Lexer::new(source);
    while let Some(byte) = lexer.peek(0) {
        match byte {
            b'/' if lexer.peek(1) == Some(b'/') => lexer.line_comment(),
            b'/' if lexer.peek(1) == Some(b'*') => lexer.block_comment(true),
            b'"' => lexer.quoted(b'"'),
            b'r' if !lexer.continues_a_word() || lexer.follows_a_string_prefix() => {
                lexer.raw_string()
            }
            b'\'' => lexer.character_or_lifetime(),
            _ => lexer.keep(),
        }
    }
    lexer.finish()
}

struct Lexer<'a> {
    source: &'a [u8],
    at: usize,
    code: Vec<u8>,
    literals: Vec<Literal>,
}

impl<'a> Lexer<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source: source.as_bytes(),
            at: 0,
            code: Vec::with_capacity(source.len()),
            literals: Vec::new(),
        }
    }

    fn finish(mut self) -> Lexed {
        self.literals.sort_by_key(|literal| literal.offset);
        Lexed {
            // Whole literals and comments are blanked, never a part of a character, so the code is valid UTF-8 still.
            code: String::from_utf8_lossy(&self.code).into_owned(),
            literals: self.literals,
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.source.get(self.at + ahead).copied()
    }

    fn keep(&mut self) {
        self.code.extend(self.peek(0));
        self.at += 1;
    }

    fn blank(&mut self) {
        if let Some(byte) = self.peek(0) {
            self.code.push(if byte == b'\n' { byte } else { b' ' });
            self.at += 1;
        }
    }

    fn continues_a_word(&self) -> bool {
        self.code.last().is_some_and(|byte| is_word(*byte))
    }

    /// `br"…"` and `cr"…"`.
    fn follows_a_string_prefix(&self) -> bool {
        match self.code.as_slice() {
            [.., before, b'b' | b'c'] => !is_word(*before),
            [b'b' | b'c'] => true,
            _ => false,
        }
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|byte| byte != b'\n') {
            self.blank();
        }
    }

    fn block_comment(&mut self, nests: bool) {
        let mut depth = 0_usize;
        while self.peek(0).is_some() {
            let two = (self.peek(0), self.peek(1));
            if two == (Some(b'*'), Some(b'/')) {
                depth = depth.saturating_sub(1);
                self.blank();
                self.blank();
                if depth == 0 {
                    return;
                }
            } else if two == (Some(b'/'), Some(b'*')) && (nests || depth == 0) {
                depth += 1;
                self.blank();
                self.blank();
            } else {
                self.blank();
            }
        }
    }

    /// A literal that ends at the next quote without a backslash before it.
    fn quoted(&mut self, quote: u8) {
        let start = self.at;
        self.keep();
        while let Some(byte) = self.peek(0) {
            if byte == quote {
                break;
            }
            if byte == b'\\' {
                self.blank();
            }
            self.blank();
        }
        self.literal(start, self.at, None);
        self.keep();
    }

    /// `r"…"`, `r#"…"#`; anything else that begins with r is a word.
    fn raw_string(&mut self) {
        let mut hashes = 0;
        while self.peek(1 + hashes) == Some(b'#') {
            hashes += 1;
        }
        if self.peek(1 + hashes) != Some(b'"') {
            return self.keep();
        }
        let start = self.at + 1 + hashes;
        for _ in 0..hashes + 2 {
            self.keep();
        }
        while self.peek(0).is_some() && !self.closes_raw(hashes) {
            self.blank();
        }
        self.literal(start, self.at, None);
        for _ in 0..=hashes {
            self.keep();
        }
    }

    fn closes_raw(&self, hashes: usize) -> bool {
        self.peek(0) == Some(b'"') && (1..=hashes).all(|ahead| self.peek(ahead) == Some(b'#'))
    }

    fn character_or_lifetime(&mut self) {
        // A character is closed right after one character or one escape; a lifetime is not closed at all.
        let length = match self.peek(1) {
            Some(b'\\') => 2,
            Some(byte) => byte.leading_ones().max(1) as usize,
            None => 1,
        };
        self.keep();
        if self.peek(0) == Some(b'\\') {
            self.blank();
            self.blank();
            while self.peek(0).is_some_and(|byte| byte != b'\'') {
                self.blank();
            }
            self.keep();
        } else if self.peek(length) == Some(b'\'') {
            for _ in 0..length {
                self.blank();
            }
            self.keep();
        }
    }

    /// A literal between the quote at `offset` and the byte at `end`.
    fn literal(&mut self, offset: usize, end: usize, tail: Option<String>) {
        let end = end.min(self.source.len());
        let bytes = self.source.get(offset + 1..end).unwrap_or_default();
        self.literals.push(Literal {
            offset,
            text: String::from_utf8_lossy(bytes).into_owned(),
            tail,
        });
    }
}

/// Whether a byte can be a part of an identifier; every byte of a non-ASCII character counts as one.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// Where `word` stands in `code` as a whole word; its own ends may be punctuation.
pub(crate) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = code.as_bytes();
    let inside = |at: usize| bytes.get(at).is_some_and(|byte| is_word(*byte));
    let begins = word.as_bytes().first().is_some_and(|byte| is_word(*byte));
    let ends = word.as_bytes().last().is_some_and(|byte| is_word(*byte));
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| {
            let glued_before = begins && *at > 0 && inside(at - 1);
            let glued_after = ends && inside(at + word.len());
            !glued_before && !glued_after
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lexed: &Lexed) -> Vec<&str> {
        lexed
            .literals
            .iter()
            .map(|literal| literal.text.as_str())
            .collect()
    }

    #[test]
    fn comments_and_literals_of_rust_are_not_code() {
        let source =
            "a /* x /* y */ z */ b // c\n\"d\\\"e\" r#\"f\"g\"# 'h' '\\'' &'static str br\"i\" raw";
        let lexed = rust(source);
        assert_eq!(texts(&lexed), ["d\\\"e", "f\"g", "i"]);
        assert_eq!(lexed.code.len(), source.len());
        for word in ["x", "y", "z", "c", "d", "e", "f", "g", "h", "i"] {
            assert_eq!(
                words(&lexed.code, word).count(),
                0,
                "{word} in {}",
                lexed.code
            );
        }
        for word in ["a", "b", "static", "str", "raw"] {
            assert_eq!(
                words(&lexed.code, word).count(),
                1,
                "{word} in {}",
                lexed.code
            );
        }
    }

    #[test]
    fn characters_beyond_ascii_keep_their_length() {
        let lexed = rust("let a = 'é'; let b = \"日本\"; c");
        assert_eq!(texts(&lexed), ["日本"]);
        assert!(lexed.code.ends_with("; c"));
    }

    #[test]
    fn words_are_whole() {
        assert_eq!(words("prefetch fetch fetches a.fetch(", "fetch").count(), 2);
    }
}
