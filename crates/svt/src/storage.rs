//! Where a server keeps what it has to remember: a SQLite file of its own, or engines that all replicas share.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use session_server::{SessionConfig, SessionStoreKind};
use token_core::clock::Clock;
use user_store::sessions::RedisSessions;
use user_store::sqlite::Database;
use user_store::{Engine, Postgres, Stores, Timeouts};

/// The options that say where.
#[derive(Args)]
pub(crate) struct StorageArguments {
    /// Where the database and the keys live
    #[arg(long, value_name = "DIR", default_value = "data")]
    pub(crate) data: PathBuf,
    /// Keep users, families and sessions in PostgreSQL, for any number of replicas: `postgres://USER[:PASSWORD]@HOST[:PORT]/DATABASE`;
    /// [default: a SQLite file in --data]
    #[arg(long, value_name = "URL", env = "SVT_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Keep sessions in Redis or Valkey, beside the users: `redis://[USER:PASSWORD@]HOST[:PORT][/DB]`
    #[arg(long, value_name = "URL", env = "SVT_SESSIONS", hide_env_values = true)]
    sessions: Option<String>,
    /// How many writes may share a commit of SQLite; 1 shows what it is worth that they do; [default: 64]
    #[arg(long, value_name = "N", conflicts_with = "database")]
    commit_group: Option<NonZero<usize>>,
}

impl StorageArguments {
    /// Opens it. An engine that does not answer yet is no error.
    pub(crate) async fn open(&self, clock: Arc<dyn Clock>) -> anyhow::Result<Storage> {
        let engine = match &self.database {
            Some(url) => Engine::Postgres(
                Postgres::open(url, clock.clone())
                    .await
                    .context("--database URL")?,
            ),
            None => Engine::Sqlite(self.file(&self.data)?),
        };
        Ok(Storage {
            engine,
            sessions: self.sessions.clone(),
            clock,
        })
    }

    fn file(&self, folder: &Path) -> anyhow::Result<Database> {
        std::fs::create_dir_all(folder).with_context(|| {
            format!("{}: name another folder with --data DIR", folder.display())
        })?;
        let path = folder.join("bank.db");
        Ok(match self.commit_group {
            Some(most) => Database::open_grouping(path, most)?,
            None => Database::open(path)?,
        })
    }
}

/// What was opened.
#[derive(Clone)]
pub(crate) struct Storage {
    pub(crate) engine: Engine,
    /// The URL of the engine that keeps sessions, if they have one of their own.
    sessions: Option<String>,
    clock: Arc<dyn Clock>,
}

/// What the settings of a server ask of its stores. A server that verifies no tokens follows no revocations, and leaves the last two as they are.
#[derive(Default)]
pub(crate) struct Wanted {
    /// How long sessions last.
    pub(crate) timeouts: Timeouts,
    /// How many rows of SQLite are not read again.
    pub(crate) remembered_rows: usize,
    /// How far behind a verifier may be that follows revocations in PostgreSQL.
    pub(crate) revocation_staleness: Duration,
    /// How long an access token may live.
    pub(crate) last_token: Duration,
}

impl Storage {
    /// Whether other replicas are to be reckoned with.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// The stores of a session server with these settings.
    pub(crate) fn of_sessions(&self, config: &SessionConfig) -> anyhow::Result<Stores> {
        let timeouts = config.timeouts();
        let stores = config.stores(self.stores(&Wanted {
            timeouts,
            remembered_rows: config.remembered_rows,
            ..Wanted::default()
        }));
        let Some(url) = &self.sessions else {
            return Ok(stores);
        };
        if config.store != SessionStoreKind::Database {
            bail!(
                "--sessions names an engine for the sessions, and the setting `store` keeps them elsewhere: leave one of them out"
            );
        }
        let sessions = RedisSessions::open(url, self.clock.clone(), timeouts);
        Ok(Stores {
            sessions: Arc::new(sessions.context("--sessions URL")?),
            ..stores
        })
    }

    /// The stores of a server that keeps no sessions.
    pub(crate) fn without_sessions(&self, wanted: &Wanted) -> anyhow::Result<Stores> {
        if self.sessions.is_some() {
            bail!("--sessions is for the session server: this one keeps none");
        }
        Ok(self.stores(wanted))
    }

    fn stores(&self, wanted: &Wanted) -> Stores {
        let clock = self.clock.clone();
        match self.engine.clone() {
            Engine::Sqlite(database) => Stores::sqlite(
                database.remembering(wanted.remembered_rows),
                clock,
                wanted.timeouts,
            ),
            Engine::Postgres(database) => Stores::postgres(
                database.following(wanted.revocation_staleness, wanted.last_token),
                clock,
                wanted.timeouts,
            ),
        }
    }
}
