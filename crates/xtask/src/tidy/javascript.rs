//! Rules over the scripts of the pages.

use super::lexer::{Lexed, is_word, words};
use super::tree::{SourceFile, Tree, Violation};

/// Our own pages' scripts. Vulnerable and attacker pages, and the stage on which experiments are played, break these rules in
/// order to show what comes of it; they live in folders of these names and are served by other origins than the app.
fn scripts(tree: &Tree) -> impl Iterator<Item = &SourceFile> {
    tree.below("web/", "js")
        .filter(|file| !shows_an_attack(&file.path))
}

/// Whether a path is exempt because it is the attack, or the page that is attacked.
pub(crate) fn shows_an_attack(path: &str) -> bool {
    path.split('/')
        .any(|folder| matches!(folder, "vulnerable" | "attacker" | "stage"))
}

/// Times of a page are computed from the server's `now`, because the lab's clock may be a month ahead of the visitor's.
pub(crate) fn pages_never_read_the_clock(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in scripts(tree) {
        let lexed = file.javascript();
        for at in words(&lexed.code, "Date").filter(|at| is_now(&lexed.code, *at)) {
            found.push(file.violation(at, "the browser's clock: compute from the server's now"));
        }
    }
    found
}

/// `Date.now()`, `new Date()`, `Date()` and a `Date` that is handed on; not a date made of what the server said.
fn is_now(code: &str, at: usize) -> bool {
    let before = code.get(..at).unwrap_or_default().trim_end();
    let after = code
        .get(at + "Date".len()..)
        .unwrap_or_default()
        .trim_start();
    if let Some(function) = after.strip_prefix('.') {
        return function.starts_with("now");
    }
    let argument = after.strip_prefix('(').map(str::trim_start);
    let is_of_something = argument.is_some_and(|argument| !argument.starts_with(')'));
    !(before.ends_with("instanceof") || before.ends_with("new") && is_of_something)
}

/// Every way a script has to reach a server. One module owns them, so that every request carries its run id and is recorded;
/// experiments are handed its functions.
pub(crate) fn only_the_api_module_talks(tree: &Tree) -> Vec<Violation> {
    const WAYS: [&str; 6] = [
        "fetch",
        "EventSource",
        "XMLHttpRequest",
        "sendBeacon",
        "WebSocket",
        "WebTransport",
    ];
    let mut found = Vec::new();
    for file in scripts(tree).filter(|file| file.path != "web/static/js/api.js") {
        let lexed = file.javascript();
        for way in WAYS {
            for at in words(&lexed.code, way).filter(|at| is_the_global(&lexed.code, *at, way)) {
                found.push(file.violation(at, format!("{way} outside web/static/js/api.js")));
            }
        }
    }
    found
}

/// `fetch(…)` and `window.fetch`, but neither `lab.fetch(…)` nor the key of `{ fetch: … }`.
fn is_the_global(code: &str, at: usize, name: &str) -> bool {
    let before = code.get(..at).unwrap_or_default().trim_end();
    let after = code.get(at + name.len()..).unwrap_or_default().trim_start();
    let owner = before
        .strip_suffix('.')
        .map(|owner| owner.trim_end().trim_end_matches('?'));
    match owner {
        Some(owner) => {
            let start = owner
                .bytes()
                .rposition(|byte| !is_word(byte))
                .map_or(0, |at| at + 1);
            matches!(
                owner.get(start..),
                Some("window" | "globalThis" | "self" | "navigator" | "top" | "parent")
            )
        }
        // `EventSource.CLOSED` is a number.
        None => {
            !after.starts_with(':') && !after.starts_with(".CLOSED") && !after.starts_with(".OPEN")
        }
    }
}

/// Everything that makes markup or code of a string; the trusted-types policy of the pages refuses most of it at run time.
pub(crate) fn text_never_becomes_markup(tree: &Tree) -> Vec<Violation> {
    const SINKS: [&str; 12] = [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "setHTMLUnsafe",
        "parseHTMLUnsafe",
        "createContextualFragment",
        "DOMParser",
        "srcdoc",
        "document.write",
        "document.writeln",
        "eval",
        "Function",
    ];
    let mut found = Vec::new();
    for file in scripts(tree) {
        let lexed = file.javascript();
        for sink in SINKS {
            for at in words(&lexed.code, sink) {
                found.push(
                    file.violation(at, format!("{sink}: build elements and set textContent")),
                );
            }
        }
        for at in words(&lexed.code, "setAttribute") {
            let rest = lexed.code.get(at..).unwrap_or_default();
            let name = rest
                .find('(')
                .and_then(|open| lexed.literal_at(at + open + 1));
            if name.is_some_and(|name| name.text == "style" || name.text.starts_with("on")) {
                found.push(file.violation(
                    at,
                    "an inline style or handler, which the policy of the pages refuses",
                ));
            }
        }
    }
    found
}

