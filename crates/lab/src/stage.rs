//! The stage: what the origins beside the app serve to the experiments, and what the two servers serve on top of the bank.
//!
//! One page, on every origin, walks through a plan that it finds in the fragment of its address; what its steps find out is
//! posted to the server of the page, and so becomes part of the record. All routes are below `/stage/`.
//!
//! # Security
//! These routes exist to be attacked and to attack with; they are mounted in a lab and nowhere else, on every origin but
//! the app's. They set cookies for the lab's own pages alone, and never send a visitor to an origin outside the lab. A plan is
//! taken from whoever links to the stage, any page of the web included: it can do what a script of that origin can do, with the
//! demo users' play money. That is what an origin with a hole in it is, and why none of this is in `svt serve`.

use std::sync::Arc;

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN,
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, ORIGIN, SET_COOKIE, VARY,
};
use actix_web::web::{
    Data, Json, JsonConfig, Path, PayloadConfig, ServiceConfig, get, post, route,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use askama::Template;
use bank::{ApiError, Bank};
use serde::Deserialize;
use serde_json::json;
use wiretap::Record;

use crate::assets;
use crate::homemade::{self, Homemade};
use crate::i18n::Messages;
use crate::naive::{self, Naive};
use crate::origins::{Origins, host_of};
use crate::rendezvous;
use crate::vulnerable;

/// The largest report and the largest form that the stage reads, in bytes.
const BODY_LIMIT: usize = 64 * 1024;

/// One origin's stage.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    origins: Arc<Origins>,
    role: &'static str,
    homemade: Data<Homemade>,
    naive: Data<Naive>,
    record: Data<Record>,
}

#[derive(Template)]
#[template(path = "stage.html")]
struct Page<'a> {
    t: Messages,
    role: &'a str,
    host: &'a str,
    app: &'a str,
    who: String,
    origins: String,
}

impl Stage {
    /// The stage of the origin that plays `role` in the table of origins.
    pub(crate) fn new(
        origins: &Origins,
        role: &'static str,
        homemade: &Arc<Homemade>,
        naive: &Arc<Naive>,
        record: &Arc<Record>,
    ) -> Self {
        Self {
            origins: Arc::new(origins.clone()),
            role,
            homemade: Data::from(Arc::clone(homemade)),
            naive: Data::from(Arc::clone(naive)),
            record: Data::from(Arc::clone(record)),
        }
    }

    /// Mounts the routes.
    pub(crate) fn routes(&self, config: &mut ServiceConfig) {
        let scope = actix_web::web::scope("/stage")
            .app_data(Data::new(self.clone()))
            .app_data(self.homemade.clone())
            .app_data(self.naive.clone())
            .app_data(self.record.clone())
            .app_data(PayloadConfig::new(BODY_LIMIT))
            .app_data(JsonConfig::default().limit(BODY_LIMIT))
            .route("", get().to(page))
            .route("/landed/{label:.*}", route().to(page))
            .route("/private", get().to(private))
            .route("/echo/{label:.*}", route().to(echo))
            .route("/report/{label:.*}", post().to(report))
            .route("/wait/{label:.*}", get().to(rendezvous::wait))
            .route("/cookies", post().to(set_cookies))
            .route(
                "/cookies",
                route().method(actix_web::http::Method::OPTIONS).to(allow),
            )
            .configure(homemade::routes)
            .configure(|config| naive::routes(config, self.role))
            .configure(|config| vulnerable::routes(config, self.role))
            .route("/{file}", get().to(file));
        config.service(scope);
    }

    fn origin(&self) -> &str {
        let all = self.origins.all();
        let own = all.iter().find(|(role, _)| *role == self.role);
        own.map_or("", |(_, origin)| origin)
    }

