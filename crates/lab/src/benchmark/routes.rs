//! The run over HTTP: below `/lab/`, so that the guard keeps it to the lab's own pages.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, web};
use bank::ApiError;
use bench::report::{to_csv, to_html};

use super::Order;
use crate::Inner;

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            bank::resource("/lab/benchmark", "GET, POST, DELETE")
                .route(web::get().to(state))
                .route(web::post().to(start))
                .route(web::delete().to(stop)),
        )
        .service(
            bank::resource("/lab/benchmark/plots/{scenario}/{name}.svg", "GET")
                .route(web::get().to(plot)),
        )
        .service(bank::resource("/lab/benchmark/{file}", "GET").route(web::get().to(file)));
}

/// Nothing was measured yet.
const NOTHING: ApiError =
    ApiError::NotFound("There is no report yet; POST /lab/benchmark starts a run.");

async fn state(lab: web::Data<Inner>) -> HttpResponse {
    HttpResponse::Ok().json(lab.benchmark.state())
}

async fn start(lab: web::Data<Inner>, body: web::Json<Order>) -> Result<HttpResponse, ApiError> {
    lab.benchmark.start(body.into_inner())?;
    Ok(HttpResponse::Accepted().json(lab.benchmark.state()))
}

async fn stop(lab: web::Data<Inner>) -> HttpResponse {
    lab.benchmark.stop();
    HttpResponse::Accepted().json(lab.benchmark.state())
}

async fn plot(
    lab: web::Data<Inner>,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    let (scenario, name) = path.into_inner();
    let shown = lab.benchmark.shown().ok_or(NOTHING)?;
    let mut plots = shown.plots.iter();
    let plots = plots.find(|(found, _)| *found == scenario);
    let plot = plots.and_then(|(_, plots)| plots.iter().find(|plot| plot.name == name));
    let plot = plot.ok_or(ApiError::NotFound("There is no such plot."))?;
    Ok(HttpResponse::Ok()
        .content_type("image/svg+xml")
        .body(plot.svg.clone()))
}

/// The files that `svt bench --out` writes, to be kept: the page of the report has styles of its own, which this origin forbids.
async fn file(lab: web::Data<Inner>, name: web::Path<String>) -> Result<HttpResponse, ApiError> {
    let shown = lab.benchmark.shown().ok_or(NOTHING)?;
    let report = &shown.report;
    let (kind, body) = match name.as_str() {
        "results.json" => (
            "application/json",
            serde_json::to_string_pretty(report).map_err(ApiError::internal)?,
        ),
        "results.csv" => ("text/csv; charset=utf-8", to_csv(report)),
        "report.html" => ("text/html; charset=utf-8", to_html(report)),
        _ => {
            return Err(ApiError::NotFound(
                "There are results.json, results.csv and report.html.",
            ));
        }
    };
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .body(body))
}
