//! Every replica is ended and begun again, one after the other, while clients go on.

use std::sync::Arc;

use crate::client::{Client, Login};
use crate::fleet::{Fleet, Replica};
use crate::load::{Life, Load, live};

/// How the restarts end a replica.
const ENDS: [fn(&mut Replica); 2] = [Replica::terminate, Replica::kill];

fn addresses(replicas: &[Replica]) -> Vec<String> {
    replicas
        .iter()
        .map(|replica| replica.address.clone())
        .collect()
}

/// Restarts all of them under the load of these logins, once in order and once by force.
async fn restart_under_load(replicas: &mut [Replica], logins: Vec<Login>) -> Vec<Life> {
    let all = addresses(replicas);
    let load = Load::begin(logins, |number, login, stop, seen| {
        live(all.clone(), number, login, stop, seen)
    });
    load.seen.more_good(50).await;
    for end in ENDS {
        for replica in &mut *replicas {
            tokio::task::block_in_place(|| end(replica));
            load.seen.more_good(50).await;
            tokio::task::block_in_place(|| replica.restart());
            load.seen.more_good(50).await;
        }
    }
    load.end().await
}

async fn logins(fleet: &Fleet, at: &Replica, count: usize) -> Vec<Login> {
    let client = Client::default();
    let mut logins = Vec::new();
    for number in 0..count {
        let name = format!("customer{number}");
        fleet.sign_up(at, &name).await;
        logins.push(client.log_in(&at.address, &name).await);
    }
    logins
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_session_ends_when_all_replicas_are_restarted_under_load() {
    for fleet in [Fleet::start(), Fleet::with_redis()] {
        let mut replicas = fleet.replicas(3, "session", &[]);
        let logins = logins(&fleet, &replicas[0], 8).await;
        let lives = restart_under_load(&mut replicas, logins).await;
        let client = Client::default();
        for life in &lives {
            let bearer = life.bearer.as_ref().unwrap();
            assert_eq!(client.who_am_i(&replicas[0].address, bearer).await, 200);
        }
        let asked: usize = lives.iter().map(|life| life.asked).sum();
        let again: usize = lives.iter().map(|life| life.asked_again).sum();
        println!("{asked} requests, {again} of them again at another replica");
        assert!(
            again > 0,
            "nobody noticed the restarts, so nothing was tested"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_login_ends_and_no_refresh_token_has_two_successors_when_all_replicas_are_restarted_under_load()
 {
    let fleet = Fleet::start();
    let mut replicas = fleet.replicas(3, "jwt", &[]);
    let logins = logins(&fleet, &replicas[0], 8).await;
    let lives = restart_under_load(&mut replicas, logins).await;
    let client = Arc::new(Client::default());
    let (mut rotations, mut again) = (0, 0);
    for life in &lives {
        again += life.asked_again;
        for (token, successors) in &life.successors {
            rotations += successors.len();
            assert!(
                successors.iter().all(|next| *next == successors[0]),
                "{token}"
            );
        }
        let last = life.last.as_ref().unwrap();
        let at = &replicas[0].address;
        assert_eq!(client.refresh(at, last).await.unwrap().status, 200);
        for spent in life.successors.keys().filter(|token| *token != last) {
            assert_eq!(client.refresh(at, spent).await.unwrap().status, 400);
        }
    }
    println!("{rotations} rotations, {again} requests again at another replica");
    assert!(
        again > 0,
        "nobody noticed the restarts, so nothing was tested"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_is_refused_anywhere_while_the_key_is_replaced() {
    let fleet = Fleet::start();
    let replicas = fleet.replicas(3, "jwt", &["revocation=none", "access_lifetime=10m"]);
    let logins = logins(&fleet, &replicas[0], 8).await;
    let all = addresses(&replicas);
    let load = Load::begin(logins, |number, login, stop, seen| {
        live(all.clone(), number, login, stop, seen)
    });
    load.seen.more_good(50).await;
    for _ in 0..5 {
        fleet.rotate_keys();
        load.seen.more_good(200).await;
    }
    let lives = load.end().await;
    assert!(lives.iter().all(|life| life.asked_again == 0));
}
