//! Sessions in a real Redis: held to the trait, and to what it says of itself when Redis is killed, hangs, or comes back.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers, which the lint does not know for tests"
)]

use std::sync::Arc;
use std::time::Duration;

use engines::Redis;
use redis::FromRedisValue;
use token_core::clock::{Clock, ManualClock, SystemClock, UnixSeconds};
use user_store::conformance;
use user_store::sessions::RedisSessions;
use user_store::{NewSession, Role, SessionId, Sessions, StoreError, Timeouts, UserId};

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

/// Every operation of a request fails for want of an engine, each within a second.
async fn nothing_works(sessions: &RedisSessions, id: &SessionId) {
    let clock = SystemClock::new();
    macro_rules! fails {
        ($($operation:expr,)*) => {
            $(
                let begun = clock.monotonic();
                let failed = $operation.await.map(drop);
                let took = clock.monotonic() - begun;
                assert!(
                    matches!(failed, Err(StoreError::Unavailable(_))),
                    "{}: {failed:?}", stringify!($operation)
                );
                assert!(took < Duration::from_secs(1), "{took:?}");
            )*
        };
    }
    fails! {
        sessions.load(id),
        sessions.create(new(1)),
        sessions.renew(id),
        sessions.delete(id),
        sessions.delete_one_of(UserId(1), &id.public_id()),
        sessions.delete_all_of(UserId(1), None),
        sessions.list_of(UserId(1)),
        sessions.set_role_of(UserId(1), Role::Admin),
        sessions.sweep(),
        sessions.clear(),
    }
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
async fn a_killed_redis_is_an_error_within_a_second_and_has_every_session_when_it_is_back() {
    let mut house = House::new();
    let id = house.of(1).await;
    house.redis.kill();
    nothing_works(&house.sessions, &id).await;
    house.redis.restart().unwrap();
    let session = house.sessions.load(&id).await.unwrap().unwrap();
    assert_eq!(session.user_id, UserId(1));
    // Its scripts went with it.
    assert!(house.sessions.delete(&id).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_restart_that_nobody_noticed_fails_no_request() {
    let mut house = House::new();
    let id = house.of(1).await;
    house.redis.restart().unwrap();
    assert!(house.sessions.load(&id).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hanging_redis_is_an_error_within_a_second_and_goes_on_where_it_was() {
    let house = House::new();
    let id = house.of(1).await;
    house.redis.pause();
    let clock = SystemClock::new();
    let begun = clock.monotonic();
    let asked = (0..20).map(|_| {
        let (sessions, id) = (house.sessions.clone(), id.clone());
        tokio::spawn(async move { sessions.load(&id).await })
    });
    for asked in asked.collect::<Vec<_>>() {
        let failed = asked.await.unwrap();
        assert!(matches!(failed, Err(StoreError::Unavailable(_))));
    }
    assert!(clock.monotonic() - begun < Duration::from_secs(1));
    // Now without a connection, which is accepted and then not answered.
    let failed = house.sessions.load(&id).await;
    assert!(matches!(failed, Err(StoreError::Unavailable(_))));
    house.redis.resume();
    assert!(house.sessions.load(&id).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hanging_redis_fails_every_operation_within_a_second() {
    let house = House::new();
    let id = house.of(1).await;
    house.redis.pause();
    nothing_works(&house.sessions, &id).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_is_opened_while_its_redis_is_down_and_works_once_it_is_there() {
    let mut redis = Redis::start().unwrap();
    redis.kill();
    let clock = Arc::new(ManualClock::at(START));
    let sessions = opened(&redis.url(), &clock);
    nothing_works(&sessions, &SessionId::generate()).await;
    redis.restart().unwrap();
    let id = sessions.create(new(1)).await.unwrap();
    assert!(sessions.load(&id).await.unwrap().is_some());
}

#[test]
fn the_connection_outlives_the_runtime_of_whoever_asked_first() {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let redis = Redis::start().unwrap();
    let clock = Arc::new(ManualClock::at(START));
    let server = tokio::runtime::Runtime::new().unwrap();
    let sessions = server.block_on(async { opened(&redis.url(), &clock) });
    let connections = || {
        let clients: String = ask(&redis, "CLIENT LIST TYPE normal");
        // Without the one that asks.
        clients.lines().count() - 1
    };
    // As a worker of actix-web: a runtime of its own, which ends before the server does.
    let worker = runtime();
    let id = worker.block_on(sessions.create(new(1))).unwrap();
    drop(worker);
    assert_eq!(connections(), 1);
    let other = runtime();
    assert!(other.block_on(sessions.load(&id)).unwrap().is_some());
    assert_eq!(connections(), 1, "the same one");
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
async fn everything_expires_by_itself_and_no_session_before_its_end() {
    let house = House::new();
    let first = house.of(1).await;
    assert_eq!(house.left(&row(&first)), 1_800 + 60);
    assert_eq!(house.left("svt:user:1"), 43_200);
    let renewed = house.sessions.renew(&first).await.unwrap().unwrap();
    let trail = format!("svt:renewed:{}", first.public_id());
    assert_eq!(house.left(&trail), 43_200);
    // Whatever there is, it has an end.
    let keys: Vec<String> = house.ask("KEYS *");
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| house.left(key) > 0));
    // A use that is recorded begins the time anew, one that is not does not.
    let () = house.ask(&format!("EXPIRE {} 100", row(&renewed)));
    house.advance(59);
    assert!(house.sessions.load(&renewed).await.unwrap().is_some());
    assert_eq!(house.left(&row(&renewed)), 100);
    house.advance(1);
    assert!(house.sessions.load(&renewed).await.unwrap().is_some());
    assert_eq!(house.left(&row(&renewed)), 1_860);
    // Near the absolute end, what is left until then.
    for _ in 0..42 {
        house.advance(1_000);
        assert!(house.sessions.load(&renewed).await.unwrap().is_some());
    }
    assert_eq!(house.left(&row(&renewed)), 43_200 - 60 - 42_000);
    let last = house.sessions.renew(&renewed).await.unwrap().unwrap();
    assert_eq!(house.left(&row(&last)), 1_140);
    let trail = format!("svt:renewed:{}", renewed.public_id());
    assert_eq!(house.left(&trail), 1_140);
    // The index of a user lives for as long as the last session in it may.
    house.of(1).await;
    assert_eq!(house.left("svt:user:1"), 43_200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_index_of_a_user_does_not_grow_for_ever() {
    let house = House::new();
    for _ in 0..50 {
        let id = house.of(1).await;
        let renewed = house.sessions.renew(&id).await.unwrap().unwrap();
        house.sessions.delete(&renewed).await.unwrap();
    }
    assert_eq!(house.ask::<u64>("EXISTS svt:user:1"), 0);
    for _ in 0..50 {
        let id = house.of(1).await;
        // As Redis does once a session has been idle for too long.
        let () = house.ask(&format!("DEL {}", row(&id)));
    }
    assert_eq!(house.ask::<u64>("ZCARD svt:user:1"), 50);
    assert!(house.sessions.list_of(UserId(1)).await.unwrap().is_empty());
    let ended = house.sessions.delete_all_of(UserId(1), None).await;
    assert_eq!(ended.unwrap(), 0);
    let id = house.of(1).await;
    let () = house.ask(&format!("DEL {}", row(&id)));
    house.advance(43_200);
    house.of(1).await;
    assert_eq!(house.ask::<u64>("ZCARD svt:user:1"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_load_is_one_command_and_once_a_minute_a_script_more() {
    let house = House::new();
    let id = house.of(1).await;
    let calls = || {
        let said: String = house.ask("INFO commandstats");
        let calls = |name: &str| {
            let line = said.lines().find_map(|line| {
                line.strip_prefix(&format!("cmdstat_{name}:calls="))?
                    .split(',')
                    .next()
            });
            line.map_or(0, |calls| calls.parse::<u64>().unwrap())
        };
        (calls("hmget"), calls("evalsha"))
    };
    // The script is known from here on.
    house.advance(60);
    house.sessions.load(&id).await.unwrap();
    let () = house.ask("CONFIG RESETSTAT");
    for _ in 0..59 {
        house.advance(1);
        house.sessions.load(&id).await.unwrap();
    }
    assert_eq!(calls(), (59, 0));
    house.advance(1);
    house.sessions.load(&id).await.unwrap();
    // One of the reads is the script's own.
    assert_eq!(calls(), (61, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_id_is_stored() {
    let house = House::new();
    let id = house.of(1).await;
    let renewed = house.sessions.renew(&id).await.unwrap().unwrap();
    let keys: Vec<String> = house.ask("KEYS *");
    assert_eq!(keys.len(), 3);
    let mut stored = format!("{keys:?}");
    for key in &keys {
        let kind: String = house.ask(&format!("TYPE {key}"));
        let read = match kind.as_str() {
            "hash" => format!("HGETALL {key}"),
            "zset" => format!("ZRANGE {key} 0 -1"),
            _ => format!("GET {key}"),
        };
        stored += &format!("{:?}", house.ask::<redis::Value>(&read));
    }
    assert!(stored.contains(&renewed.hash().hex()));
    assert!(!stored.contains(id.expose()) && !stored.contains(renewed.expose()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_password_opens_redis_and_is_never_shown() {
    let house = House::new();
    let id = house.of(1).await;
    let () = house.ask("CONFIG SET requirepass white-rabbit");
    let with = |password: &str| {
        let url = format!("redis://:{password}@127.0.0.1:{}", house.redis.port());
        opened(&url, &house.clock)
    };
    let right = with("white-rabbit");
    assert!(right.load(&id).await.unwrap().is_some());
    assert!(!format!("{right:#?}").contains("rabbit"));
    for wrong in [with("march-hare"), opened(&house.redis.url(), &house.clock)] {
        let failed = wrong.load(&id).await.unwrap_err();
        assert!(matches!(failed, StoreError::Failed(_)), "{failed:?}");
        assert!(!format!("{failed:#?} {failed}").contains("hare"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_somebody_else_put_under_our_keys_is_an_error_and_no_session() {
    let house = House::new();
    let id = house.of(1).await;
    let () = house.ask(&format!("HSET {} role emperor", row(&id)));
    let failed = house.sessions.load(&id).await;
    assert!(matches!(failed, Err(StoreError::Failed(_))), "{failed:?}");
    let () = house.ask(&format!("SET {} text", row(&SessionId::generate())));
    let id = SessionId::generate();
    let () = house.ask(&format!("SET {} text", row(&id)));
    let failed = house.sessions.load(&id).await;
    assert!(matches!(failed, Err(StoreError::Failed(_))), "{failed:?}");
    // The others are not concerned.
    let other = house.of(2).await;
    assert!(house.sessions.load(&other).await.unwrap().is_some());
}
