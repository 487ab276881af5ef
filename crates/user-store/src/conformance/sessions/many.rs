//! The cases that open, list or end many sessions at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use token_core::clock::{Clock, ShiftableClock};

use super::super::TIMEOUTS;
use super::{Shelf, new};
use crate::UserId;

pub(super) async fn many_sessions_opened_at_once_are_like_any_others(shelf: Shelf<'_>) {
    // More than are written in one go.
    let ids = shelf.sessions.create_all((0..10_001).map(new).collect());
    let ids = ids.await.unwrap();
    let distinct: BTreeSet<_> = ids.iter().map(|id| id.expose()).collect();
    assert_eq!(distinct.len(), 10_001);
    for (user, id) in [0, 1, 9_999, 10_000].map(|n| (n, &ids[n])) {
        let user = UserId(user as i64);
        let session = shelf.sessions.load(id).await.unwrap().unwrap();
        assert_eq!(session.public_id, id.hash().hex()[..32]);
        assert_eq!(
            (session.user_id, session.username),
            (user, format!("user {user}"))
        );
        assert_eq!(shelf.sessions.list_of(user).await.unwrap().len(), 1);
        let renewed = shelf.sessions.renew(id).await.unwrap().unwrap();
        assert!(!shelf.is_open(id).await);
        assert!(shelf.sessions.delete(&renewed).await.unwrap());
        assert!(!shelf.is_open(&renewed).await);
    }
    shelf.advance(1_800);
    assert!(
        !shelf.is_open(&ids[2]).await,
        "idle for as long as any other"
    );
}

pub(super) async fn lists_show_what_is_live_and_the_whole_store_to_the_lab(shelf: Shelf<'_>) {
    let old = shelf.of(1).await;
    shelf.advance(1700);
    let newer = shelf.of(1).await;
    shelf.of(2).await;
    shelf.advance(100);
    let live = shelf.sessions.list_of(UserId(1)).await.unwrap();
    assert_eq!(live.len(), 1);
    assert_eq!(live[0].public_id, newer.hash().hex()[..32]);
    let all = shelf.sessions.list_all(10).await.unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!(all[2].public_id, old.hash().hex()[..32]);
    assert!(!all[2].is_live(shelf.clock.now()));
    assert_eq!(shelf.sessions.list_all(2).await.unwrap().len(), 2);
}

pub(super) async fn clearing_ends_everything(shelf: Shelf<'_>) {
    let first = shelf.of(1).await;
    let renewed = shelf.sessions.renew(&first).await.unwrap().unwrap();
    shelf.of(2).await;
    shelf.sessions.clear().await.unwrap();
    assert!(!shelf.is_open(&renewed).await);
    assert!(shelf.sessions.list_all(10).await.unwrap().is_empty());
}

pub(super) async fn sweeping_removes_what_is_past_its_absolute_end(shelf: Shelf<'_>) {
    let first = shelf.of(1).await;
    shelf.sessions.renew(&first).await.unwrap().unwrap();
    shelf.advance(1);
    shelf.of(2).await;
    shelf.advance(43_198);
    assert_eq!(shelf.sessions.sweep().await.unwrap(), 0);
    shelf.advance(1);
    assert_eq!(shelf.sessions.sweep().await.unwrap(), 1);
    assert_eq!(
        shelf.sessions.list_all(10).await.unwrap()[0].user_id,
        UserId(2)
    );
    shelf.advance(1);
    assert_eq!(shelf.sessions.sweep().await.unwrap(), 1);
}

pub(super) async fn sweeping_does_not_follow_a_shifted_clock(shelf: Shelf<'_>) {
    let clock = Arc::new(ShiftableClock::new());
    let sessions = (shelf.open)(clock.clone(), TIMEOUTS);
    let id = sessions.create(new(1)).await.unwrap();
    clock.advance(TIMEOUTS.absolute * 60);
    assert!(sessions.load(&id).await.unwrap().is_none());
    assert_eq!(sessions.sweep().await.unwrap(), 0);
    assert_eq!(sessions.list_all(10).await.unwrap().len(), 1);
}
