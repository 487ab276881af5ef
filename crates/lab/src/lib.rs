//! The lab: two real servers over one store, hostile neighbours beside them, and the pages that show what happens.
//!
//! A [`Lab`] is one value: its origins, its stores, its clock, its record. Many may run in one process.

mod administrator;
mod assets;
mod benchmark;
mod control;
mod demo_users;
mod error;
mod events;
mod experiments;
mod guard;
mod homemade;
mod i18n;
mod naive;
mod neighbours;
mod origins;
mod pages;
mod partner;
mod program;
mod rendezvous;
mod replay;
mod replicas;
mod reserved;
mod servers;
mod settings;
mod stage;
mod state;
mod stranger;
mod vulnerable;

use std::path::PathBuf;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::web;
use bank::ConfigError;
use jwt_server::{JwtConfig, Revocation};
use session_server::SessionConfig;
use token_core::clock::{Clock, ShiftableClock, UnixSeconds};
use token_core::key_folder::KeyFolder;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use user_store::sqlite::Database;
use user_store::{PasswordHash, StoreError, Stores};
use wiretap::{Record, Wiretap};

pub use demo_users::{ADMINISTRATOR, DEMO_USERS};
pub use error::LabError;
pub use experiments::Broken;
pub use origins::{MOST_REPLICAS, Names, Origins, PORTS};
pub use replicas::{FromReplica, ReplicaError, ToReplica};

use benchmark::Benchmark;
use experiments::Shelf;
use homemade::Homemade;
use naive::Naive;
use partner::Partner;
use replicas::Replicas;
use servers::{Made, Server, Servers};
use settings::Settings;
use stage::Stage;

/// What a lab is made from.
#[derive(Clone, Debug)]
pub struct LabConfig {
    /// The first of its ports; 0 takes free ones.
    pub port_base: u16,
    /// Where the database lives; created when missing.
    pub data: PathBuf,
    /// Where the keys live; `<data>/keys` when `None`.
    pub keys: Option<PathBuf>,
    /// How its origins are named.
    pub names: Names,
    /// A folder of experiments beside the built-in ones.
    pub experiments: Option<PathBuf>,
    /// The `svt` whose servers its benchmark measures and its replicas are; without it the page says that nothing can be measured.
    pub program: Option<PathBuf>,
    /// How many replicas of each server there are, at most [`MOST_REPLICAS`]: processes of `program`, on further ports.
    pub replicas: u8,
    /// The session server's settings; the lab fills in `http`.
    pub session: SessionConfig,
    /// The JWT server's settings; the lab fills in `http` and `issuer`.
    pub jwt: JwtConfig,
}

impl LabConfig {
    /// The defaults, on a data folder.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self {
            port_base: 8001,
            data: data.into(),
            keys: None,
            names: Names::Subdomains,
            experiments: None,
            program: None,
            replicas: 0,
            session: SessionConfig {
                // What is shown of a request is what it takes to ask the store, the second time too.
                remembered_rows: 0,
                ..SessionConfig::default()
            },
            // Stateless, as the notes have it: what it takes to end a token early is there to be tried.
            jwt: JwtConfig {
                revocation: Revocation::None,
                // What is shown of a request is what checking its token takes, the second time too.
                verified_tokens: 0,
                remembered_rows: 0,
                ..JwtConfig::default()
            },
        }
    }

    /// Lays settings over those of the two servers, each as `key=value` with the name of its server in front:
    /// `jwt.revocation=denylist`. Dangerous ones are accepted: the lab exists to show them.
    ///
    /// # Errors
    /// Every setting that is not one, with what is accepted.
    pub fn with_settings(self, sets: &[String]) -> Result<Self, ConfigError> {
        let pairs = sets
            .iter()
            .map(|set| set.split_once('=').unwrap_or((set, "")));
        let settings: Settings = pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        settings::check_names(&settings)?;
        Ok(Self {
            session: settings::lay_over(&self.session, settings::SESSION, &settings)?,
            jwt: settings::lay_over(&self.jwt, settings::JWT, &settings)?,
            ..self
        })
    }
}

