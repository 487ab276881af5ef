//! A page with a hole in it: the bank's notice board, which shows what a customer wrote, soundly or as dangerously as asked.
//!
//! What is written is a note that was really stored (`POST /notes`). Each run marks its notes, and a page shows those of one
//! mark alone, so a script that an earlier run has stored is never run again.
//!
//! # Security
//! Whoever leads a visitor here runs the script of a note on the origin of the bank, with whatever that origin keeps. It exists
//! on the two origins of a lab that have a bank behind them; `svt serve` and the lab's own pages have nothing like it. How a
//! note is shown and under which policy is chosen by name from closed lists, and left out, it is the soundest.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::web::{Data, Path, Query, ServiceConfig, get};
use askama::Template;
use askama::filters::{Html, escape};
use bank::{ApiError, Bank};
use serde::Deserialize;
use token_core::secret::random_bytes;

use crate::i18n::Messages;

/// Whose notes are on the board: the attacker's, a customer like any other.
const AUTHOR: &str = "mallory";
/// How many notes of the author are looked through for a mark.
const LOOKED_THROUGH: u32 = 100;

/// How a note gets into the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Output {
    /// As the text that it is.
    #[default]
    Escaped,
    /// As markup: what was written as a script is run as one.
    DangerouslyRaw,
    /// As an attribute, which the page's own script then assigns to `innerHTML`.
    DangerouslyInnerHtml,
}

impl Output {
    // ANCHOR: output
    /// A note as it stands in the page.
    fn markup(self, note: &str) -> String {
        match self {
            // `<` becomes `&#60;`, so a note stays a text, whatever it says.
            Self::Escaped => format!("<div class=note>{}</div>", escaped(note)),
            // The note becomes a part of the page, and its script a script of the page.
            Self::DangerouslyRaw => format!("<div class=note>{note}</div>"),
            // The server is careful; the page's own script then assigns the text to `innerHTML`.
            Self::DangerouslyInnerHtml => {
                format!("<div class=note data-html=\"{}\"></div>", escaped(note))
            }
        }
    }
    // ANCHOR_END: output
}

/// The text as markup that shows it, between tags and in a quoted attribute.
fn escaped(text: &str) -> String {
    match escape(text, Html) {
        Ok(text) => text.to_string(),
    }
}

/// Where the page keeps the credential; its script does it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Keep {
    /// In a cookie, which the server sets.
    #[default]
    Cookie,
    /// In `localStorage`.
    LocalStorage,
    /// In a variable of its script, which nothing else can name.
    Closure,
}

impl Keep {
    fn as_str(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::LocalStorage => "local-storage",
            Self::Closure => "closure",
        }
    }
}

/// The policy of the page, each a step narrower than the one before; the last two ask whether a foreign script runs at all.
///
/// All but the last two let scripts run that stand in the page: they show what a policy stops once one runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Policy {
    None,
    ConnectSrc,
    DefaultSrc,
    FormAction,
    #[default]
    Nonce,
    TrustedTypes,
}

impl Policy {
    // ANCHOR: policies
    /// The value of `Content-Security-Policy`. Each lets the stage of this origin show the page in a frame, and nobody else.
    fn header(self, nonce: &str) -> String {
        let directives = match self {
            Self::None => String::new(),
            Self::ConnectSrc => "connect-src 'self'; ".to_owned(),
            Self::DefaultSrc => {
                "default-src 'self'; script-src 'self' 'unsafe-inline'; ".to_owned()
            }
            Self::FormAction => {
                "default-src 'self'; script-src 'self' 'unsafe-inline'; form-action 'self'; "
                    .to_owned()
            }
            Self::Nonce => format!("script-src 'nonce-{nonce}'; base-uri 'none'; "),
            Self::TrustedTypes => "require-trusted-types-for 'script'; ".to_owned(),
        };
        format!("{directives}frame-ancestors 'self'")
    }
    // ANCHOR_END: policies
}

/// What is asked for. The run, which ties the request to its record, is read by whoever records.
#[derive(Debug, Deserialize)]
struct Shown {
    /// The mark: the first line of the notes that are shown.
    note: String,
    #[serde(default)]
    output: Output,
    #[serde(default)]
    policy: Policy,
    #[serde(default)]
    keep: Keep,
}

