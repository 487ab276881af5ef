//! The workbench: a page on which a token is taken apart, signed and checked by the visitor's own browser, and by nobody else.

use actix_web::{HttpResponse, web};
use askama::Template;
use bank::ApiError;
use token_core::clock::Clock;

use super::{Language, html};
use crate::Inner;
use crate::i18n::Messages;

#[derive(Template)]
#[template(path = "workbench.html")]
struct Workbench {
    t: Messages,
    here: &'static str,
    /// The lab's time in seconds: the page goes on from it without asking again.
    now: i64,
}

/// The page. Nothing of what is typed there comes here.
pub(super) async fn page(
    lab: web::Data<Inner>,
    language: web::Query<Language>,
) -> Result<HttpResponse, ApiError> {
    html(Workbench {
        t: language.messages(),
        here: "workbench",
        now: lab.clock.now().0,
    })
}