/// What the handlers of the lab's own pages work on.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) origins: Origins,
    pub(crate) clock: Arc<ShiftableClock>,
    pub(crate) record: Arc<Record>,
    pub(crate) database: Database,
    pub(crate) servers: Servers,
    pub(crate) experiments: Shelf,
    pub(crate) benchmark: Benchmark,
    /// `None` in a lab that was started without.
    pub(crate) replicas: Option<Arc<Replicas>>,
    pub(crate) demo_passwords: Vec<PasswordHash>,
    pub(crate) replay: reqwest::Client,
    /// A client with a name of its own, for what programs do.
    pub(crate) program: reqwest::Client,
    /// Turns true when the lab stops: streams end first.
    pub(crate) stopping: watch::Sender<bool>,
}

/// A running lab.
#[derive(Debug)]
pub struct Lab {
    inner: Arc<Inner>,
    pages: Vec<(ServerHandle, JoinHandle<std::io::Result<()>>)>,
}

impl Lab {
    /// Starts everything; every origin answers when it returns.
    ///
    /// # Errors
    /// [`LabError`], each a line that says what to do.
    pub async fn start(config: LabConfig) -> Result<Self, LabError> {
        wiretap::install();
        std::fs::create_dir_all(&config.data).map_err(|source| LabError::Data {
            path: config.data.clone(),
            source,
        })?;
        let experiments = Shelf::open(config.experiments)?;
        let (origins, listeners) = origins::bind(
            config.port_base,
            config.names,
            config.replicas.min(MOST_REPLICAS),
        )?;
        let clock = Arc::new(ShiftableClock::new());
        let database = Database::open(config.data.join("lab.db"))?;
        let keys =
            KeyFolder::open_or_create(&config.keys.unwrap_or_else(|| config.data.join("keys")))?;
        let record = Arc::new(Record::default());
        let stores = Stores::sqlite(
            database.clone(),
            Arc::clone(&clock) as Arc<dyn Clock>,
            config.session.timeouts(),
        );
        let demo_passwords = demo_users::create(&stores, None).await?;
        end_logins_of_the_future(&stores, clock.now()).await?;
        let homemade = Arc::new(Homemade::new(Arc::clone(&clock) as Arc<dyn Clock>)?);
        let naive = Arc::new(Naive::new(
            origins.clone(),
            Arc::clone(&clock) as Arc<dyn Clock>,
            keys.key_ring(config.jwt.algorithm)?,
            &config.data,
        )?);
        let replicas = Replicas::start(replicas::Made {
            program: config.program.clone(),
            data: config.data.clone(),
            places: listeners.replicas,
            origins: origins.clone(),
            session: config.session.clone(),
            jwt: config.jwt.clone(),
            clock: Arc::clone(&clock),
            record: Arc::clone(&record),
            demo_passwords: demo_passwords.clone(),
        })
        .await?;
        let servers = Servers::start(Made {
            homemade: Arc::clone(&homemade),
            naive: Arc::clone(&naive),
            origins: origins.clone(),
            session_sockets: listeners.session,
            jwt_sockets: listeners.jwt,
            session: config.session,
            jwt: config.jwt,
            stores,
            keys,
            record: Arc::clone(&record),
        })?;
        let replay = reqwest::Client::builder()
            .user_agent(wiretap::REPLAY_USER_AGENT)
            .no_proxy()
            .build()?;
        let program = reqwest::Client::builder()
            .user_agent("svt-program (no browser)")
            .no_proxy()
            .build()?;
        let (stopping, _) = watch::channel(false);
        let inner = Arc::new(Inner {
            benchmark: Benchmark::new(config.program, Arc::clone(&clock) as Arc<dyn Clock>),
            replicas: replicas.map(Arc::new),
            origins,
            clock,
            record,
            database,
            servers,
            experiments,
            demo_passwords,
            replay,
            program,
            stopping,
        });
        let mut pages = vec![pages::serve(&inner, listeners.app)?];
        let partner = web::Data::new(Partner::new(
            inner.origins.clone(),
            Arc::clone(&inner.clock) as Arc<dyn Clock>,
            inner.replay.clone(),
        ));
        for (role, neighbour) in [
            ("blog", listeners.blog),
            ("evil", listeners.evil),
            ("partner", listeners.partner),
            ("twin", listeners.twin),
        ] {
            let tap = Wiretap::new(
                Arc::clone(&inner.record),
                Arc::clone(&inner.clock) as Arc<dyn Clock>,
                role,
            );
            let stage = Stage::new(&inner.origins, role, &homemade, &naive, &inner.record);
            let partner = partner.clone();
            let own = move |config: &mut web::ServiceConfig| {
                if role == "partner" {
                    config.app_data(partner.clone());
                    partner::routes(config);
                }
            };
            pages.push(neighbours::serve(neighbour, stage, tap, own)?);
        }
        Ok(Self { inner, pages })
    }