/// Literal text given to what the visitor reads. Numbers, signs and units without a letter are data.
pub(crate) fn visible_text_comes_from_the_catalogue(tree: &Tree) -> Vec<Violation> {
    const SHOWN: [&str; 9] = [
        "textContent",
        "innerText",
        "title",
        "placeholder",
        "alt",
        "ariaLabel",
        "ariaDescription",
        "ariaValueText",
        "label",
    ];
    let mut found = Vec::new();
    for file in scripts(tree) {
        let lexed = file.javascript();
        for shown in SHOWN {
            for at in words(&lexed.code, shown) {
                let is_property = lexed
                    .code
                    .get(..at)
                    .is_some_and(|before| before.ends_with('.'));
                let value = assigned(&lexed.code, at + shown.len()).filter(|_| is_property);
                if value.is_some_and(|from| has_literal_text(&lexed, from)) {
                    found.push(file.violation(
                        at,
                        format!("literal text in {shown}: say it from web/i18n/en.ftl"),
                    ));
                }
            }
        }
    }
    found
}

/// Where the assigned value begins, when an assignment stands here.
fn assigned(code: &str, at: usize) -> Option<usize> {
    let value = code.get(at..)?.trim_start().strip_prefix('=')?;
    (!value.starts_with('=')).then(|| code.len() - value.len())
}

/// Whether the expression that begins here is, or may come out as, a literal with a letter in it. What is inside parentheses
/// is the argument of something, and what is compared is not shown.
fn has_literal_text(lexed: &Lexed, from: usize) -> bool {
    let mut depth = 0_i32;
    let mut before = (b' ', b'=');
    for (index, byte) in lexed.code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b';' => return false,
            b'\'' | b'"' | b'`' if depth == 0 => {
                let is_value = matches!(before, (_, b'?' | b':' | b'+' | b'|'))
                    || matches!(before, (b' ', b'='));
                let literal = lexed.literal_at(index).filter(|_| is_value);
                if literal.is_some_and(|literal| literal.fixed_text().any(char::is_alphabetic)) {
                    return true;
                }
            }
            _ => {}
        }
        if depth < 0 {
            return false;
        }
        if !byte.is_ascii_whitespace() {
            before = (before.1, byte);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::super::tree::samples::lines;
    use super::*;

    const PAGE: &str = "web/static/js/page.js";

    #[test]
    fn reading_the_browsers_clock_is_found() {
        let rule = pages_never_read_the_clock;
        for text in [
            "Date.now()",
            "new Date()",
            "new Date( )",
            "new Date",
            "Date()",
            "const D = Date;",
        ] {
            assert_eq!(lines(rule, PAGE, text), [1], "{text}");
        }
        for text in [
            "new Date(state.now)",
            "Date.parse(now)",
            "Date.UTC(1)",
            "// Date.now()",
            "toDate()",
            "x instanceof Date",
        ] {
            assert_eq!(lines(rule, PAGE, text), [0; 0], "{text}");
        }
    }

    #[test]
    fn talking_to_a_server_is_found_outside_the_api_module() {
        let rule = only_the_api_module_talks;
        for text in [
            "await fetch(url)",
            "const f = fetch;",
            "window.fetch(url)",
            "globalThis\n.fetch(url)",
            "new EventSource(url)",
            "navigator.sendBeacon(url)",
            "window?.fetch(url)",
            "`${fetch(url)}`",
        ] {
            assert_eq!(lines(rule, PAGE, text).len(), 1, "{text}");
            assert_eq!(lines(rule, "web/static/js/api.js", text), [0; 0], "{text}");
        }
        for text in [
            "lab.fetch(url)",
            "say('fetch')",
            "// fetch(url)",
            "prefetch()",
            "stream.readyState === EventSource.CLOSED",
            "run({ fetch: api.request })",
        ] {
            assert_eq!(lines(rule, PAGE, text), [0; 0], "{text}");
        }
    }

    #[test]
    fn experiments_get_their_requests_from_the_api_module_and_attackers_make_their_own() {
        let rule = only_the_api_module_talks;
        assert_eq!(
            lines(rule, "web/experiments/csrf/run.js", "fetch(url)"),
            [1]
        );
        assert_eq!(
            lines(rule, "web/experiments/csrf/attacker/form.js", "fetch(url)"),
            [0; 0]
        );
    }

    #[test]
    fn making_markup_or_code_of_text_is_found() {
        let rule = text_never_becomes_markup;
        for text in [
            "a.innerHTML = b",
            "a['x'].insertAdjacentHTML('beforeend', b)",
            "eval(a)",
            "new Function(a)",
            "document.write(a)",
            "a.setAttribute('style', b)",
            "a.setAttribute(\"onclick\", b)",
        ] {
            assert_eq!(lines(rule, PAGE, text), [1], "{text}");
        }
        for text in [
            "a.textContent = b",
            "retrieval(a)",
            "a.setAttribute('role', 'button')",
            "// innerHTML",
            "() => {}",
        ] {
            assert_eq!(lines(rule, PAGE, text), [0; 0], "{text}");
        }
    }

    #[test]
    fn text_that_a_script_makes_up_is_found() {
        let rule = visible_text_comes_from_the_catalogue;
        for text in [
            "a.textContent = 'Log in'",
            "a.title = \"x\"",
            "a.textContent = `${name}, hello`",
            "a.textContent = b ? 'c' : 1;",
        ] {
            assert_eq!(lines(rule, PAGE, text), [1], "{text}");
        }
        for text in [
            "a.textContent = say('log-in')",
            "a.textContent = '↑ 1'",
            "title = 'x'",
            "if (a.title === 'x') b()",
            "a.textContent = ''",
            "a.title = b === 'c' ? say('d') : e;\nf = 'g'",
        ] {
            assert_eq!(lines(rule, PAGE, text), [0; 0], "{text}");
        }
    }
}
