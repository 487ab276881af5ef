//! Recording the use of a session costs a write a minute, not a write a request.

use std::sync::Arc;
use std::time::Duration;

use token_core::clock::{Clock, ManualClock, UnixSeconds};
use user_store::sessions::SqliteSessions;
use user_store::sqlite::Database;
use user_store::{NewSession, Role, Sessions, Timeouts, UserId};

fn new_session() -> NewSession {
    NewSession {
        user_id: UserId(1),
        username: "alice".to_owned(),
        role: Role::Customer,
        device: "a test".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_burst_of_loads_makes_at_most_one_write_a_minute() {
    let database = Database::open_temporary().unwrap();
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_000_000)));
    let sessions = Arc::new(SqliteSessions::new(
        database.clone(),
        clock.clone(),
        Timeouts::default(),
    ));
    let id = sessions.create(new_session()).await.unwrap();
    let settled = async || {
        // Behind whatever the loads have queued.
        sessions
            .set_role_of(UserId(2), Role::Customer)
            .await
            .unwrap();
        database.counts().writes
    };
    let before = settled().await;
    let burst = async || {
        let loads = (0..8).map(|_| {
            let (sessions, id) = (sessions.clone(), id.clone());
            tokio::spawn(async move {
                for _ in 0..200 {
                    assert!(sessions.load(&id).await.unwrap().is_some());
                }
            })
        });
        for load in loads.collect::<Vec<_>>() {
            load.await.unwrap();
        }
    };
    clock.advance(Duration::from_secs(59));
    burst().await;
    assert_eq!(
        settled().await,
        before + 1,
        "within the first minute nothing is written"
    );
    for minute in 1..=3 {
        clock.advance(Duration::from_secs(60));
        burst().await;
        let recorded = sessions.list_all(1).await.unwrap()[0].seen_at;
        settled().await;
        let durable = sessions.list_all(1).await.unwrap()[0].seen_at;
        assert!(recorded <= durable);
        assert_eq!(durable, clock.now(), "minute {minute}");
    }
    let writes = database.counts().writes - before;
    // The settling writes themselves are four, and three uses were to be recorded.
    assert_eq!(writes, 4 + 3);
}

#[tokio::test]
async fn a_recorded_use_is_there_for_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("svt.db");
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_000_000)));
    let open = || {
        let database = Database::open(&path).unwrap();
        (
            SqliteSessions::new(database.clone(), clock.clone(), Timeouts::default()),
            database,
        )
    };
    let ((here, database), (there, _)) = (open(), open());
    let id = here.create(new_session()).await.unwrap();
    clock.advance(Duration::from_secs(1799));
    assert!(here.load(&id).await.unwrap().is_some());
    database.close().await;
    clock.advance(Duration::from_secs(1799));
    assert!(there.load(&id).await.unwrap().is_some());
}

#[tokio::test]
async fn uses_of_many_sessions_are_recorded_together_and_soon_where_nobody_else_writes() {
    let database = Database::open_temporary().unwrap();
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_000_000)));
    let sessions = SqliteSessions::new(database.clone(), clock.clone(), Timeouts::default());
    let ids = sessions
        .create_all(vec![new_session(); 1500])
        .await
        .unwrap();
    clock.advance(Duration::from_secs(61));
    let before = database.counts().writes;
    for id in &ids {
        let session = sessions.load(id).await.unwrap().unwrap();
        assert_eq!(session.seen_at, clock.now());
    }
    assert_eq!(
        database.counts().writes,
        before,
        "each waits for the others"
    );
    let is_recorded = async || {
        let rows = sessions.list_all(2000).await.unwrap();
        rows.iter().all(|row| row.seen_at == clock.now())
    };
    while !is_recorded().await {
        tokio::task::yield_now().await;
    }
    // A job is short, so that nobody waits long behind it; what one leaves over the next takes at once.
    assert_eq!(database.counts().writes, before + 2);
}

#[tokio::test]
async fn what_waits_to_be_recorded_is_when_the_database_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("svt.db");
    let clock = Arc::new(ManualClock::at(UnixSeconds(1_000_000)));
    let open = |database| SqliteSessions::new(database, clock.clone(), Timeouts::default());
    let database = Database::open(&path).unwrap();
    let sessions = open(database.clone());
    let ids = sessions
        .create_all(vec![new_session(); 2500])
        .await
        .unwrap();
    clock.advance(Duration::from_secs(61));
    for id in &ids {
        assert!(sessions.load(id).await.unwrap().is_some());
    }
    database.close().await;
    let again = open(Database::open(&path).unwrap());
    let rows = again.list_all(3000).await.unwrap();
    assert_eq!(rows.len(), 2500);
    assert!(rows.iter().all(|row| row.seen_at == clock.now()));
}
