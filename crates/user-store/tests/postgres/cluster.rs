//! A PostgreSQL of the test's own, with as many databases as it needs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use engines::Postgres as Engine;
use token_core::clock::{Clock, ManualClock, UnixSeconds};
use tokio::runtime::Handle;
use tokio_postgres::{Client, NoTls};
use user_store::postgres::Postgres;
use user_store::{
    NewUser, PasswordHash, PasswordHasher, PasswordHasherConfig, Role, Stores, Timeouts, User,
};

/// When a test begins: 2026-11-23T10:00:00Z.
pub(crate) const START: UnixSeconds = UnixSeconds(1_795_428_000);

pub(crate) struct Cluster {
    pub(crate) engine: Engine,
    made: AtomicU32,
}

impl Cluster {
    pub(crate) fn start() -> Self {
        Self {
            engine: Engine::start().unwrap(),
            made: AtomicU32::new(0),
        }
    }

    /// The URL of an empty database.
    pub(crate) async fn database(&self) -> String {
        let name = format!("bank_{}", self.made.fetch_add(1, Ordering::Relaxed));
        let client = connect(&self.engine.url()).await;
        let sql = format!("CREATE DATABASE {name}");
        client.batch_execute(&sql).await.unwrap();
        self.engine.url_of(&name)
    }

    /// The URL of an empty schema, which is made sooner than a database, whose connections begin with these settings.
    pub(crate) async fn schema(&self, settings: &[(&str, &str)]) -> String {
        let name = format!("bank_{}", self.made.fetch_add(1, Ordering::Relaxed));
        let client = connect(&self.engine.url()).await;
        let sql = format!("CREATE SCHEMA {name}");
        client.batch_execute(&sql).await.unwrap();
        let settings = settings
            .iter()
            .copied()
            .chain([("search_path", name.as_str())]);
        let options: String = settings
            .map(|(key, value)| format!("%20-c%20{key}%3D{}", value.replace(' ', "%5C%20")))
            .collect();
        format!("{}?options={options}", self.engine.url())
    }

    /// Stores on an empty schema, for a suite that opens them where nothing can be awaited.
    pub(crate) fn fresh(&self, clock: Arc<dyn Clock>, settings: &[(&str, &str)]) -> Stores {
        tokio::task::block_in_place(|| {
            Handle::current().block_on(async {
                let url = self.schema(settings).await;
                stores(&url, clock).await
            })
        })
    }
}

/// One of any number of handles on a database.
pub(crate) async fn stores(url: &str, clock: Arc<dyn Clock>) -> Stores {
    stores_with(url, clock, Timeouts::default()).await
}

pub(crate) async fn stores_with(url: &str, clock: Arc<dyn Clock>, timeouts: Timeouts) -> Stores {
    let database = Postgres::open(url, clock.clone()).await.unwrap();
    Stores {
        passwords: PasswordHasher::new(PasswordHasherConfig::dangerously_cheap()),
        ..Stores::postgres(database, clock, timeouts)
    }
}

pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(START))
}

/// A connection beside those of the stores.
pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A customer with this much money.
pub(crate) async fn customer(stores: &Stores, username: &str, balance_minor: i64) -> User {
    let new = NewUser {
        username: username.to_owned(),
        password: PasswordHash::from_phc(format!("$of${username}")),
        role: Role::Customer,
        opening_balance_minor: balance_minor,
    };
    stores.users.create(new).await.unwrap()
}
