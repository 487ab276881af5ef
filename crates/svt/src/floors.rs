//! What the benchmark measures the servers against: the same bank with no authentication, and a handler with nothing around it.
//!
//! # Security
//! Neither is of any use as a server. The bare bank takes everybody for the same customer.

use std::sync::Arc;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use async_trait::async_trait;
use bank::{
    ApiError, Application, Authentication, Bank, BankApi, Challenge, Credential, CsrfCookie,
    EndedBecause, Hosting, HttpConfig, LoggedIn, Login, LoginConfig, LoginThrottle, Metrics,
    OpenApiDocument, Principal, Transport,
};
use serde::{Deserialize, Serialize};
use token_core::clock::UnixSeconds;
use token_core::key_folder::KeyFolder;
use user_store::users::{Role, User, UserId};
use user_store::{StoreError, Stores};
use utoipa::OpenApi;

/// Who everybody is. The name is the benchmark's own user, so that the answers of all arms have the same length.
const EVERYBODY: &str = "benchmark";

/// 2100-01-01: as long in an answer as any other end.
const NEVER: UnixSeconds = UnixSeconds(4_102_444_800);

/// The settings of the bare bank.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BareConfig {
    /// What every server asks of every request.
    pub(crate) http: HttpConfig,
}

/// The answer of [`Authentication`] without a question.
struct NoAuthentication;

/// The same routes, handlers and middleware as both servers, with authentication taken out.
pub(crate) fn bare(
    config: BareConfig,
    stores: Stores,
    keys: &KeyFolder,
    hosting: Hosting,
) -> anyhow::Result<Application> {
    let http = Arc::new(config.http);
    let throttle = LoginThrottle::new(&stores, &LoginConfig::default(), keys.name_key());
    let metrics = web::Data::new(Metrics::new(&stores, "bare"));
    let csrf = CsrfCookie::data(Transport::Header, String::new(), keys.csrf_tokens());
    let document = web::Data::new(OpenApiDocument::of("Bare bank", BankApi::openapi())?);
    let bank = web::Data::new(Bank {
        stores,
        authentication: Arc::new(NoAuthentication),
        throttle,
    });
    let addresses = hosting.addresses();
    let mut server = HttpServer::new(move || {
        let app = App::new()
            .app_data(bank.clone())
            .app_data(csrf.clone())
            .app_data(document.clone())
            .configure(bank::routes);
        bank::harden(app, Arc::clone(&http), metrics.clone(), None, &[], None)
    })
    .workers(hosting.workers)
    .disable_signals()
    .shutdown_timeout(2);
    for listener in hosting.listeners {
        server = server.listen(listener)?;
    }
    Ok(Application::new(server.run(), addresses))
}

#[derive(Serialize)]
struct Answer {
    id: i64,
    username: &'static str,
    role: &'static str,
    authenticated_by: &'static str,
    expires_at: String,
}

/// A handler with an answer like that of `GET /whoami`, and nothing around it.
pub(crate) fn naked(hosting: Hosting) -> anyhow::Result<Application> {
    async fn answer() -> HttpResponse {
        HttpResponse::Ok().json(Answer {
            id: 1,
            username: EVERYBODY,
            role: "customer",
            authenticated_by: "session",
            expires_at: NEVER.to_rfc3339(),
        })
    }
    let addresses = hosting.addresses();
    let mut server = HttpServer::new(|| App::new().route("/whoami", web::get().to(answer)))
        .workers(hosting.workers)
        .disable_signals()
        .shutdown_timeout(2);
    for listener in hosting.listeners {
        server = server.listen(listener)?;
    }
    Ok(Application::new(server.run(), addresses))
}

#[async_trait(?Send)]
impl Authentication for NoAuthentication {
    async fn authenticate(&self, _: &HttpRequest) -> Result<Principal, ApiError> {
        Ok(Principal {
            user_id: UserId(1),
            username: EVERYBODY.to_owned(),
            role: Role::Customer,
            credential: Credential::Session {
                public_id: String::new(),
            },
            expires_at: NEVER,
        })
    }

    fn challenge(&self) -> Challenge {
        Challenge::Bearer
    }

    async fn log_in(&self, _: &HttpRequest, _: &User) -> Result<LoggedIn, ApiError> {
        Ok(LoggedIn {
            response: HttpResponse::Ok().json(serde_json::json!({})),
            login_id: String::new(),
        })
    }

    async fn renew(&self, _: &HttpRequest, _: &Principal) -> Result<(), ApiError> {
        Ok(())
    }

    async fn logins_of(&self, _: UserId) -> Result<Vec<Login>, StoreError> {
        Ok(Vec::new())
    }

    async fn end_one_of(&self, _: UserId, _: &str) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn end_current(&self, _: &HttpRequest) -> Result<(), ApiError> {
        Ok(())
    }

    async fn end_all_of(&self, _: UserId, _: EndedBecause) -> Result<u64, StoreError> {
        Ok(0)
    }

    async fn end_others(
        &self,
        _: &HttpRequest,
        _: &Principal,
        _: EndedBecause,
    ) -> Result<u64, ApiError> {
        Ok(0)
    }

    async fn role_changed(&self, _: UserId, _: Role) -> Result<(), StoreError> {
        Ok(())
    }
}
