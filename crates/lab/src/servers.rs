//! The two servers of a lab, their settings, and how one is restarted in place.

use std::io;
use std::net::TcpListener;
use std::sync::{Arc, PoisonError, RwLock};

use actix_web::dev::ServerHandle;
use bank::{Application, Extension, Hosting, HttpConfig};
use jwt_server::{JwtConfig, Preset};
use session_server::SessionConfig;
use token_core::clock::Clock;
use token_core::key_folder::KeyFolder;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use user_store::Stores;
use wiretap::{Record, Wiretap};

use crate::LabError;
use crate::homemade::Homemade;
use crate::naive::Naive;
use crate::origins::{Origins, Sockets, host_of};
use crate::settings::{JWT, SESSION, Settings, check_names, lay_over, same};
use crate::stage::Stage;

/// How many threads answer on each server of a lab: a lesson is not a benchmark.
const WORKERS: usize = 2;

/// The lifetimes that the notes recommend: a week and a month.
const NOTES: [(&str, &str); 2] = [
    ("jwt.access_lifetime", "7d"),
    ("jwt.refresh_lifetime", "30d"),
];

type Running = (ServerHandle, JoinHandle<io::Result<()>>);

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Server {
    Session,
    Jwt,
}

impl Server {
    /// Its name in the record, and for `svt serve`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Jwt => "jwt",
        }
    }
}

/// What the two servers are made from: all that does not change while a lab runs.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) origins: Origins,
    pub(crate) session_sockets: Sockets,
    pub(crate) jwt_sockets: Sockets,
    pub(crate) session: SessionConfig,
    pub(crate) jwt: JwtConfig,
    pub(crate) stores: Stores,
    pub(crate) keys: KeyFolder,
    pub(crate) record: Arc<Record>,
    pub(crate) homemade: Arc<Homemade>,
    pub(crate) naive: Arc<Naive>,
}

/// The settings in force, and the stores that they lead to.
#[derive(Debug)]
pub(crate) struct Current {
    /// What pages have laid over the settings that the lab was started with.
    pub(crate) settings: Settings,
    /// Counts the changes, so that an experiment notices one in the middle of its run.
    pub(crate) version: u64,
    pub(crate) session: SessionConfig,
    pub(crate) jwt: JwtConfig,
    pub(crate) stores: Stores,
}

/// The two servers, and the sockets that outlive restarts.
#[derive(Debug)]
pub(crate) struct Servers {
    made: Made,
    /// Read by every request of a page, replaced as a whole by [`Servers::apply`].
    current: RwLock<Arc<Current>>,
    /// Held for the length of a restart: one after another.
    running: Mutex<(Option<Running>, Option<Running>)>,
}

impl Servers {
    pub(crate) fn start(made: Made) -> Result<Self, LabError> {
        let session = session_at(&made.origins, &made.origins.session, &made.session);
        let jwt = jwt_at(&made.origins, &made.origins.jwt, &made.jwt);
        let made = Made {
            session: session.clone(),
            jwt: jwt.clone(),
            ..made
        };
        let current = Current {
            settings: Settings::new(),
            version: 0,
            stores: made.stores_of(&session),
            session,
            jwt,
        };
        let running = (
            Some(made.run_session(&current)?),
            Some(made.run_jwt(&current)?),
        );
        Ok(Self {
            made,
            current: RwLock::new(Arc::new(current)),
            running: Mutex::new(running),
        })
    }

    /// The settings in force. A later change does not reach the value that was returned.
    pub(crate) fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The stores that the servers work on now.
    pub(crate) fn stores(&self) -> Stores {
        self.current().stores.clone()
    }

