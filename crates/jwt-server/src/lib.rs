//! The bank behind JWT access tokens: the server signs a statement, and whoever carries it is believed until it expires.
//!
//! What is remembered all the same is the refresh side: one row for each login, a *family* of refresh tokens, so that the
//! short life of an access token can be renewed without the password, and a login can be ended.

mod authentication;
mod config;
mod dangerously_reusable;
mod dpop;
mod keys;
mod metadata;
mod oauth;
mod revocation;
mod seed;

use std::sync::Arc;

use actix_web::{App, HttpServer, web};
use bank::{Application, Bank, CsrfCookie, Hosting, LoginThrottle, Metrics, OpenApiDocument};
use token_core::key_folder::{KeyFolder, KeyFolderError};
use user_store::Stores;
use utoipa::OpenApi;

pub use config::{Dpop, JwtConfig, Preset};
pub use revocation::Revocation;
pub use seed::dangerously_seed;

use authentication::JwtAuthentication;

/// The endpoints of OAuth, which take forms and read no cookie.
const FORMS: &[&str] = &["/token", "/revoke", "/introspect"];

/// Why a server could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The settings contradict themselves.
    #[error(transparent)]
    Config(#[from] bank::ConfigError),
    /// The keys could not be read or made.
    #[error(transparent)]
    Keys(#[from] KeyFolderError),
    /// The verifier refuses the settings.
    #[error(transparent)]
    Verifier(#[from] token_core::jwt::ConfigError),
    /// A socket could not be used.
    #[error("the listening socket could not be used")]
    Listen(#[from] std::io::Error),
    /// The interface could not be described.
    #[error("the OpenAPI document could not be written")]
    OpenApi(#[from] serde_json::Error),
}

/// Builds the server on sockets that are already bound.
///
/// # Errors
/// [`BuildError`] when the settings or the keys are not acceptable.
pub fn build(
    config: JwtConfig,
    stores: Stores,
    keys: &KeyFolder,
    hosting: Hosting,
) -> Result<Application, BuildError> {
    config.validate()?;
    let http = Arc::new(config.http.clone());
    let throttle = LoginThrottle::new(&stores, &config.login, keys.name_key());
    let metrics = web::Data::new(Metrics::new(&stores, "jwt"));
    let csrf = CsrfCookie::data(config.transport, config.cookie_name(), keys.csrf_tokens());
    let document = web::Data::new(OpenApiDocument::of("JWT server", oauth::JwtApi::openapi())?);
    let described = web::Data::new(metadata::document(&config));
    let authentication = Arc::new(JwtAuthentication::open(config, &stores, keys)?);
    let own = web::Data::from(Arc::clone(&authentication));
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
            .app_data(own.clone())
            .app_data(document.clone())
            .app_data(described.clone())
            .configure(bank::routes)
            .configure(oauth::routes)
            .configure(metadata::routes);
        bank::harden(
            app,
            Arc::clone(&http),
            metrics.clone(),
            tap.clone(),
            FORMS,
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
