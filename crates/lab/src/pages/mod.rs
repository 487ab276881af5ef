//! The pages of the app origin.

mod benchmark;
mod experiments;
mod workbench;

use std::io;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use askama::Template;
use bank::ApiError;
use serde::Deserialize;
use tokio::task::JoinHandle;

use crate::i18n::Messages;
use crate::origins::Sockets;
use crate::{Inner, LabError, assets, control, events, guard};

#[derive(Template)]
#[template(path = "wire.html")]
struct Wire {
    t: Messages,
    here: &'static str,
}

#[derive(Template)]
#[template(path = "landing.html")]
struct Landing<'a> {
    t: Messages,
    app_origin: &'a str,
}

#[derive(Deserialize)]
struct Language {
    lang: Option<String>,
}

impl Language {
    fn messages(&self) -> Messages {
        Messages::in_language(self.lang.as_deref())
    }
}

/// A rendered page.
fn html(page: impl Template) -> Result<HttpResponse, ApiError> {
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(page.render().map_err(ApiError::internal)?))
}

/// Serves the app origin.
pub(crate) fn serve(
    lab: &Arc<Inner>,
    sockets: Sockets,
) -> Result<(ServerHandle, JoinHandle<io::Result<()>>), LabError> {
    Messages::check().map_err(LabError::Messages)?;
    let data = web::Data::from(Arc::clone(lab));
    let mut server = HttpServer::new(move || {
        App::new()
            .app_data(data.clone())
            .service(bank::resource("/", "GET").route(web::get().to(first_page)))
            .service(bank::resource("/static/{path:.*}", "GET").route(web::get().to(assets::file)))
            .service(bank::resource("/i18n/{lang}.json", "GET").route(web::get().to(messages)))
            .service(
                bank::resource("/experiments", "GET").route(web::get().to(experiments::contents)),
            )
            .service(
                bank::resource("/experiments/{id}.json", "GET")
                    .route(web::get().to(experiments::definition)),
            )
            .service(
                bank::resource("/experiments/{id}", "GET").route(web::get().to(experiments::page)),
            )
            .service(
                bank::resource("/experiments/{id}/{script}", "GET")
                    .route(web::get().to(experiments::script)),
            )
            .service(bank::resource("/workbench", "GET").route(web::get().to(workbench::page)))
            .service(bank::resource("/benchmark", "GET").route(web::get().to(benchmark::page)))
            .configure(control::routes)
            .configure(crate::benchmark::routes)
            .configure(crate::replicas::routes)
            .service(bank::resource("/lab/events", "GET").route(web::get().to(events::stream)))
            .default_service(web::to(|| async {
                Err::<HttpResponse, _>(ApiError::NotFound("There is no such page."))
            }))
            .wrap(from_fn(guard::guard))
    })
    .workers(2)
    .disable_signals()
    .shutdown_timeout(2);
    for socket in sockets {
        server = server.listen(socket)?;
    }
    let server = server.run();
    let handle = server.handle();
    Ok((handle, tokio::spawn(server)))
}

/// The wire, or, by a name that is not the app's, the page that finds out whether this browser can reach it.
async fn first_page(
    lab: web::Data<Inner>,
    request: HttpRequest,
    language: web::Query<Language>,
) -> Result<HttpResponse, ApiError> {
    let t = language.messages();
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    if guard::is_landing_host(host, &lab.origins) {
        return html(Landing {
            t,
            app_origin: &lab.origins.app,
        });
    }
    html(Wire { t, here: "wire" })
}

async fn messages(lang: web::Path<String>) -> HttpResponse {
    HttpResponse::Ok().json(Messages::in_language(Some(&lang)).patterns())
}
