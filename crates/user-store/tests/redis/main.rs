//! Sessions in a real Redis: held to the trait, and to what it says of itself when Redis is killed, hangs, or comes back.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers, which the lint does not know for tests"
)]

mod kept;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use engines::Redis;
use redis::FromRedisValue;
use token_core::clock::{Clock, ManualClock, UnixSeconds};
use user_store::conformance;
use user_store::sessions::RedisSessions;
use user_store::{NewSession, Role, SessionId, Sessions, Timeouts, UserId};

const START: UnixSeconds = UnixSeconds(1_795_428_000);

/// A Redis, its store and the clock that this lives by.
struct House {
    redis: Redis,
    clock: Arc<ManualClock>,
    sessions: Arc<RedisSessions>,
}

impl House {
    fn new() -> Self {
        let redis = Redis::start().unwrap();
        let clock = Arc::new(ManualClock::at(START));
        let sessions = opened(&redis.url(), &clock);
        Self {
            redis,
            clock,
            sessions,
        }
    }

    /// Another handle of the same Redis, as another process has it.
    fn another(&self) -> Arc<RedisSessions> {
        opened(&self.redis.url(), &self.clock)
    }

    /// What Redis answers to a command in words.
    fn ask<T: FromRedisValue>(&self, command: &str) -> T {
        ask(&self.redis, command)
    }

    async fn of(&self, user: i64) -> SessionId {
        self.sessions.create(new(user)).await.unwrap()
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// For how many seconds Redis still keeps a key, rounded up.
    fn left(&self, key: &str) -> i64 {
        let milliseconds: i64 = self.ask(&format!("PTTL {key}"));
        (milliseconds + 999) / 1000
    }
}

fn opened(url: &str, clock: &Arc<ManualClock>) -> Arc<RedisSessions> {
    let clock: Arc<dyn Clock> = clock.clone();
    Arc::new(RedisSessions::open(url, clock, Timeouts::default()).unwrap())
}

fn ask<T: FromRedisValue>(redis: &Redis, command: &str) -> T {
    let client = redis::Client::open(redis.url()).unwrap();
    let mut words = command.split(' ');
    let mut command = redis::cmd(words.next().unwrap());
    for word in words {
        command.arg(word);
    }
    command
        .query(&mut client.get_connection().unwrap())
        .unwrap()
}

fn new(user: i64) -> NewSession {
    NewSession {
        user_id: UserId(user),
        username: format!("user {user}"),
        role: Role::Customer,
        device: "a test".to_owned(),
    }
}

fn row(id: &SessionId) -> String {
    format!("svt:session:{}", id.hash().hex())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sessions_in_redis_conform() {
    let redis = Redis::start().unwrap();
    conformance::sessions(&|clock, timeouts| {
        let () = ask(&redis, "FLUSHALL");
        let sessions = RedisSessions::open(&redis.url(), clock, timeouts).unwrap();
        assert_eq!(sessions.store_name(), "redis");
        Arc::new(sessions)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_handles_see_each_others_changes_at_once() {
    let house = House::new();
    let other = house.another();
    for round in 0..200 {
        let id = house.of(1).await;
        let found = other.load(&id).await.unwrap();
        assert!(found.is_some(), "round {round}");
        other.set_role_of(UserId(1), Role::Admin).await.unwrap();
        let found = house.sessions.load(&id).await.unwrap().unwrap();
        assert_eq!(found.role, Role::Admin);
        let renewed = other.renew(&id).await.unwrap().unwrap();
        assert!(house.sessions.load(&id).await.unwrap().is_none());
        assert!(house.sessions.load(&renewed).await.unwrap().is_some());
        assert!(other.delete(&id).await.unwrap(), "under its old id");
        assert!(house.sessions.load(&renewed).await.unwrap().is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_use_never_brings_back_what_another_process_has_ended() {
    let house = House::new();
    let other = house.another();
    for round in 0..300 {
        let id = house.of(1).await;
        // Each use wants to be recorded now, in a command after the one that read the row.
        house.advance(90);
        let uses: Vec<_> = (0..4)
            .map(|_| {
                let (sessions, id) = (house.sessions.clone(), id.clone());
                tokio::spawn(async move { sessions.load(&id).await.unwrap() })
            })
            .collect();
        assert!(other.delete(&id).await.unwrap());
        assert!(other.load(&id).await.unwrap().is_none());
        for used in uses {
            used.await.unwrap();
        }
        let keys: Vec<String> = house.ask("KEYS *");
        assert!(keys.is_empty(), "round {round}: {keys:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_session_outlives_a_clear_by_being_renewed_meanwhile() {
    let house = House::new();
    // More than one part of a scan.
    let ids = house.sessions.create_all((0..4_000).map(new).collect());
    let ids = ids.await.unwrap();
    let renewing: Vec<_> = ids
        .chunks(250)
        .map(|ids| {
            let (sessions, ids) = (house.sessions.clone(), ids.to_vec());
            tokio::spawn(async move {
                for mut id in ids {
                    while let Some(renewed) = sessions.renew(&id).await.unwrap() {
                        id = renewed;
                    }
                }
            })
        })
        .collect();
    house.sessions.clear().await.unwrap();
    let left = house.sessions.list_all(u32::MAX).await.unwrap();
    assert_eq!(left, []);
    for renewing in renewing {
        renewing.await.unwrap();
    }
}
