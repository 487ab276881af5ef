//! The two servers of a lab, and how one is restarted in place.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use bank::{Application, Hosting, HttpConfig};
use jwt_server::{JwtConfig, Preset};
use session_server::SessionConfig;
use token_core::clock::Clock;
use token_core::key_folder::KeyFolder;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use user_store::Stores;
use wiretap::{Record, Wiretap};

use crate::LabError;
use crate::origins::{Origins, Sockets, host_of};

/// How many threads answer on each server of a lab: a lesson is not a benchmark.
const WORKERS: usize = 2;

type Running = (ServerHandle, JoinHandle<io::Result<()>>);

/// The two servers, their settings, and the sockets that outlive restarts.
#[derive(Debug)]
pub(crate) struct Servers {
    stores: Stores,
    keys: KeyFolder,
    record: Arc<Record>,
    jwt_sockets: Sockets,
    session_config: SessionConfig,
    session: Mutex<Option<Running>>,
    jwt: Mutex<(JwtConfig, Preset, Option<Running>)>,
}

impl Servers {
    #[expect(
        clippy::too_many_arguments,
        reason = "called once, with every part of a lab by name"
    )]
    pub(crate) async fn start(
        origins: &Origins,
        session_sockets: Sockets,
        jwt_sockets: Sockets,
        session: SessionConfig,
        jwt: JwtConfig,
        stores: Stores,
        keys: KeyFolder,
        record: Arc<Record>,
    ) -> Result<Self, LabError> {
        let http = |own: &str, base: HttpConfig| HttpConfig {
            allowed_origins: vec![origins.app.clone()],
            allowed_hosts: vec![host_of(own).to_owned()],
            opening_balance_minor: crate::OPENING_BALANCE_MINOR,
            ..base
        };
        let session = SessionConfig {
            http: http(&origins.session, session.http.clone()),
            ..session
        };
        let jwt = JwtConfig {
            http: http(&origins.jwt, jwt.http.clone()),
            issuer: origins.jwt.clone(),
            ..jwt
        };
        let servers = Self {
            stores,
            keys,
            record,
            jwt_sockets,
            session_config: session.clone(),
            session: Mutex::new(None),
            jwt: Mutex::new((jwt.clone(), Preset::default(), None)),
        };
        let tap = servers.tap("session");
        let application = session_server::build(
            session,
            servers.stores.clone(),
            &servers.keys,
            Hosting {
                tap: Some(tap),
                ..Hosting::new(session_sockets, WORKERS)
            },
        )?;
        *servers.session.lock().await = Some(run(application));
        let running = servers.start_jwt(jwt)?;
        servers.jwt.lock().await.2 = Some(running);
        Ok(servers)
    }

    pub(crate) fn stores(&self) -> &Stores {
        &self.stores
    }

    pub(crate) fn session_config(&self) -> &SessionConfig {
        &self.session_config
    }

    pub(crate) async fn jwt_config(&self) -> (JwtConfig, Preset) {
        let jwt = self.jwt.lock().await;
        (jwt.0.clone(), jwt.1)
    }

    /// Restarts the JWT server with the lifetimes of a preset. The new one accepts on a clone of the kept socket before the
    /// old one stops, so no connection is refused.
    pub(crate) async fn apply_preset(&self, preset: Preset) -> Result<(), LabError> {
        let mut jwt = self.jwt.lock().await;
        let config = jwt.0.clone().with_preset(preset);
        let new = self.start_jwt(config.clone())?;
        let old = jwt.2.replace(new);
        (jwt.0, jwt.1) = (config, preset);
        stop(old).await;
        Ok(())
    }

    pub(crate) async fn stop(&self) {
        stop(self.session.lock().await.take()).await;
        stop(self.jwt.lock().await.2.take()).await;
    }

    fn start_jwt(&self, config: JwtConfig) -> Result<Running, LabError> {
        let sockets = self
            .jwt_sockets
            .iter()
            .map(TcpListener::try_clone)
            .collect::<io::Result<Sockets>>()?;
        let tap = self.tap("jwt");
        let application = jwt_server::build(
            config,
            self.stores.clone(),
            &self.keys,
            Hosting {
                tap: Some(tap),
                ..Hosting::new(sockets, WORKERS)
            },
        )?;
        Ok(run(application))
    }

    fn tap(&self, server: &'static str) -> Wiretap {
        Wiretap::new(
            Arc::clone(&self.record),
            Arc::clone(&self.stores.clock) as Arc<dyn Clock>,
            server,
        )
    }
}

fn run(application: Application) -> Running {
    let handle = application.handle();
    (handle, tokio::spawn(application.run_until_stopped()))
}

async fn stop(running: Option<Running>) {
    if let Some((handle, task)) = running {
        handle.stop(true).await;
        // It ended as asked; an error on the way out has nobody left to tell.
        let _ = task.await;
    }
}