    /// Where everything is.
    #[must_use]
    pub fn origins(&self) -> &Origins {
        &self.inner.origins
    }

    /// What crossed the wire so far.
    #[must_use]
    pub fn record(&self) -> &Arc<Record> {
        &self.inner.record
    }

    /// The clock that everything in the lab reads.
    #[must_use]
    pub fn clock(&self) -> &Arc<ShiftableClock> {
        &self.inner.clock
    }

    /// Stops: streams end, answers in progress finish, a benchmark ends with its servers, the database closes.
    pub async fn stop(self) {
        self.inner.stopping.send_replace(true);
        self.inner.benchmark.stop();
        for (handle, task) in self.pages {
            handle.stop(true).await;
            // The server ended as asked; an error on the way out has nobody left to tell.
            let _ = task.await;
        }
        self.inner.benchmark.end().await;
        if let Some(replicas) = &self.inner.replicas {
            replicas.stop().await;
        }
        self.inner.servers.stop().await;
        self.inner.database.close().await;
    }
}

/// Ends every login, if one was made while the clock was ahead: a lab starts at the time that it is, and what was issued next
/// month must not be live today.
async fn end_logins_of_the_future(stores: &Stores, now: UnixSeconds) -> Result<(), StoreError> {
    let session = stores.sessions.list_all(1).await?;
    let family = stores.families.list_all(1).await?;
    let newest = session.iter().map(|session| session.created_at);
    let newest = newest
        .chain(family.iter().map(|record| record.family.created_at))
        .max();
    if newest.is_some_and(|newest| newest > now) {
        stores.sessions.clear().await?;
        stores.families.clear().await?;
    }
    Ok(())
}

impl Inner {
    /// Ends every login and brings the clock back: a cookie issued next month must not be a live one today, nor count what failed
    /// there.
    pub(crate) async fn back_to_now(&self) -> Result<(), LabError> {
        let stores = self.servers.stores();
        stores.sessions.clear().await?;
        stores.families.clear().await?;
        stores.login_failures.clear().await?;
        self.clock.reset();
        if let Some(replicas) = &self.replicas {
            replicas.end_logins().await?;
        }
        self.record.changed("clock");
        Ok(())
    }

    /// A clean lab: no logins, no transfers, no record, the settings that it was started with, and now.
    pub(crate) async fn reset(&self) -> Result<(), LabError> {
        self.database.delete_all_rows().await?;
        demo_users::create(&self.servers.stores(), Some(&self.demo_passwords)).await?;
        self.clock.reset();
        self.servers.apply(Settings::new()).await?;
        for server in [Server::Session, Server::Jwt] {
            self.servers.set_away(server, false).await?;
        }
        if let Some(replicas) = &self.replicas {
            replicas.reset().await?;
        }
        self.record.clear();
        self.record.changed("reset");
        Ok(())
    }
}