    /// The declared policy of the page: scripts from its own origin alone, requests to every origin of the lab.
    fn policy(&self) -> String {
        let all = self.origins.all().map(|(_, origin)| origin).join(" ");
        let sockets = all.replace("http://", "ws://");
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src data: {all}; connect-src {all} {sockets}; \
             frame-src {all}; form-action {all}; frame-ancestors {all}; base-uri 'none'"
        )
    }

    /// Lets the lab's own page read an answer, on origins whose server has no CORS of its own.
    pub(crate) fn for_the_app(&self, request: &HttpRequest, response: &mut HttpResponseBuilder) {
        let asks = request.headers().get(ORIGIN).map(HeaderValue::as_bytes);
        let has_own_cors = matches!(self.role, "session" | "jwt");
        if !has_own_cors && asks == Some(self.origins.app.as_bytes()) {
            response
                .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, self.origins.app.as_str()))
                .insert_header((ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"))
                .insert_header((ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"))
                .insert_header((VARY, "Origin"));
        }
    }
}

/// Who the request's credential proves, where a bank is behind the stage; found out as every route of the bank does.
async fn who_is_it(request: &HttpRequest) -> Option<String> {
    let bank = request.app_data::<Data<Bank>>()?;
    let principal = bank.authentication.authenticate(request).await.ok()?;
    Some(principal.username)
}

async fn page(stage: Data<Stage>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let t = Messages::in_language(None);
    let who = match (who_is_it(&request).await, stage.role) {
        (Some(name), _) => t.say("stage-knows-you").replace("{name}", &name),
        (None, "session" | "jwt") => t.say("stage-knows-nobody"),
        (None, "blog") => t.say("stage-is-blog"),
        (None, "evil") => t.say("stage-is-evil"),
        (None, "partner") => t.say("stage-is-partner"),
        (None, _) => t.say("stage-is-twin"),
    };
    let origins: serde_json::Map<_, _> = stage
        .origins
        .all()
        .into_iter()
        .map(|(role, origin)| (role.to_owned(), json!(origin)))
        .collect();
    let page = Page {
        t,
        role: stage.role,
        host: host_of(stage.origin()),
        app: &stage.origins.app,
        who,
        origins: json!(origins).to_string(),
    };
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((CONTENT_SECURITY_POLICY, stage.policy()))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(page.render().map_err(ApiError::internal)?))
}

/// The same page as one that shows what is only for you: whether it may be kept is the server's setting, like any answer's.
async fn private(stage: Data<Stage>, request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let mut response = page(stage, request).await?;
    response.headers_mut().remove(CACHE_CONTROL);
    Ok(response)
}

/// Answers any request with whom its credential proves and which cookies came along, by name.
async fn echo(stage: Data<Stage>, request: HttpRequest) -> HttpResponse {
    let who = who_is_it(&request).await;
    let mut response = HttpResponse::Ok();
    stage.for_the_app(&request, &mut response);
    let cookies: Vec<_> = request
        .cookies()
        .map(|cookies| {
            cookies
                .iter()
                .map(|cookie| cookie.name().to_owned())
                .collect()
        })
        .unwrap_or_default();
    response.json(json!({ "authenticated_as": who, "cookies": cookies }))
}

/// Takes what a page of this origin found out, or what the lab's own page has to tell one. It need not be kept: it has been recorded on its way here.
async fn report(
    stage: Data<Stage>,
    request: HttpRequest,
    _: actix_web::web::Bytes,
) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    stage.for_the_app(&request, &mut response);
    response.finish()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cookies {
    /// Whole `Set-Cookie` lines.
    set: Vec<String>,
}

/// Sets cookies as an experiment words them, for the lab's own pages and for pages of this origin.
async fn set_cookies(
    stage: Data<Stage>,
    request: HttpRequest,
    body: Json<Cookies>,
) -> Result<HttpResponse, ApiError> {
    let asks = request.headers().get(ORIGIN).map(HeaderValue::as_bytes);
    let ours = [stage.origins.app.as_bytes(), stage.origin().as_bytes()];
    if !asks.is_some_and(|origin| ours.contains(&origin)) {
        return Err(ApiError::CrossSite(
            "Only the lab's own pages may choose its cookies.".to_owned(),
        ));
    }
    let mut response = HttpResponse::NoContent();
    stage.for_the_app(&request, &mut response);
    for line in &body.set {
        let line = HeaderValue::from_str(line).map_err(|_| {
            ApiError::Invalid("A cookie line is visible ASCII in one line.".to_owned())
        })?;
        response.append_header((SET_COOKIE, line));
    }
    Ok(response.finish())
}

async fn allow(stage: Data<Stage>, request: HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    stage.for_the_app(&request, &mut response);
    response.finish()
}

async fn file(path: Path<String>) -> Result<HttpResponse, ApiError> {
    let mut response = if path.as_str() == "tokens.css" {
        assets::static_file("css/tokens.css")
    } else {
        assets::stage_file(&path)
    }?;
    response.headers_mut().insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    );
    Ok(response)
}
