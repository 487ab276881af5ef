//! Engines that die under load and come back.

use std::collections::BTreeMap;

use crate::client::{Client, Login};
use crate::fleet::{Fleet, Replica};
use crate::load::{Load, Told, ask_who};

/// Six logins, each of which asks all replicas in turn who it is.
async fn load(replicas: &[Replica], username: &str) -> Load<Told> {
    let client = Client::default();
    let mut logins: Vec<Login> = Vec::new();
    for _ in 0..6 {
        logins.push(client.log_in(&replicas[0].address, username).await);
    }
    let all: Vec<_> = replicas
        .iter()
        .map(|replica| replica.address.clone())
        .collect();
    Load::begin(logins, |number, login, stop, seen| {
        ask_who(all.clone(), number, login.bearer, stop, seen)
    })
}

/// How often which status was seen; nothing was wrong with any answer.
async fn told(load: Load<Told>) -> BTreeMap<u16, usize> {
    let mut statuses = BTreeMap::new();
    for told in load.end().await {
        assert!(told.wrong.is_empty(), "{:#?}", told.wrong);
        for (status, count) in told.statuses {
            *statuses.entry(status).or_default() += count;
        }
    }
    statuses
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgres_is_gone_sessions_are_503_within_a_second_and_stateless_tokens_go_on() {
    let mut fleet = Fleet::start();
    let sessions = fleet.replicas(2, "session", &[]);
    let tokens = fleet.replicas(2, "jwt", &["revocation=none"]);
    fleet.sign_up(&sessions[0], "alice").await;
    let of_sessions = load(&sessions, "alice").await;
    let of_tokens = load(&tokens, "alice").await;
    of_sessions.seen.more_good(50).await;
    tokio::task::block_in_place(|| fleet.postgres.kill());
    of_sessions.seen.more_refused(50).await;
    of_tokens.seen.more_good(50).await;
    tokio::task::block_in_place(|| fleet.postgres.restart()).unwrap();
    of_sessions.seen.more_good(200).await;
    let (of_sessions, of_tokens) = (told(of_sessions).await, told(of_tokens).await);
    println!("sessions {of_sessions:?}, tokens {of_tokens:?}");
    assert_eq!(of_sessions.keys().collect::<Vec<_>>(), [&200, &503]);
    assert_eq!(of_tokens.keys().collect::<Vec<_>>(), [&200]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_postgres_is_silent_nobody_waits_longer_than_a_second_for_it() {
    let fleet = Fleet::start();
    let sessions = fleet.replicas(2, "session", &[]);
    fleet.sign_up(&sessions[0], "alice").await;
    let load = load(&sessions, "alice").await;
    load.seen.more_good(50).await;
    tokio::task::block_in_place(|| fleet.postgres.pause());
    load.seen.more_refused(12).await;
    tokio::task::block_in_place(|| fleet.postgres.resume());
    load.seen.more_good(200).await;
    let statuses = told(load).await;
    assert_eq!(statuses.keys().collect::<Vec<_>>(), [&200, &503]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_redis_is_gone_sessions_are_503_within_a_second_and_are_there_again_afterwards() {
    let mut fleet = Fleet::with_redis();
    let sessions = fleet.replicas(2, "session", &[]);
    fleet.sign_up(&sessions[0], "alice").await;
    let load = load(&sessions, "alice").await;
    load.seen.more_good(50).await;
    let mut redis = fleet.redis.take().unwrap();
    tokio::task::block_in_place(|| redis.kill());
    load.seen.more_refused(50).await;
    tokio::task::block_in_place(|| redis.restart()).unwrap();
    load.seen.more_good(200).await;
    let statuses = told(load).await;
    println!("{statuses:?}");
    assert_eq!(statuses.keys().collect::<Vec<_>>(), [&200, &503]);
}
