//! Rows that are remembered are those that a read would find, whoever changes them, and are not read again while nobody does.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers, which the lint does not know for tests"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use rusqlite::Connection;
use token_core::clock::{ManualClock, UnixSeconds};
use token_core::refresh::{FamilyId, RevocationReason};
use tracing::Span;
use user_store::sqlite::Database;
use user_store::{
    Engine, NewSession, NewUser, PasswordHasher, PasswordHasherConfig, Role, SessionId, Stores,
    Timeouts, UserId,
};

/// Fewer than the rows of the longest test, so that some are always forgotten for want of room.
const ROOM: usize = 64;

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(UnixSeconds(1_000_000)))
}

/// One process's stores on a file.
fn open(path: &Path, clock: &Arc<ManualClock>, rows: usize) -> Stores {
    let database = Database::open(path).unwrap().remembering(rows);
    Stores::sqlite(database, clock.clone(), Timeouts::default())
}

fn file_of(stores: &Stores) -> &Database {
    match &stores.engine {
        Engine::Sqlite(database) => database,
        Engine::Postgres(_) => panic!("these stores are in a file"),
    }
}

fn session_of(user: i64) -> NewSession {
    NewSession {
        user_id: UserId(user),
        username: format!("user-{user}"),
        role: Role::Customer,
        device: "a test".to_owned(),
    }
}

async fn sign_up(stores: &Stores, username: &str) -> UserId {
    let password = PasswordHasher::new(PasswordHasherConfig::dangerously_cheap());
    let password = password.hash("long enough to be one".into()).await.unwrap();
    let new = NewUser {
        username: username.to_owned(),
        password,
        role: Role::Customer,
        opening_balance_minor: 0,
    };
    stores.users.create(new).await.unwrap().id
}

/// How many reads of the database a load of each takes.
async fn reads(stores: &Stores, ids: &[SessionId]) -> u64 {
    let before = stores.engine.counts();
    for id in ids {
        assert!(stores.sessions.load(id).await.unwrap().is_some());
    }
    let after = stores.engine.counts();
    let (reads, recalled) = (after.reads - before.reads, after.recalled - before.recalled);
    assert_eq!(reads + recalled, ids.len() as u64);
    reads
}

#[tokio::test]
async fn a_row_is_read_again_when_it_was_changed_and_no_other_row_is() {
    let folder = tempfile::tempdir().unwrap();
    let (path, clock) = (folder.path().join("svt.db"), clock());
    let here = open(&path, &clock, ROOM);
    let mut ids = Vec::new();
    for user in 0..10 {
        ids.push(here.sessions.create(session_of(user)).await.unwrap());
    }
    assert_eq!(reads(&here, &ids).await, 10);
    assert_eq!(reads(&here, &ids).await, 0);

    here.sessions.create(session_of(10)).await.unwrap();
    let alice = sign_up(&here, "alice").await;
    here.notes
        .add(alice, "a commit to other tables")
        .await
        .unwrap();
    assert_eq!(reads(&here, &ids).await, 0, "nothing of them was changed");

    here.sessions
        .set_role_of(UserId(3), Role::Admin)
        .await
        .unwrap();
    assert_eq!(reads(&here, &ids).await, 1);
    let renewed = here.sessions.renew(&ids[4]).await.unwrap().unwrap();
    assert!(here.sessions.load(&ids[4]).await.unwrap().is_none());
    ids[4] = renewed;
    assert_eq!(reads(&here, &ids).await, 1);
    assert_eq!(reads(&here, &ids).await, 0);

    let elsewhere = open(&path, &clock, ROOM);
    elsewhere.sessions.create(session_of(11)).await.unwrap();
    assert_eq!(
        reads(&here, &ids).await,
        10,
        "nobody says what another process changed"
    );
    assert_eq!(reads(&here, &ids).await, 0);
}

#[tokio::test]
async fn that_nothing_was_taken_back_is_remembered_until_it_is_by_whatever_ends_the_login() {
    let folder = tempfile::tempdir().unwrap();
    let (path, clock) = (folder.path().join("svt.db"), clock());
    let (here, elsewhere) = (open(&path, &clock, ROOM), open(&path, &clock, ROOM));
    let alice = sign_up(&here, "alice").await;
    for ending in [&here, &elsewhere] {
        let family = here.families.create(alice, "a test").await.unwrap().id;
        let other = here.families.create(alice, "a test").await.unwrap().id;
        let is_denied = async |family: FamilyId| here.denied.is_denied(family, 0).await.unwrap();
        assert!(!is_denied(family).await && !is_denied(other).await);
        let before = here.engine.counts().reads;
        assert!(!is_denied(family).await && !is_denied(other).await);
        assert_eq!(here.engine.counts().reads, before);
        // No statement of ours names the denylist here: a trigger of the schema writes it.
        let reason = RevocationReason::LoggedOut;
        assert!(ending.families.revoke(family, reason).await.unwrap());
        assert!(is_denied(family).await && !is_denied(other).await);
    }
}

