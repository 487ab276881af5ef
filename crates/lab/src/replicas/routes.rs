//! The replicas over HTTP: below `/lab/`, so that the guard keeps them to the lab's own pages.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use bank::ApiError;

use super::Replicas;
use super::mode::Order;
use super::state::State;
use crate::{Inner, LabError};

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        bank::resource("/lab/replicas", "GET, POST")
            .route(web::get().to(state))
            .route(web::post().to(carry_out)),
    );
}

fn replicas(lab: &Inner) -> Result<&Arc<Replicas>, ApiError> {
    lab.replicas.as_ref().ok_or(ApiError::NotFound(
        "This lab has no replicas; svt lab --replicas 3 has three of each server.",
    ))
}

async fn state(lab: web::Data<Inner>) -> Result<web::Json<State>, ApiError> {
    Ok(web::Json(replicas(&lab)?.state()))
}

async fn carry_out(
    lab: web::Data<Inner>,
    body: web::Json<Order>,
) -> Result<HttpResponse, ApiError> {
    let replicas = replicas(&lab)?;
    let order = body.into_inner();
    if let Order::Kill { letter } | Order::Restart { letter } = order
        && !replicas.has(letter)
    {
        return Err(ApiError::Invalid(format!(
            "There is no replica {letter}; GET /lab/replicas lists them."
        )));
    }
    replicas.carry_out(order).await.map_err(failed)?;
    Ok(HttpResponse::Ok().json(replicas.state()))
}

/// What an engine or a process does not do is for whoever runs the lab to mend, and is said in its own words.
fn failed(error: LabError) -> ApiError {
    match error {
        LabError::Engine(error) => ApiError::Conflict(error.to_string()),
        LabError::Replica(error) => ApiError::Conflict(error.to_string()),
        other => ApiError::internal(other),
    }
}
