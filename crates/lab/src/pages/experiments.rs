//! The contents of the experiments, and the page of each.

use actix_web::{HttpResponse, web};
use askama::Template;
use bank::ApiError;

use super::{Language, html};
use crate::Inner;
use crate::assets;
use crate::experiments::{Experiment, Section};
use crate::i18n::Messages;

/// How many claims the notes make.
const CLAIMS: u32 = 21;

#[derive(Template)]
#[template(path = "experiments.html")]
struct Contents {
    t: Messages,
    here: &'static str,
    claims: Vec<ClaimGroup>,
    first: Vec<Entry>,
    last: Vec<Entry>,
    count: usize,
    minutes: u32,
}

/// A claim, and the experiments that bear on it.
struct ClaimGroup {
    id: String,
    said: String,
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    id: String,
    title: String,
    minutes: u32,
    claims: String,
}

impl Entry {
    fn of(experiment: &Experiment) -> Self {
        Self {
            id: experiment.id.clone(),
            title: experiment.text.title.clone(),
            minutes: experiment.definition.minutes,
            claims: claims_of(experiment).join(", "),
        }
    }
}

#[derive(Template)]
#[template(path = "experiment.html")]
struct Page {
    t: Messages,
    here: &'static str,
    id: String,
    title: String,
    lead: String,
    claims: String,
    minutes: u32,
    place: String,
    sections: Vec<Section>,
    before: Option<Entry>,
    after: Option<Entry>,
}

fn claims_of(experiment: &Experiment) -> Vec<String> {
    let claims = experiment.definition.claim.iter();
    claims.map(|claim| claim.id.as_ref().clone()).collect()
}

/// The questions, grouped by the claims that they bear on.
pub(super) async fn contents(
    lab: web::Data<Inner>,
    language: web::Query<Language>,
) -> Result<HttpResponse, ApiError> {
    let t = language.messages();
    let all = lab.experiments.all();
    let claims = (1..=CLAIMS)
        .map(|number| format!("C{number}"))
        .map(|id| ClaimGroup {
            said: t.claim(&id),
            entries: all
                .iter()
                .filter(|experiment| claims_of(experiment).contains(&id))
                .map(Entry::of)
                .collect(),
            id,
        })
        .filter(|group| !group.entries.is_empty())
        .collect();
    let makes_claims = |experiment: &Experiment| !experiment.definition.claim.is_empty();
    let begin = all.iter().position(makes_claims).unwrap_or(all.len());
    let (before, after) = all.split_at(begin);
    let first = before.iter().map(Entry::of).collect();
    let others = after.iter().filter(|experiment| !makes_claims(experiment));
    let last = others.map(Entry::of).collect();
    html(Contents {
        t,
        here: "experiments",
        claims,
        first,
        last,
        count: all.len(),
        minutes: all
            .iter()
            .map(|experiment| experiment.definition.minutes)
            .sum(),
    })
}

/// One experiment.
pub(super) async fn page(
    lab: web::Data<Inner>,
    id: web::Path<String>,
    language: web::Query<Language>,
) -> Result<HttpResponse, ApiError> {
    let t = language.messages();
    let experiment = find(&lab, &id)?;
    let all: Vec<Entry> = lab.experiments.all().iter().map(Entry::of).collect();
    let at = all.iter().position(|entry| entry.id == *id);
    let place = t
        .say("experiment-place")
        .replace("{number}", &at.map_or(0, |at| at + 1).to_string())
        .replace("{count}", &all.len().to_string());
    html(Page {
        t,
        here: "experiments",
        id: experiment.id.clone(),
        title: experiment.text.title.clone(),
        lead: experiment.text.lead.clone(),
        claims: claims_of(&experiment).join(", "),
        minutes: experiment.definition.minutes,
        place,
        sections: experiment.text.sections.clone(),
        before: at.and_then(|at| all.get(at.checked_sub(1)?).cloned()),
        after: at.and_then(|at| all.get(at + 1).cloned()),
    })
}

/// What the page's script works with.
pub(super) async fn definition(
    lab: web::Data<Inner>,
    id: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().json(find(&lab, &id)?.as_json()))
}

/// A script of an experiment's folder.
pub(super) async fn script(
    lab: web::Data<Inner>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (id, name) = path.into_inner();
    let script = lab
        .experiments
        .script(&id, &name)
        .ok_or(ApiError::NotFound("There is no such script."))?;
    Ok(HttpResponse::Ok()
        .content_type(assets::media_type(&name))
        .body(script))
}

fn find(lab: &Inner, id: &str) -> Result<Experiment, ApiError> {
    match lab.experiments.find(id) {
        Ok(Some(experiment)) => Ok(experiment),
        Ok(None) => Err(ApiError::NotFound(
            "There is no such experiment; /experiments lists them.",
        )),
        // Whoever writes an experiment reads here what is wrong with it.
        Err(broken) => Err(ApiError::Invalid(broken.to_string())),
    }
}