    /// Lays `settings`, and no others, over those that the lab was started with, and restarts the servers that they change.
    ///
    /// The new server accepts on a clone of the kept socket before the old one stops, so no connection is refused.
    pub(crate) async fn apply(&self, settings: Settings) -> Result<(), LabError> {
        check_names(&settings)?;
        let mut running = self.running.lock().await;
        let before = self.current();
        let session = lay_over(&self.made.session, SESSION, &settings)?;
        let jwt = lay_over(&self.made.jwt, JWT, &settings)?;
        session.validate()?;
        jwt.validate()?;
        let session_changes = !same(&session, &before.session);
        let jwt_changes = !same(&jwt, &before.jwt);
        let next = Current {
            version: before.version + 1,
            stores: if session_changes {
                self.made.stores_of(&session)
            } else {
                before.stores.clone()
            },
            settings,
            session,
            jwt,
        };
        let mut old = Vec::new();
        if session_changes {
            let new = self.made.run_session(&next)?;
            old.extend(running.0.replace(new));
        }
        if jwt_changes {
            let new = self.made.run_jwt(&next)?;
            old.extend(running.1.replace(new));
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        for server in old {
            stop(Some(server)).await;
        }
        Ok(())
    }

    /// Restarts one server in place with the settings that it has: what it kept in memory is gone, what is on disk is not.
    pub(crate) async fn restart(&self, server: Server) -> Result<(), LabError> {
        let mut running = self.running.lock().await;
        let before = self.current();
        let next = Current {
            settings: before.settings.clone(),
            version: before.version,
            session: before.session.clone(),
            jwt: before.jwt.clone(),
            stores: match server {
                Server::Session => self.made.stores_of(&before.session),
                Server::Jwt => before.stores.clone(),
            },
        };
        let old = match server {
            Server::Session => {
                let new = self.made.run_session(&next)?;
                running.0.replace(new)
            }
            Server::Jwt => {
                let new = self.made.run_jwt(&next)?;
                running.1.replace(new)
            }
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        stop(old).await;
        Ok(())
    }

    /// Takes a server away, or brings it back. Its sockets stay open, so whoever asks meanwhile gets no answer.
    pub(crate) async fn set_away(&self, server: Server, away: bool) -> Result<(), LabError> {
        let mut running = self.running.lock().await;
        let current = self.current();
        let place = match server {
            Server::Session => &mut running.0,
            Server::Jwt => &mut running.1,
        };
        if away {
            stop(place.take()).await;
        } else if place.is_none() {
            *place = Some(match server {
                Server::Session => self.made.run_session(&current)?,
                Server::Jwt => self.made.run_jwt(&current)?,
            });
        }
        Ok(())
    }

    /// The lifetimes of a preset, among the other settings.
    pub(crate) async fn apply_preset(&self, preset: Preset) -> Result<(), LabError> {
        let mut settings = self.current().settings.clone();
        for (key, value) in NOTES {
            match preset {
                Preset::AsInTheNotes => settings.insert(key.to_owned(), value.to_owned()),
                Preset::BestPractice => settings.remove(key),
            };
        }
        self.apply(settings).await
    }

    pub(crate) async fn stop(&self) {
        let mut running = self.running.lock().await;
        stop(running.0.take()).await;
        stop(running.1.take()).await;
    }
}

/// The settings of a session server of the lab that is reached at `own`.
pub(crate) fn session_at(origins: &Origins, own: &str, base: &SessionConfig) -> SessionConfig {
    SessionConfig {
        http: http_at(origins, own, &base.http),
        ..base.clone()
    }
}

/// The settings of a token server of the lab that is reached at `own`. All of them are one issuer.
pub(crate) fn jwt_at(origins: &Origins, own: &str, base: &JwtConfig) -> JwtConfig {
    JwtConfig {
        http: http_at(origins, own, &base.http),
        issuer: origins.jwt.clone(),
        ..base.clone()
    }
}

fn http_at(origins: &Origins, own: &str, base: &HttpConfig) -> HttpConfig {
    HttpConfig {
        // The lab's pages, and the bank's own.
        allowed_origins: vec![origins.app.clone(), own.to_owned()],
        allowed_hosts: vec![host_of(own).to_owned()],
        opening_balance_minor: crate::demo_users::OPENING_BALANCE_MINOR,
        ..base.clone()
    }
}

impl Current {
    /// The preset whose lifetimes are laid over the others.
    pub(crate) fn preset(&self) -> Preset {
        let as_in_the_notes = NOTES
            .iter()
            .all(|(key, value)| self.settings.get(*key).is_some_and(|set| set == value));
        if as_in_the_notes {
            Preset::AsInTheNotes
        } else {
            Preset::BestPractice
        }
    }
}

impl Made {
    /// The stores of a session server with these settings: its timeouts, and where it keeps its rows.
    fn stores_of(&self, config: &SessionConfig) -> Stores {
        config.stores(self.stores.clone())
    }

    fn run_session(&self, current: &Current) -> Result<Running, LabError> {
        let application = session_server::build(
            current.session.clone(),
            current.stores.clone(),
            &self.keys,
            self.hosting("session", &self.session_sockets)?,
        )?;
        Ok(run(application))
    }

    fn run_jwt(&self, current: &Current) -> Result<Running, LabError> {
        let application = jwt_server::build(
            current.jwt.clone(),
            current.stores.clone(),
            &self.keys,
            self.hosting("jwt", &self.jwt_sockets)?,
        )?;
        Ok(run(application))
    }

    /// On what a server runs: its kept sockets, tapped, with the stage beside the bank.
    fn hosting(&self, role: &'static str, sockets: &Sockets) -> io::Result<Hosting> {
        let clock = Arc::clone(&self.stores.clock) as Arc<dyn Clock>;
        let stage = Stage::new(
            &self.origins,
            role,
            &self.homemade,
            &self.naive,
            &self.record,
        );
        Ok(Hosting {
            tap: Some(Wiretap::new(Arc::clone(&self.record), clock, role)),
            extension: Some(Extension::new(move |config| stage.routes(config))),
            ..Hosting::new(clones(sockets)?, WORKERS)
        })
    }
}

fn clones(sockets: &Sockets) -> io::Result<Sockets> {
    sockets.iter().map(TcpListener::try_clone).collect()
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
