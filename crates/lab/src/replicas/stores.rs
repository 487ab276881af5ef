//! What the replicas share: a file, and the engines that are started when a page first asks for them.

use std::path::Path;
use std::sync::Arc;

use engines::EngineError;
use token_core::clock::Clock;
use user_store::sessions::RedisSessions;
use user_store::sqlite::Database;
use user_store::{PasswordHash, Sessions, Stores, Timeouts};

use super::mode::Store;
use crate::{LabError, demo_users};

/// The shared stores of a lab's replicas.
#[derive(Debug)]
pub(super) struct Shared {
    timeouts: Timeouts,
    demo_passwords: Vec<PasswordHash>,
    file: Database,
    pub(super) sqlite: Stores,
    redis: Option<(Engine, Arc<dyn Sessions>)>,
    postgres: Option<(Engine, Stores)>,
    /// The engine that was killed, and is to be started again.
    cut: Option<Store>,
}

/// An engine of this lab's own. Dropping it ends it.
#[derive(Debug)]
enum Engine {
    Redis(engines::Redis),
    Postgres(engines::Postgres),
}

impl Engine {
    fn url(&self) -> String {
        match self {
            Self::Redis(engine) => engine.url(),
            Self::Postgres(engine) => engine.url(),
        }
    }

    fn kill(&mut self) {
        match self {
            Self::Redis(engine) => engine.kill(),
            Self::Postgres(engine) => engine.kill(),
        }
    }

    fn restart(&mut self) -> Result<(), EngineError> {
        match self {
            Self::Redis(engine) => engine.restart(),
            Self::Postgres(engine) => engine.restart(),
        }
    }
}

/// Why a store cannot be chosen here, in a line that says what to do; `None` where it can.
pub(super) fn missing(store: Store) -> Option<String> {
    let found = match store {
        Store::Memory | Store::Sqlite => Ok(()),
        Store::Redis => engines::Redis::look_for(),
        Store::Postgres => engines::Postgres::look_for(),
    };
    found.err().map(|error| error.to_string())
}

impl Shared {
    /// Opens the file, and has the demo users in it.
    pub(super) async fn open(
        folder: &Path,
        clock: Arc<dyn Clock>,
        timeouts: Timeouts,
        demo_passwords: Vec<PasswordHash>,
    ) -> Result<Self, LabError> {
        let file = Database::open(folder.join("bank.db"))?;
        let sqlite = Stores::sqlite(file.clone(), clock, timeouts);
        demo_users::create(&sqlite, Some(&demo_passwords)).await?;
        Ok(Self {
            timeouts,
            demo_passwords,
            file,
            sqlite,
            redis: None,
            postgres: None,
            cut: None,
        })
    }

    /// Where the engine of a store is; `None` for one that has none, or none yet.
    pub(super) fn url_of(&self, store: Store) -> Option<String> {
        match store {
            Store::Memory | Store::Sqlite => None,
            Store::Redis => self.redis.as_ref().map(|(engine, _)| engine.url()),
            Store::Postgres => self.postgres.as_ref().map(|(engine, _)| engine.url()),
        }
    }

    /// Starts the engine of a store, unless it runs.
    pub(super) async fn need(&mut self, store: Store) -> Result<(), LabError> {
        let clock = Arc::clone(&self.sqlite.clock);
        match store {
            Store::Redis if self.redis.is_none() => {
                let engine = blocking(engines::Redis::start).await?;
                let sessions = RedisSessions::open(&engine.url(), clock, self.timeouts)
                    .map_err(|error| LabError::Shared(error.into()))?;
                self.redis = Some((Engine::Redis(engine), Arc::new(sessions)));
            }
            Store::Postgres if self.postgres.is_none() => {
                let engine = blocking(engines::Postgres::start).await?;
                let database = user_store::Postgres::open(&engine.url(), Arc::clone(&clock))
                    .await
                    .map_err(|error| LabError::Shared(error.into()))?;
                let stores = Stores::postgres(database, clock, self.timeouts);
                demo_users::create(&stores, Some(&self.demo_passwords)).await?;
                self.postgres = Some((Engine::Postgres(engine), stores));
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the engine of the replicas was killed.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// Kills the engine of a store; `false` where there is none to be killed.
    pub(super) async fn cut(&mut self, store: Store) -> Result<bool, LabError> {
        let is_cut = self
            .change(store, |engine| {
                engine.kill();
                Ok(())
            })
            .await?;
        if is_cut {
            self.cut = Some(store);
        }
        Ok(is_cut)
    }

    /// Starts what was killed, on what it had kept.
    pub(super) async fn mend(&mut self) -> Result<(), LabError> {
        if let Some(store) = self.cut {
            self.change(store, Engine::restart).await?;
            self.cut = None;
        }
        Ok(())
    }

    /// Does something to the engine of a store that takes a while.
    async fn change(
        &mut self,
        store: Store,
        change: impl FnOnce(&mut Engine) -> Result<(), EngineError> + Send + 'static,
    ) -> Result<bool, LabError> {
        match store {
            Store::Memory | Store::Sqlite => Ok(false),
            Store::Redis => changed(&mut self.redis, change).await,
            Store::Postgres => changed(&mut self.postgres, change).await,
        }
    }

    /// Ends every login in all of them.
    pub(super) async fn end_logins(&mut self) -> Result<(), LabError> {
        self.mend().await?;
        let postgres = self.postgres.iter().map(|(_, stores)| stores);
        for stores in std::iter::once(&self.sqlite).chain(postgres) {
            stores.sessions.clear().await?;
            stores.families.clear().await?;
            stores.login_failures.clear().await?;
        }
        if let Some((_, sessions)) = &self.redis {
            sessions.clear().await?;
        }
        Ok(())
    }

    /// Forgets everything: the engines end, and the file has the demo users alone.
    pub(super) async fn reset(&mut self) -> Result<(), LabError> {
        self.stop().await;
        self.file.delete_all_rows().await?;
        demo_users::create(&self.sqlite, Some(&self.demo_passwords)).await?;
        Ok(())
    }

    /// Ends the engines.
    pub(super) async fn stop(&mut self) {
        self.cut = None;
        if let Some((_, stores)) = &self.postgres {
            stores.engine.close().await;
        }
        let engines = (self.redis.take(), self.postgres.take());
        let ended = tokio::task::spawn_blocking(move || drop(engines)).await;
        if let Err(error) = ended {
            tracing::warn!(%error, "an engine did not end in order");
        }
    }

    /// Ends the engines and closes the file.
    pub(super) async fn close(&mut self) {
        self.stop().await;
        self.file.close().await;
    }
}

/// Engines are started and killed by calls that wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, LabError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(std::io::Error::other)??)
}

async fn changed<S>(
    place: &mut Option<(Engine, S)>,
    change: impl FnOnce(&mut Engine) -> Result<(), EngineError> + Send + 'static,
) -> Result<bool, LabError> {
    let Some((mut engine, stores)) = place.take() else {
        return Ok(false);
    };
    let (engine, ended) = tokio::task::spawn_blocking(move || {
        let ended = change(&mut engine);
        (engine, ended)
    })
    .await
    .map_err(std::io::Error::other)?;
    *place = Some((engine, stores));
    ended?;
    Ok(true)
}
