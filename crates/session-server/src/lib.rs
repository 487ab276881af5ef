//! The bank behind a cookie session: the server remembers, and the browser carries a claim ticket.
//!
//! actix-session carries the ticket; what it stands for is a row of `user_store::sessions`. Handlers create, renew and
//! delete rows themselves, each in one conditional operation, and hand the new id to the middleware; so nothing that the
//! middleware does on its own can bring a session back to life (see `adapter.rs`). One setting does without rows, to show what is
//! lost: [`SessionStoreKind::DangerouslyCookie`].

mod adapter;
mod authentication;
mod config;
mod cookie;
mod dangerously_unkept;
mod logout;
mod seed;
mod store;
mod ticket;

use std::sync::Arc;

use actix_web::cookie::Key;
use actix_web::middleware::{Condition, from_fn};
use actix_web::{App, HttpServer, web};
use bank::{
    Application, Bank, ConfigError, CsrfCookie, Hosting, LoginThrottle, Metrics, OpenApiDocument,
};
use token_core::key_folder::KeyFolder;
use user_store::Stores;
use utoipa::OpenApi;

pub use config::SessionConfig;
pub use seed::dangerously_seed;
pub use store::SessionStoreKind;

use adapter::SessionAdapter;
use authentication::SessionAuthentication;
use ticket::Tickets;

/// Why a server could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The settings contradict themselves.
    #[error(transparent)]
    Config(#[from] bank::ConfigError),
    /// A socket could not be used.
    #[error("the listening socket could not be used")]
    Listen(#[from] std::io::Error),
    /// The interface could not be described.
    #[error("the OpenAPI document could not be written")]
    OpenApi(#[from] serde_json::Error),
}

/// Builds the server on sockets that are already bound. The sessions of `stores` are those of the settings: what
/// [`SessionConfig::stores`] returns.
///
/// # Errors
/// [`BuildError`] when the settings are not acceptable, with every reason.
pub fn build(
    config: SessionConfig,
    stores: Stores,
    keys: &KeyFolder,
    hosting: Hosting,
) -> Result<Application, BuildError> {
    config.validate()?;
    check_store(&config, &stores)?;
    let config = Arc::new(config);
    let key = Key::from(keys.cookie_key().expose());
    let http = Arc::new(config.http.clone());
    let throttle = LoginThrottle::new(&stores, &config.login, keys.name_key());
    let metrics = web::Data::new(Metrics::new(&stores, "session"));
    let csrf = CsrfCookie::data(config.transport, config.cookie_name(), keys.csrf_tokens());
    let document = web::Data::new(OpenApiDocument::of(
        "Session server",
        logout::SessionApi::openapi(),
    )?);
    let authentication = Arc::new(SessionAuthentication::new(
        Arc::clone(&stores.sessions),
        Tickets::of(&config, &stores),
        config.transport,
        config.dangerously_adopt_session_id,
    ));
    let bank = web::Data::new(Bank {
        stores,
        authentication,
        throttle,
    });
    let addresses = hosting.addresses();
    let Hosting {
        listeners,
        workers,
        tap,
        extension,
    } = hosting;

    let mut server = HttpServer::new(move || {
        let app = App::new()
            .app_data(bank.clone())
            .app_data(csrf.clone())
            .app_data(document.clone())
            .app_data(web::Data::from(Arc::clone(&config)))
            .configure(bank::routes)
            .service(bank::resource("/logout", "POST").route(web::post().to(logout::log_out)))
            .wrap(cookie::session_middleware(
                &config,
                SessionAdapter,
                key.clone(),
            ))
            .wrap(Condition::new(
                cookie::needs_finishing(&config.cookie),
                from_fn(cookie::finish),
            ));
        bank::harden(
            app,
            Arc::clone(&http),
            metrics.clone(),
            tap.clone(),
            &[],
            extension.clone(),
        )
    })
    .workers(workers)
    .disable_signals()
    .shutdown_timeout(2);
    for listener in listeners {
        server = server.listen(listener)?;
    }
    Ok(Application::new(server.run(), addresses))
}

/// A setting that the stores do not follow would be believed and not hold.
fn check_store(config: &SessionConfig, stores: &Stores) -> Result<(), ConfigError> {
    let (asked, given) = (config.store, stores.sessions.store_name());
    if asked == SessionStoreKind::of(given) {
        return Ok(());
    }
    Err(ConfigError {
        problems: vec![format!(
            "store: the settings say {asked:?}, and the server was given a store of the kind {given}"
        )],
    })
}
