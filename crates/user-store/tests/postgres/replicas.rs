//! Several handles on one database, as several processes have them.

use std::collections::BTreeSet;
use std::time::Duration;

use token_core::refresh::{FamilyId, Presented, RefreshPolicy, RevocationReason};
use tokio::task::JoinSet;
use tokio::time::timeout;
use user_store::{NewTransfer, Role, Stores};

use crate::cluster::{Cluster, clock, connect, customer, stores};
use crate::locks::until_waiting;

/// Within this a verifier has heard of what another has taken back, on a machine that does much else.
const SOON: Duration = Duration::from_secs(4);

/// Waits until a verifier refuses a token.
async fn until_denied(stores: &Stores, family: FamilyId) {
    let refused = async {
        while !stores.denied.is_denied(family, 0).await.unwrap() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, refused).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_one_replica_takes_back_the_others_hear_of() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let (here, there) = (stores(&url, clock()).await, stores(&url, clock()).await);
    let alice = customer(&here, "alice", 0).await;
    for _ in 0..5 {
        let family = here.families.create(alice.id, "a test").await.unwrap().id;
        assert!(!there.denied.is_denied(family, 0).await.unwrap());
        let reason = RevocationReason::LoggedOut;
        assert!(here.families.revoke(family, reason).await.unwrap());
        assert!(here.denied.is_denied(family, 0).await.unwrap());
        until_denied(&there, family).await;
    }
    assert!(!there.denied.is_outdated(alice.id, 0).await.unwrap());
    assert!(here.users.advance_token_epoch(alice.id).await.unwrap());
    let outdated = async {
        while !there.denied.is_outdated(alice.id, 0).await.unwrap() {
            tokio::task::yield_now().await;
        }
    };
    timeout(SOON, outdated).await.unwrap();
}

/// Who has logged out at one replica and asks again at another gets an acknowledgement there, too, and it has to be true.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_replica_finds_taken_back_already_it_refuses_from_then_on() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let (here, there) = (stores(&url, clock()).await, stores(&url, clock()).await);
    let alice = customer(&here, "alice", 0).await;
    let reason = RevocationReason::LoggedOut;
    for _ in 0..20 {
        let family = here.families.create(alice.id, "a test").await.unwrap().id;
        assert!(!there.denied.is_denied(family, 0).await.unwrap());
        assert!(here.families.revoke(family, reason).await.unwrap());
        assert!(!there.families.revoke(family, reason).await.unwrap());
        assert!(there.denied.is_denied(family, 0).await.unwrap());
    }
}

/// Which number a statement has read may be behind what another has written since: a denial is never taken back by a later one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_taken_back_stays_so_whatever_is_taken_back_after_it() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let stores = stores(&url, clock()).await;
    let alice = customer(&stores, "alice", 0).await.id;
    for way in 0..3 {
        let family = stores.families.create(alice, "a test").await.unwrap();
        let (id, ahead) = (family.id, family.generation + 1);
        assert!(stores.denied.deny(id, ahead).await.unwrap());
        match way {
            0 => assert!(stores.denied.deny_all_in(id).await.unwrap()),
            1 => assert!(stores.denied.deny_all_of(alice).await.unwrap() > 0),
            _ => {
                let reason = RevocationReason::LoggedOut;
                assert!(stores.families.revoke(id, reason).await.unwrap());
            }
        }
        assert!(stores.denied.is_denied(id, ahead).await.unwrap(), "{way}");
    }
}

/// A token is signed for the user that comes with the rotation. What it says has to be what it was when the family was at the token's
/// number, or later: tokens of earlier numbers are taken back by whoever changes a role.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotation_that_a_change_of_role_overtakes_knows_the_new_role() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let stores = stores(&url, clock()).await;
    let alice = customer(&stores, "alice", 0).await.id;
    stores.users.set_role(alice, Role::Admin).await.unwrap();
    let family = stores.families.create(alice, "a test").await.unwrap();
    let (id, first) = (family.id, family.generation);
    let (mut holder, watcher) = (connect(&url).await, connect(&url).await);
    let held = holder.transaction().await.unwrap();
    held.query("SELECT 1 FROM refresh_families FOR UPDATE", &[])
        .await
        .unwrap();
    let families = stores.families.clone();
    let rotating =
        tokio::spawn(async move { families.present(id, first, &RefreshPolicy::default()).await });
    until_waiting(&watcher, 1).await;
    stores.users.set_role(alice, Role::Customer).await.unwrap();
    assert_eq!(stores.denied.deny_all_of(alice).await.unwrap(), 1);
    held.commit().await.unwrap();
    let rotated = rotating.await.unwrap().unwrap().unwrap();
    assert!(matches!(rotated.outcome, Presented::Rotated(_)));
    assert!(!stores.denied.is_denied(id, first + 1).await.unwrap());
    assert_eq!(rotated.user.unwrap().role, Role::Customer);
}

