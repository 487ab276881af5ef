//! What the token commands print: for people, in the colours of the three parts, or as one JSON object.

use std::env;
use std::io::{self, IsTerminal as _, Write as _};

use serde_json::{Value, json};
use token_core::clock::UnixSeconds;
use token_core::jwt::VerifyError;

/// The colours that the pages give to the three parts, as the nearest of a terminal's 256.
const HEADER: &str = "\u{1b}[38;5;163m";
const PAYLOAD: &str = "\u{1b}[38;5;98m";
const SIGNATURE: &str = "\u{1b}[38;5;37m";
const RESET: &str = "\u{1b}[0m";

/// The claims that are times in the specifications that define them.
const TIMES: [&str; 5] = ["iat", "nbf", "exp", "auth_time", "updated_at"];

/// What was found out about a token.
pub(super) enum Verdict {
    /// It was only decoded.
    NotVerified,
    /// Its signature is good, and nothing else was asked.
    ValidSignature,
    /// It is a valid access token.
    Valid,
    /// It is not, for these reasons.
    Invalid(Vec<String>),
}

impl Verdict {
    pub(super) fn of(problems: Vec<String>) -> Self {
        if problems.is_empty() {
            Self::Valid
        } else {
            Self::Invalid(problems)
        }
    }
}

/// A token's content and what was found out about it.
pub(super) struct Report {
    pub(super) verdict: Verdict,
    pub(super) header: Option<Value>,
    pub(super) claims: Option<Value>,
}

impl Report {
    /// For a token that could not even be read.
    pub(super) fn unreadable(problem: &VerifyError) -> Self {
        Self {
            verdict: Verdict::Invalid(vec![problem.to_string()]),
            header: None,
            claims: None,
        }
    }

    pub(super) fn print(&self, token: &str, as_json: bool) {
        if as_json {
            line(&self.to_json().to_string());
        } else {
            line(&self.to_text(token, use_colour()));
        }
    }

    fn to_json(&self) -> Value {
        let (valid, reason) = match &self.verdict {
            Verdict::Valid | Verdict::ValidSignature => (true, Value::Null),
            Verdict::NotVerified => (false, "not verified, only decoded".into()),
            Verdict::Invalid(reasons) => (false, reasons.join("; ").into()),
        };
        json!({"valid": valid, "reason": reason, "header": self.header, "claims": self.claims})
    }

    fn to_text(&self, token: &str, colour: bool) -> String {
        let paint = |code: &str, text: &str| {
            let text = printable(text);
            if colour {
                format!("{code}{text}{RESET}")
            } else {
                text
            }
        };
        let mut lines = Vec::new();
        if let Some(header) = &self.header {
            lines.push(paint(HEADER, &format!("header {header:#}")));
        }
        if let Some(claims) = &self.claims {
            lines.push(paint(PAYLOAD, &format!("payload {claims:#}")));
            lines.extend(times(claims));
        }
        if self.header.is_some()
            && let Some((_, signature)) = token.rsplit_once('.')
        {
            lines.push(paint(SIGNATURE, &format!("signature {signature}")));
        }
        match &self.verdict {
            Verdict::NotVerified => lines.push("not verified: anybody can write this".to_owned()),
            Verdict::ValidSignature => {
                lines.push("valid signature; type, times and claims not checked".to_owned());
            }
            Verdict::Valid => lines.push("valid".to_owned()),
            Verdict::Invalid(reasons) => {
                let reasons = reasons.iter().map(|reason| printable(reason));
                lines.extend(reasons.map(|reason| format!("invalid: {reason}")));
            }
        }
        lines.join("\n")
    }
}

/// Seconds since 1970 mean nothing to a reader.
fn times(claims: &Value) -> Vec<String> {
    let time = |name: &&str| {
        let seconds = claims.get(name)?.as_i64()?;
        Some(format!("  {name} {}", UnixSeconds(seconds).to_rfc3339()))
    };
    TIMES.iter().filter_map(time).collect()
}

/// <https://no-color.org>: colour on a terminal alone, and not when `NO_COLOR` is there and not empty.
fn use_colour() -> bool {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stdout().is_terminal() && !refused
}

/// A token is written by strangers, and a terminal obeys control characters; the marks that turn the direction of writing would let one
/// claim pose as another. JSON escapes only those below space.
fn printable(text: &str) -> String {
    let is_direction = |character| matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if (character.is_control() && character != '\n') || is_direction(character) {
            shown.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// One line on standard output. A reader that has gone away (`| head`) is no reason to fail.
pub(super) fn line(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// One line on standard error.
pub(super) fn complain(text: &str) {
    let _ = writeln!(
        io::stderr().lock(),
        "svt token: {}",
        printable(&text.replace('\n', " "))
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_a_terminal_each_part_has_its_colour() {
        let report = Report {
            verdict: Verdict::Valid,
            header: Some(json!({"alg": "EdDSA"})),
            claims: Some(json!({"exp": 0})),
        };
        let text = report.to_text("h.p.c2ln", true);
        let part = |colour: &str, name: &str| format!("{colour}{name} ");
        for (colour, name) in [
            (HEADER, "header"),
            (PAYLOAD, "payload"),
            (SIGNATURE, "signature"),
        ] {
            assert!(text.contains(&part(colour, name)), "{name} in {text}");
        }
        assert_eq!(text.matches(RESET).count(), 3);
        assert!(text.ends_with(
            "  exp 1970-01-01T00:00:00Z\n\u{1b}[38;5;37msignature c2ln\u{1b}[0m\nvalid"
        ));
        assert!(!report.to_text("h.p.c2ln", false).contains('\u{1b}'));
    }
}
