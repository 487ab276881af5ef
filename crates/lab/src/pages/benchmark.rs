//! The page on which the benchmark is started, watched and stopped, and on which its plots stand below the claims that they answer.

use std::path::PathBuf;

use actix_web::{HttpResponse, web};
use askama::Template;
use bank::ApiError;
use serde::Deserialize;

use super::html;
use crate::Inner;
use crate::benchmark::{Kind, Lengths, plan};
use crate::i18n::Messages;

#[derive(Template)]
#[template(path = "benchmark.html")]
struct Page {
    t: Messages,
    here: &'static str,
    can_run: bool,
    is_debug_build: bool,
    offers: Vec<Offer>,
    rounds: Option<usize>,
    window_ms: Option<u64>,
}

/// A run that can be started, and how long it takes.
struct Offer {
    kind: &'static str,
    title: String,
    what: String,
    takes: String,
}

/// The language, and the lengths of the runs where a link asks for others than the usual ones.
#[derive(Deserialize)]
pub(super) struct Asked {
    lang: Option<String>,
    rounds: Option<usize>,
    window_ms: Option<u64>,
}

/// The page.
pub(super) async fn page(
    lab: web::Data<Inner>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, ApiError> {
    let t = Messages::in_language(asked.lang.as_deref());
    let Asked {
        rounds, window_ms, ..
    } = asked.into_inner();
    let lengths = Lengths { rounds, window_ms };
    let offers = Kind::ALL.map(|kind| offer(t, kind, lengths));
    html(Page {
        t,
        here: "benchmark",
        can_run: lab.benchmark.can_run(),
        is_debug_build: cfg!(debug_assertions),
        offers: offers.into_iter().collect::<Result<_, _>>()?,
        rounds,
        window_ms,
    })
}

fn offer(t: Messages, kind: Kind, lengths: Lengths) -> Result<Offer, ApiError> {
    let plan = plan(kind, lengths, PathBuf::new())?;
    let (kind, title, what) = match kind {
        Kind::Quick => (
            "quick",
            t.say("benchmark-quick"),
            t.say("benchmark-one-scenario"),
        ),
        Kind::Plain => ("plain", t.say("benchmark-plain"), t.say("benchmark-paced")),
        Kind::All => ("all", t.say("benchmark-all"), t.say("benchmark-scenarios")),
    };
    let filled = |text: String, name: &str, value: u128| text.replace(name, &value.to_string());
    let what = filled(what, "{arms}", plan.lanes() as u128);
    let what = filled(what, "{rounds}", plan.rounds as u128);
    let what = filled(what, "{milliseconds}", plan.window.as_millis());
    let what = filled(what, "{scenarios}", plan.steps.len() as u128);
    let seconds = u128::from(plan.estimated().as_secs()) + 1;
    let takes = if seconds < 90 {
        filled(t.say("benchmark-seconds"), "{count}", seconds)
    } else {
        filled(t.say("benchmark-minutes"), "{count}", seconds.div_ceil(60))
    };
    Ok(Offer {
        kind,
        title,
        what,
        takes,
    })
}
