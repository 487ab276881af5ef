//! Rules over the templates of the pages.

use super::javascript::shows_an_attack;
use super::markup::{Part, Tag, VOID, literal_part, read};
use super::tree::{SourceFile, Tree, Violation};

fn templates(tree: &Tree) -> impl Iterator<Item = &SourceFile> {
    tree.below("web/", "html")
        .filter(|file| !shows_an_attack(&file.path))
}

/// Scripts, styles and handlers that a policy without `unsafe-inline` would refuse.
pub(crate) fn nothing_is_inline(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in templates(tree) {
        for part in read(&file.text) {
            let Part::Tag(tag) = part else { continue };
            if tag.closes {
                continue;
            }
            if tag.name == "script" && is_executed(&tag) && tag.attribute("src").is_none() {
                found.push(file.violation(
                    tag.offset,
                    "an inline script: make it a module of web/static/js",
                ));
            }
            if tag.name == "style" {
                found.push(
                    file.violation(tag.offset, "an inline style: put it into web/static/css"),
                );
            }
            for attribute in &tag.attributes {
                let is_handler = attribute.name.len() > 2 && attribute.name.starts_with("on");
                let is_script_url = attribute
                    .value
                    .trim_start()
                    .to_ascii_lowercase()
                    .starts_with("javascript:");
                if attribute.name == "style" {
                    found.push(file.violation(attribute.offset, "an inline style: use a class"));
                } else if is_handler || is_script_url {
                    found.push(file.violation(
                        attribute.offset,
                        "an inline handler: add a listener in a module",
                    ));
                }
            }
        }
    }
    found
}

/// Data in a script element is not run, so the policy does not ask for it.
fn is_executed(tag: &Tag) -> bool {
    !matches!(
        tag.attribute("type"),
        Some("application/json" | "application/ld+json")
    )
}

/// Scripts, styles, fonts and pictures of other hosts.
pub(crate) fn pages_work_offline(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in templates(tree) {
        for part in read(&file.text) {
            let Part::Tag(tag) = part else { continue };
            // A link that the visitor follows may lead anywhere; what the page loads by itself may not.
            let loads = tag.attributes.iter().filter(|attribute| {
                matches!(attribute.name.as_str(), "src" | "srcset")
                    || (tag.name == "link" && attribute.name == "href")
            });
            for attribute in loads.filter(|attribute| is_elsewhere(&attribute.value)) {
                found.push(file.violation(
                    attribute.offset,
                    "loaded from elsewhere: pages work offline",
                ));
            }
        }
    }
    for file in tree.below("web/", "css") {
        for (at, opening) in file.text.match_indices("url(") {
            let rest = file.text.get(at + opening.len()..).unwrap_or_default();
            if is_elsewhere(rest.trim_start_matches(['"', '\''])) {
                found.push(file.violation(at, "loaded from elsewhere: pages work offline"));
            }
        }
    }
    found
}

fn is_elsewhere(url: &str) -> bool {
    ["http:", "https:", "//"]
        .iter()
        .any(|start| url.trim_start().starts_with(start))
}

/// Attributes that are read to or shown to the visitor.
const SHOWN: [&str; 8] = [
    "title",
    "alt",
    "placeholder",
    "label",
    "aria-label",
    "aria-description",
    "aria-valuetext",
    "aria-roledescription",
];

/// Elements whose text HTML itself holds to be no language.
const CODE: [&str; 6] = ["script", "style", "code", "kbd", "samp", "var"];

/// Words that stand in a template as they are. What is no language but a protocol's words is `<code>` or marked `translate="no"`, as
/// HTML has it; such an element is left alone with everything inside it.
pub(crate) fn visible_text_comes_from_the_catalogue(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in templates(tree) {
        let mut open: Vec<(String, bool)> = Vec::new();
        for part in read(&file.text) {
            let is_language = open.iter().all(|(_, is_language)| *is_language);
            match part {
                Part::Tag(tag) if tag.closes => {
                    if let Some(at) = open.iter().rposition(|(name, _)| *name == tag.name) {
                        open.truncate(at);
                    }
                }
                Part::Tag(tag) => {
                    let is_code = tag.attribute("translate") == Some("no")
                        || CODE.contains(&tag.name.as_str());
                    for attribute in tag.attributes.iter().filter(|_| is_language && !is_code) {
                        if SHOWN.contains(&attribute.name.as_str())
                            && has_words(&literal_part(&attribute.value))
                        {
                            let reason = format!(
                                "literal text in {}: say it from web/i18n/en.ftl",
                                attribute.name
                            );
                            found.push(file.violation(attribute.offset, reason));
                        }
                    }
                    if !VOID.contains(&tag.name.as_str()) {
                        open.push((tag.name, !is_code));
                    }
                }
                Part::Text { offset, text } if is_language && has_words(&text) => {
                    let reason = format!(
                        "literal text: say it from web/i18n/en.ftl: {}",
                        shortened(&text)
                    );
                    found.push(file.violation(offset, reason));
                }
                Part::Text { .. } => {}
            }
        }
    }
    found
}