/// The trap of every log that is read from a number on: numbers are given when a transaction begins to write, and are seen when it commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_commits_late_is_not_missed_though_a_later_one_was_seen_before() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let (here, there) = (stores(&url, clock()).await, stores(&url, clock()).await);
    let alice = customer(&here, "alice", 0).await;
    let mut families = Vec::new();
    for _ in 0..2 {
        families.push(here.families.create(alice.id, "a test").await.unwrap().id);
    }
    let [late, early] = families[..] else {
        unreachable!("two were opened")
    };
    assert!(!there.denied.is_denied(late, 0).await.unwrap());

    let mut client = connect(&url).await;
    let slow = client.transaction().await.unwrap();
    slow.execute(
        "INSERT INTO denied_tokens (family, through, at) VALUES ($1, 0, 0)",
        &[&late.0.as_slice()],
    )
    .await
    .unwrap();
    let reason = RevocationReason::LoggedOut;
    assert!(here.families.revoke(early, reason).await.unwrap());
    until_denied(&there, early).await;
    assert!(!there.denied.is_denied(late, 0).await.unwrap());
    slow.commit().await.unwrap();
    until_denied(&there, late).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_one_refresh_token_shown_to_many_replicas_at_once_there_is_one_successor() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let mut replicas = Vec::new();
    for _ in 0..3 {
        replicas.push(stores(&url, clock()).await);
    }
    let alice = customer(&replicas[0], "alice", 0).await;
    let policy = RefreshPolicy::default();
    for _ in 0..20 {
        let family = replicas[0]
            .families
            .create(alice.id, "a test")
            .await
            .unwrap();
        let mut showing = JoinSet::new();
        for index in 0..24 {
            let stores = replicas[index % 3].clone();
            showing.spawn(async move {
                let shown = stores
                    .families
                    .present(family.id, family.generation, &policy);
                shown.await.unwrap().unwrap().outcome
            });
        }
        let outcomes = showing.join_all().await;
        let rotated = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Presented::Rotated(_)));
        assert_eq!(rotated.count(), 1, "{outcomes:?}");
        for outcome in &outcomes {
            let (Presented::Rotated(next) | Presented::Retried(next)) = outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!(next.generation, family.generation + 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transfers_in_opposite_directions_at_many_replicas_lose_no_cent_and_wait_for_no_deadlock() {
    let cluster = Cluster::start();
    let url = cluster.database().await;
    let (here, there) = (stores(&url, clock()).await, stores(&url, clock()).await);
    let alice = customer(&here, "alice", 1_000).await.id;
    let bob = customer(&here, "bob", 1_000).await.id;
    let mut paying = JoinSet::new();
    for index in 0..30 {
        let stores = if index % 2 == 0 {
            here.clone()
        } else {
            there.clone()
        };
        let pair = index / 2;
        let (from, to) = if pair % 3 == 0 {
            (alice, "bob")
        } else {
            (bob, "alice")
        };
        // Every fifth pair is one transfer, asked for at both replicas.
        let key = if pair % 5 == 0 { pair * 2 } else { index };
        paying.spawn(async move {
            let new = NewTransfer {
                from,
                to: to.to_owned(),
                amount_minor: 10,
                idempotency_key: format!("key{key}"),
                note: String::new(),
            };
            stores.ledger.transfer(new).await.unwrap()
        });
    }
    let made = paying.join_all().await;
    let replayed = made.iter().filter(|transfer| transfer.replayed).count();
    let ids: BTreeSet<_> = made.iter().map(|transfer| transfer.id).collect();
    assert_eq!((replayed, ids.len()), (3, 27));
    assert_eq!(here.ledger.total_minor().await.unwrap(), 2_000);
}