#[tokio::test]
async fn no_more_is_remembered_than_there_is_room_for() {
    let folder = tempfile::tempdir().unwrap();
    let here = open(&folder.path().join("svt.db"), &clock(), ROOM);
    let mut ids = Vec::new();
    for user in 0..(3 * ROOM as i64) {
        ids.push(here.sessions.create(session_of(user)).await.unwrap());
    }
    reads(&here, &ids).await;
    let last = reads(&here, &ids[2 * ROOM..]).await;
    assert!(last < ROOM as u64, "the latest are known: {last} were read");
    assert!(reads(&here, &ids).await >= 2 * ROOM as u64);
    let bystander = open(file_of(&here).path(), &clock(), 0);
    assert_eq!(reads(&bystander, &ids[..9]).await, 9);
    assert_eq!(
        reads(&bystander, &ids[..9]).await,
        9,
        "nothing is remembered where nothing is asked for"
    );
}

#[tokio::test]
async fn a_write_that_is_undone_has_changed_nothing_and_one_that_changes_everything_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let here = open(&folder.path().join("svt.db"), &clock(), ROOM);
    let mut ids = Vec::new();
    for user in 0..20 {
        ids.push(here.sessions.create(session_of(user)).await.unwrap());
    }
    reads(&here, &ids).await;
    let step = Span::none();
    let undone = file_of(&here).write(&step, |connection: &Connection| {
        connection.execute("DELETE FROM sessions", [])?;
        Err::<(), _>(rusqlite::Error::QueryReturnedNoRows)
    });
    assert!(undone.await.is_err());
    reads(&here, &ids).await;
    file_of(&here).delete_all_rows().await.unwrap();
    for id in &ids {
        assert!(here.sessions.load(id).await.unwrap().is_none());
    }
}

/// What was acknowledged before a read began is in its answer, while four threads read and both processes write.
#[test]
fn no_read_answers_what_was_so_before_a_change_that_was_acknowledged() {
    const CHANGES: usize = 150;
    let folder = tempfile::tempdir().unwrap();
    let (path, clock) = (folder.path().join("svt.db"), clock());
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let both = [open(&path, &clock, ROOM), open(&path, &clock, ROOM)];
    let alice = runtime.block_on(sign_up(&both[0], "alice"));
    let ids: Vec<SessionId> = (0..CHANGES as i64)
        .map(|user| {
            runtime
                .block_on(both[0].sessions.create(session_of(user)))
                .unwrap()
        })
        .collect();
    let ended: Vec<AtomicBool> = ids.iter().map(|_| AtomicBool::new(false)).collect();
    let (epoch, is_over) = (AtomicI64::new(0), AtomicBool::new(false));
    let mut recalled = 0;
    std::thread::scope(|scope| {
        for seed in 0..4 {
            let (both, ids, ended, epoch, is_over, runtime) =
                (&both, &ids, &ended, &epoch, &is_over, &runtime);
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(seed);
                while !is_over.load(Ordering::Acquire) {
                    let stores = &both[random.usize(..2)];
                    let chosen = random.usize(..ids.len());
                    let was_ended = ended[chosen].load(Ordering::Acquire);
                    let session = runtime
                        .block_on(stores.sessions.load(&ids[chosen]))
                        .unwrap();
                    assert!(
                        !(was_ended && session.is_some()),
                        "session {chosen} lives after its end"
                    );
                    let least = epoch.load(Ordering::Acquire);
                    let before = least - 1;
                    let is_outdated = runtime.block_on(stores.denied.is_outdated(alice, before));
                    assert!(is_outdated.unwrap(), "epoch {before} counts, after {least}");
                }
            });
        }
        for (change, id) in ids.iter().enumerate() {
            let stores = &both[change % 2];
            assert!(runtime.block_on(stores.sessions.delete(id)).unwrap());
            ended[change].store(true, Ordering::Release);
            let stores = &both[(change / 2) % 2];
            assert!(
                runtime
                    .block_on(stores.users.advance_token_epoch(alice))
                    .unwrap()
            );
            epoch.fetch_add(1, Ordering::Release);
        }
        is_over.store(true, Ordering::Release);
    });
    for stores in &both {
        recalled += stores.engine.counts().recalled;
    }
    assert!(
        recalled > 0,
        "nothing was remembered, so nothing was tested"
    );
}