#[derive(Template)]
#[template(path = "vulnerable.html")]
struct Board<'a> {
    t: Messages,
    role: &'a str,
    label: &'a str,
    keep: &'a str,
    policy: &'a str,
    nonce: &'a str,
    /// Markup, made by [`Output::markup`].
    notes: Vec<String>,
}

/// Mounts the page where a bank is behind the stage.
pub(crate) fn routes(config: &mut ServiceConfig, role: &'static str) {
    if matches!(role, "session" | "jwt") {
        let board = move |bank, label: Path<String>, shown| board(role, bank, label, shown);
        config.route("/vulnerable/{label:.*}", get().to(board));
    }
}

async fn board(
    role: &'static str,
    bank: Data<Bank>,
    label: Path<String>,
    shown: Query<Shown>,
) -> Result<HttpResponse, ApiError> {
    let nonce: String = random_bytes::<16>()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let policy = shown.policy.header(&nonce);
    let page = Board {
        t: Messages::in_language(None),
        role,
        label: &label,
        keep: shown.keep.as_str(),
        policy: &policy,
        nonce: &nonce,
        notes: marked(&bank, &shown.note)
            .await?
            .iter()
            .map(|note| shown.output.markup(note))
            .collect(),
    };
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, policy.as_str()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(page.render().map_err(ApiError::internal)?))
}

/// The author's notes whose first line is the mark, without that line.
async fn marked(bank: &Bank, mark: &str) -> Result<Vec<String>, ApiError> {
    let Some(author) = bank.stores.users.credentials(AUTHOR).await? else {
        return Ok(Vec::new());
    };
    let notes = bank
        .stores
        .notes
        .list(author.user.id, LOOKED_THROUGH)
        .await?;
    let of_mark = notes.into_iter().filter_map(|note| {
        let (first, rest) = note.text.split_once('\n')?;
        (first == mark).then(|| rest.to_owned())
    });
    Ok(of_mark.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_in_a_note_stays_a_text_where_it_is_escaped_and_becomes_one_where_it_is_raw() {
        let note = "<script>steal(\"it\")</script>";
        let sound = Output::Escaped.markup(note);
        assert!(
            !sound.contains("<script") && sound.contains("&#60;script&#62;"),
            "{sound}"
        );
        assert!(Output::DangerouslyRaw.markup(note).contains(note));
        let attribute = Output::DangerouslyInnerHtml.markup(note);
        assert_eq!(attribute.matches('"').count(), 2, "{attribute}");
    }

    #[test]
    fn each_policy_is_exactly_what_it_says() {
        for (name, header) in [
            ("none", "frame-ancestors 'self'"),
            ("connect-src", "connect-src 'self'; frame-ancestors 'self'"),
            (
                "default-src",
                "default-src 'self'; script-src 'self' 'unsafe-inline'; frame-ancestors 'self'",
            ),
            (
                "form-action",
                "default-src 'self'; script-src 'self' 'unsafe-inline'; form-action 'self'; frame-ancestors 'self'",
            ),
            (
                "nonce",
                "script-src 'nonce-0a'; base-uri 'none'; frame-ancestors 'self'",
            ),
            (
                "trusted-types",
                "require-trusted-types-for 'script'; frame-ancestors 'self'",
            ),
        ] {
            let policy: Policy = serde_json::from_value(name.into()).unwrap();
            assert_eq!(policy.header("0a"), header);
        }
    }

    #[test]
    fn left_out_everything_is_the_soundest_and_what_is_on_no_list_is_refused() {
        let shown: Shown = serde_json::from_str(r#"{"note":"a"}"#).unwrap();
        assert_eq!(
            (shown.output, shown.policy, shown.keep),
            (Output::Escaped, Policy::Nonce, Keep::Cookie)
        );
        for text in [
            r#"{"note":"a","output":"raw"}"#,
            r#"{"note":"a","policy":"default-src *"}"#,
        ] {
            assert!(serde_json::from_str::<Shown>(text).is_err(), "{text}");
        }
    }
}
