//! The control panel: the clock, the presets, the reset, the replay, and what was recorded.

use std::time::Duration;

use actix_web::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, VARY};
use actix_web::{HttpResponse, web};
use bank::ApiError;
use jwt_server::Preset;
use serde::Deserialize;
use serde_json::json;

use crate::administrator::{self, Order};
use crate::events::After;
use crate::program::{self, Program};
use crate::replay::Replay;
use crate::servers::Server;
use crate::settings::Settings;
use crate::state::State;
use crate::stranger::{self, Stranger};
use crate::{Inner, LabError};

/// The farthest that the clock may be moved, in all: beyond it nothing in the lab is alive to be looked at.
const FARTHEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .app_data(
            web::JsonConfig::default()
                .limit(16 * 1024)
                .error_handler(|error, _| {
                    ApiError::Invalid(format!("The body is not what this route reads: {error}."))
                        .into()
                }),
        )
        .app_data(web::QueryConfig::default().error_handler(|error, _| {
            ApiError::Invalid(format!("The query is not what this route reads: {error}.")).into()
        }))
        .service(bank::resource("/lab/state", "GET").route(web::get().to(state)))
        .service(bank::resource("/lab/exchanges", "GET").route(web::get().to(exchanges)))
        .service(bank::resource("/lab/clock", "POST").route(web::post().to(advance)))
        .service(bank::resource("/lab/clock/reset", "POST").route(web::post().to(back_to_now)))
        .service(bank::resource("/lab/reset", "POST").route(web::post().to(reset)))
        .service(bank::resource("/lab/preset", "POST").route(web::post().to(choose_preset)))
        .service(bank::resource("/lab/settings", "POST").route(web::post().to(change_settings)))
        .service(bank::resource("/lab/restart", "POST").route(web::post().to(restart)))
        .service(bank::resource("/lab/away", "POST").route(web::post().to(set_away)))
        .service(bank::resource("/lab/program", "POST").route(web::post().to(run_program)))
        .service(bank::resource("/lab/administrator", "POST").route(web::post().to(administrate)))
        .service(bank::resource("/lab/stranger", "POST").route(web::post().to(run_stranger)))
        .service(bank::resource("/lab/replay", "POST").route(web::post().to(replay)))
        .service(bank::resource("/lab/experiments", "GET").route(web::get().to(experiments)))
        .service(bank::resource("/lab/probe", "GET").route(web::get().to(probe)));
}

async fn answer(lab: &Inner) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok().json(State::of(lab).await?))
}

/// A setting that is not accepted is the caller's to mend; anything else is ours.
fn failed(error: LabError) -> ApiError {
    match error {
        LabError::Config(error) => ApiError::Invalid(error.to_string()),
        other => ApiError::internal(other),
    }
}

async fn state(lab: web::Data<Inner>) -> Result<HttpResponse, ApiError> {
    answer(&lab).await
}

async fn exchanges(lab: web::Data<Inner>, query: web::Query<After>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "exchanges": lab.record.after(query.after).iter().map(std::ops::Deref::deref).collect::<Vec<_>>() }))
}

/// The experiments in the order of the contents.
async fn experiments(lab: web::Data<Inner>) -> HttpResponse {
    let all: Vec<_> = lab
        .experiments
        .all()
        .iter()
        .map(|experiment| json!({ "id": experiment.id, "title": experiment.text.title }))
        .collect();
    HttpResponse::Ok().json(json!({ "experiments": all }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance: String,
}

async fn advance(
    lab: web::Data<Inner>,
    body: web::Json<Advance>,
) -> Result<HttpResponse, ApiError> {
    let by = humantime::parse_duration(&body.advance)
        .map_err(|_| ApiError::Invalid("advance is a duration: 15m, 1d, 7d, 30d.".to_owned()))?;
    if lab.clock.offset().saturating_add(by) > FARTHEST {
        return Err(ApiError::Invalid(
            "The lab's clock goes ten years ahead and no farther; go back to now.".to_owned(),
        ));
    }
    lab.clock.advance(by);
    if let Some(replicas) = &lab.replicas {
        replicas.tell_the_time();
    }
    lab.record.changed("clock");
    answer(&lab).await
}

async fn back_to_now(lab: web::Data<Inner>) -> Result<HttpResponse, ApiError> {
    lab.back_to_now().await.map_err(failed)?;
    answer(&lab).await
}

async fn reset(lab: web::Data<Inner>) -> Result<HttpResponse, ApiError> {
    lab.reset().await.map_err(failed)?;
    answer(&lab).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoosePreset {
    preset: Preset,
}

async fn choose_preset(
    lab: web::Data<Inner>,
    body: web::Json<ChoosePreset>,
) -> Result<HttpResponse, ApiError> {
    lab.servers
        .apply_preset(body.preset)
        .await
        .map_err(failed)?;
    lab.record.changed("preset");
    answer(&lab).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeSettings {
    /// All that shall lie over the settings the lab was started with; nothing brings them back.
    settings: Settings,
}

async fn change_settings(
    lab: web::Data<Inner>,
    body: web::Json<ChangeSettings>,
) -> Result<HttpResponse, ApiError> {
    lab.servers
        .apply(body.into_inner().settings)
        .await
        .map_err(failed)?;
    lab.record.changed("settings");
    answer(&lab).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Restart {
    server: Server,
}

async fn restart(
    lab: web::Data<Inner>,
    body: web::Json<Restart>,
) -> Result<HttpResponse, ApiError> {
    lab.servers.restart(body.server).await.map_err(failed)?;
    answer(&lab).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Away {
    server: Server,
    away: bool,
}

async fn set_away(lab: web::Data<Inner>, body: web::Json<Away>) -> Result<HttpResponse, ApiError> {
    lab.servers
        .set_away(body.server, body.away)
        .await
        .map_err(failed)?;
    answer(&lab).await
}

async fn run_program(
    lab: web::Data<Inner>,
    body: web::Json<Program>,
) -> Result<HttpResponse, ApiError> {
    let ran = program::run(&lab, body.into_inner()).await?;
    Ok(HttpResponse::Ok().json(ran))
}

async fn administrate(
    lab: web::Data<Inner>,
    body: web::Json<Order>,
) -> Result<HttpResponse, ApiError> {
    let carried = administrator::carry_out(&lab, body.into_inner()).await?;
    Ok(HttpResponse::Ok().json(carried))
}

async fn run_stranger(
    lab: web::Data<Inner>,
    body: web::Json<Stranger>,
) -> Result<HttpResponse, ApiError> {
    let tried = stranger::log_in(&lab, body.into_inner()).await?;
    Ok(HttpResponse::Ok().json(tried))
}

async fn replay(lab: web::Data<Inner>, body: web::Json<Replay>) -> Result<HttpResponse, ApiError> {
    let replayed = crate::replay::replay(&lab, body.into_inner()).await?;
    Ok(HttpResponse::Ok().json(replayed))
}

/// Answers the landing page's question whether this browser resolves the lab's names.
async fn probe(lab: web::Data<Inner>) -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, lab.origins.landing.clone()))
        .insert_header((VARY, "Origin"))
        .finish()
}