/// Whether there is a letter outside character references such as `&nbsp;`.
fn has_words(text: &str) -> bool {
    let mut in_reference = false;
    text.chars().any(|character| {
        match character {
            '&' => in_reference = true,
            ';' => in_reference = false,
            _ => {}
        }
        character.is_alphabetic() && !in_reference
    })
}

fn shortened(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(40)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::samples::lines;
    use super::*;

    const PAGE: &str = "web/templates/page.html";

    #[test]
    fn inline_scripts_styles_and_handlers_are_found() {
        let rule = nothing_is_inline;
        for text in [
            "<script>a()</script>",
            "<script type=\"module\">a()</script>",
            "<style>a {}</style>",
            "<p style=\"color: red\">",
            "<button onclick=\"a()\">",
            "<a href=\"JavaScript:a()\">",
        ] {
            assert_eq!(lines(rule, PAGE, text), [1], "{text}");
            assert_eq!(
                lines(rule, "web/experiments/xss/vulnerable/page.html", text),
                [0; 0],
                "{text}"
            );
        }
        for text in [
            "<script type=\"module\" src=\"/static/js/page.js\"></script>",
            "<script type=\"application/json\">{}</script>",
            "<link rel=\"stylesheet\" href=\"/static/page.css\">",
            "<p data-on=\"x\" class=\"onclick\">",
            "{# <style> #}",
        ] {
            assert_eq!(lines(rule, PAGE, text), [0; 0], "{text}");
        }
    }

    #[test]
    fn what_is_loaded_from_elsewhere_is_found() {
        let rule = pages_work_offline;
        assert_eq!(
            lines(
                rule,
                PAGE,
                "<script src=\"https://cdn.example/a.js\"></script>"
            ),
            [1]
        );
        assert_eq!(
            lines(
                rule,
                PAGE,
                "\n<link rel=\"stylesheet\" href=\"//cdn.example/a.css\">"
            ),
            [2]
        );
        assert_eq!(
            lines(
                rule,
                "web/static/a.css",
                "a { background: url(\"https://x/y.png\") }"
            ),
            [1]
        );
        assert_eq!(
            lines(
                rule,
                PAGE,
                "<a href=\"https://www.rfc-editor.org/rfc/rfc7519\">"
            ),
            [0; 0]
        );
        assert_eq!(
            lines(
                rule,
                "web/static/a.css",
                "a { background: url(/static/y.png) }"
            ),
            [0; 0]
        );
    }

    #[test]
    fn words_in_a_template_are_found() {
        let rule = visible_text_comes_from_the_catalogue;
        for text in [
            "<p>Log in</p>",
            "<p>{{ say(\"a\") }} b</p>",
            "<input placeholder=\"Name\">",
            "<img alt='x {{ y }}'>",
            "<br>tail",
        ] {
            assert_eq!(lines(rule, PAGE, text), [1], "{text}");
        }
        for text in [
            "<p>{{ say(\"a\") }}</p>",
            "<p>&nbsp;→ 1 · 2</p>",
            "<input placeholder=\"{{ say(\"a\") }}\">",
            "<span translate=\"no\">Set-Cookie <b>a</b></span>",
            "<kbd>Esc</kbd>",
            "<!-- words -->",
            "<p class=\"words\">",
        ] {
            assert_eq!(lines(rule, PAGE, text), [0; 0], "{text}");
        }
    }

    #[test]
    fn what_follows_an_untranslated_element_is_language_again() {
        let rule = visible_text_comes_from_the_catalogue;
        assert_eq!(
            lines(rule, PAGE, "<code translate=\"no\">GET</code>\nwords"),
            [2]
        );
    }
}
