//! A Redis that is killed, hangs, comes back, is not there yet, or wants a password.

use std::sync::Arc;
use std::time::Duration;

use engines::Redis;
use token_core::clock::{Clock, ManualClock, SystemClock};
use user_store::sessions::RedisSessions;
use user_store::{Role, SessionId, Sessions, StoreError, UserId};

use super::{House, START, ask, new, opened};

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
fn each_worker_has_a_connection_of_its_own_which_ends_with_it_and_with_nobody_else() {
    let redis = Redis::start().unwrap();
    let clock = Arc::new(ManualClock::at(START));
    let server = tokio::runtime::Runtime::new().unwrap();
    let sessions = Arc::new(server.block_on(async { opened(&redis.url(), &clock) }));
    let connections = || {
        let clients: String = ask(&redis, "CLIENT LIST TYPE normal");
        // Without the one that asks.
        clients.lines().count() - 1
    };
    // As workers of actix-web are: threads with a runtime of their own, which end before the server does.
    let on_a_worker = |work: Box<dyn FnOnce(&tokio::runtime::Runtime) + Send>| {
        let worker = std::thread::spawn(move || {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            work(&builder.enable_all().build().unwrap());
        });
        worker.join().unwrap();
    };
    let (ours, made) = (Arc::clone(&sessions), Arc::new(std::sync::Mutex::new(None)));
    let make = Arc::clone(&made);
    on_a_worker(Box::new(move |runtime| {
        *make.lock().unwrap() = Some(runtime.block_on(ours.create(new(1))).unwrap());
    }));
    let id = made.lock().unwrap().take().unwrap();
    while connections() > 0 {
        std::thread::yield_now();
    }
    assert!(server.block_on(sessions.load(&id)).unwrap().is_some());
    assert_eq!(connections(), 1, "the shared one");
    let (ours, theirs) = (Arc::clone(&sessions), id.clone());
    on_a_worker(Box::new(move |runtime| {
        for _ in 0..3 {
            assert!(runtime.block_on(ours.load(&theirs)).unwrap().is_some());
        }
    }));
    while connections() > 1 {
        std::thread::yield_now();
    }
    assert!(server.block_on(sessions.load(&id)).unwrap().is_some());
    assert_eq!(connections(), 1, "the same one");
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
