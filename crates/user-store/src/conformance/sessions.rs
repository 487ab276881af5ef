//! The suite of [`crate::Sessions`].

mod many;

use std::sync::Arc;
use std::time::Duration;

use token_core::clock::ManualClock;

use self::many::{
    clearing_ends_everything, lists_show_what_is_live_and_the_whole_store_to_the_lab,
    many_sessions_opened_at_once_are_like_any_others, sweeping_does_not_follow_a_shifted_clock,
    sweeping_removes_what_is_past_its_absolute_end,
};

use super::{OpenSessions, START, TIMEOUTS, cases, races};
use crate::{NewSession, Role, SessionId, Sessions, UserId};

cases! {
    /// Every promise of [`crate::Sessions`].
    pub fn sessions(OpenSessions<'_>) for Shelf<'_> {
        a_session_is_loaded_as_it_was_opened,
        an_unknown_id_opens_nothing,
        a_session_is_opened_under_a_given_id_where_that_has_none,
        an_unused_session_ends_on_the_second,
        use_prolongs_a_session_never_late_and_at_most_a_minute_early,
        a_use_is_recorded_at_most_once_a_minute,
        the_absolute_end_is_exact_however_busy_the_session,
        renewing_moves_the_session_and_prolongs_nothing,
        renewing_what_is_gone_or_ended_brings_nothing_back,
        deleting_under_a_renewed_id_ends_what_came_of_it,
        of_many_renewals_at_once_one_succeeds,
        no_renewal_survives_a_delete_that_has_returned,
        no_use_survives_a_delete_that_has_returned,
        many_sessions_opened_at_once_are_like_any_others,
        sessions_are_ended_by_their_user_alone,
        lists_show_what_is_live_and_the_whole_store_to_the_lab,
        a_role_changes_in_sessions_already_open,
        clearing_ends_everything,
        sweeping_removes_what_is_past_its_absolute_end,
        sweeping_does_not_follow_a_shifted_clock,
    }
}

/// A fresh store of sessions and the clock it lives by.
struct Shelf<'a> {
    clock: Arc<ManualClock>,
    sessions: Arc<dyn Sessions>,
    open: OpenSessions<'a>,
}

impl<'a> Shelf<'a> {
    fn fresh(open: OpenSessions<'a>) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let sessions = open(clock.clone(), TIMEOUTS);
        Self {
            clock,
            sessions,
            open,
        }
    }

    async fn of(&self, user: i64) -> SessionId {
        self.sessions.create(new(user)).await.unwrap()
    }

    async fn is_open(&self, id: &SessionId) -> bool {
        self.sessions.load(id).await.unwrap().is_some()
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

fn new(user: i64) -> NewSession {
    NewSession {
        user_id: UserId(user),
        username: format!("user {user}"),
        role: Role::Customer,
        device: "a test".to_owned(),
    }
}

async fn a_session_is_opened_under_a_given_id_where_that_has_none(shelf: Shelf<'_>) {
    let id = SessionId::generate();
    let open = |user| shelf.sessions.dangerously_create_as(&id, new(user));
    assert!(open(7).await.unwrap());
    assert!(!open(8).await.unwrap(), "whoever has it keeps it");
    let session = shelf.sessions.load(&id).await.unwrap().unwrap();
    assert_eq!(session.user_id, UserId(7));
    assert!(shelf.sessions.delete(&id).await.unwrap());
    assert!(open(8).await.unwrap(), "an id that was given up is free");
}

async fn a_session_is_loaded_as_it_was_opened(shelf: Shelf<'_>) {
    let id = shelf.of(7).await;
    let session = shelf.sessions.load(&id).await.unwrap().unwrap();
    assert_eq!(session.public_id, id.hash().hex()[..32]);
    assert_eq!(
        (session.user_id, session.username.as_str()),
        (UserId(7), "user 7")
    );
    assert_eq!(
        (session.role, session.device.as_str()),
        (Role::Customer, "a test")
    );
    assert_eq!((session.created_at, session.seen_at), (START, START));
    assert_eq!(session.idle_expires_at, START.plus(TIMEOUTS.idle));
    assert_eq!(session.expires_at, START.plus(TIMEOUTS.absolute));
}

async fn an_unknown_id_opens_nothing(shelf: Shelf<'_>) {
    shelf.of(7).await;
    assert!(!shelf.is_open(&SessionId::generate()).await);
    assert!(!shelf.sessions.delete(&SessionId::generate()).await.unwrap());
}

async fn an_unused_session_ends_on_the_second(shelf: Shelf<'_>) {
    let (used, unused) = (shelf.of(1).await, shelf.of(2).await);
    shelf.advance(1799);
    assert!(shelf.is_open(&used).await);
    shelf.advance(1);
    assert!(!shelf.is_open(&unused).await);
    assert!(shelf.is_open(&used).await);
    // The row stays until it is swept: the lab shows it.
    assert_eq!(shelf.sessions.list_all(10).await.unwrap().len(), 2);
}

async fn use_prolongs_a_session_never_late_and_at_most_a_minute_early(shelf: Shelf<'_>) {
    // One session for each way that the last use may fall within the minute after a recorded one.
    for last_use in 0..=61 {
        let id = shelf.of(last_use).await;
        shelf.advance(u64::try_from(last_use).unwrap());
        assert!(shelf.is_open(&id).await);
        // Found by halving, since looking is a use: each look gets a session of its own, used in the same way.
        let life = life_after_last_use(&shelf, u64::try_from(last_use).unwrap()).await;
        assert!(
            (1740..=1800).contains(&life),
            "{life} s after a use at {last_use} s"
        );
    }
}

/// For how many seconds a session can still be loaded after it was used `last_use` seconds after it was opened.
async fn life_after_last_use(shelf: &Shelf<'_>, last_use: u64) -> u64 {
    let (mut alive, mut dead) = (0, 4000);
    while dead - alive > 1 {
        let middle = (alive + dead) / 2;
        let id = shelf.of(1).await;
        shelf.advance(last_use);
        assert!(shelf.is_open(&id).await);
        shelf.advance(middle);
        if shelf.is_open(&id).await {
            alive = middle
        } else {
            dead = middle
        }
    }
    dead
}

async fn a_use_is_recorded_at_most_once_a_minute(shelf: Shelf<'_>) {
    let id = shelf.of(1).await;
    let mut recorded = vec![START];
    for _ in 0..600 {
        shelf.advance(1);
        let seen_at = shelf.sessions.load(&id).await.unwrap().unwrap().seen_at;
        if recorded.last() != Some(&seen_at) {
            recorded.push(seen_at);
        }
    }
    assert_eq!(recorded.len(), 11);
    for pair in recorded.windows(2) {
        assert_eq!(pair[1].since(pair[0]), Duration::from_secs(60));
    }
}

async fn the_absolute_end_is_exact_however_busy_the_session(shelf: Shelf<'_>) {
    let mut id = shelf.of(1).await;
    for minute in 1..720 {
        shelf.advance(60);
        assert!(shelf.is_open(&id).await, "ended after {minute} minutes");
        if minute % 100 == 0 {
            id = shelf.sessions.renew(&id).await.unwrap().unwrap();
        }
    }
    shelf.advance(59);
    assert!(shelf.is_open(&id).await);
    shelf.advance(1);
    assert!(!shelf.is_open(&id).await);
    assert!(shelf.sessions.renew(&id).await.unwrap().is_none());
}

async fn renewing_moves_the_session_and_prolongs_nothing(shelf: Shelf<'_>) {
    let old = shelf.of(1).await;
    shelf.advance(100);
    let new = shelf.sessions.renew(&old).await.unwrap().unwrap();
    assert_ne!(old.expose(), new.expose());
    assert!(!shelf.is_open(&old).await);
    let session = shelf.sessions.load(&new).await.unwrap().unwrap();
    assert_eq!((session.created_at, session.user_id), (START, UserId(1)));
    assert_eq!(session.expires_at, START.plus(TIMEOUTS.absolute));
    assert_eq!(session.seen_at, START.plus(Duration::from_secs(100)));
    assert!(shelf.sessions.renew(&old).await.unwrap().is_none());
    assert_eq!(shelf.sessions.list_all(10).await.unwrap(), [session]);
}

async fn renewing_what_is_gone_or_ended_brings_nothing_back(shelf: Shelf<'_>) {
    let (gone, ended) = (shelf.of(1).await, shelf.of(2).await);
    assert!(shelf.sessions.delete(&gone).await.unwrap());
    shelf.advance(1800);
    let before = shelf.sessions.list_all(10).await.unwrap();
    for id in [&gone, &ended, &SessionId::generate()] {
        assert!(shelf.sessions.renew(id).await.unwrap().is_none());
    }
    assert_eq!(shelf.sessions.list_all(10).await.unwrap(), before);
}

async fn deleting_under_a_renewed_id_ends_what_came_of_it(shelf: Shelf<'_>) {
    for by_public_id in [false, true] {
        let first = shelf.of(1).await;
        let second = shelf.sessions.renew(&first).await.unwrap().unwrap();
        let third = shelf.sessions.renew(&second).await.unwrap().unwrap();
        let neighbour = shelf.of(1).await;
        let ended = if by_public_id {
            let public_id = &first.hash().hex()[..32];
            assert!(
                !shelf
                    .sessions
                    .delete_one_of(UserId(2), public_id)
                    .await
                    .unwrap()
            );
            shelf.sessions.delete_one_of(UserId(1), public_id).await
        } else {
            shelf.sessions.delete(&first).await
        };
        assert!(ended.unwrap());
        assert!(!shelf.is_open(&third).await);
        assert!(shelf.is_open(&neighbour).await);
        for id in [&first, &second, &third] {
            assert!(!shelf.sessions.delete(id).await.unwrap());
        }
    }
}

async fn of_many_renewals_at_once_one_succeeds(shelf: Shelf<'_>) {
    let id = shelf.of(1).await;
    let renewed = races::run(16, |_| {
        let (sessions, id) = (shelf.sessions.clone(), id.clone());
        async move { sessions.renew(&id).await.unwrap() }
    })
    .await;
    let renewed: Vec<_> = renewed.into_iter().flatten().collect();
    assert_eq!(renewed.len(), 1);
    assert!(shelf.is_open(&renewed[0]).await);
}

async fn no_renewal_survives_a_delete_that_has_returned(shelf: Shelf<'_>) {
    for round in 0..1000 {
        let id = shelf.of(1).await;
        let results = races::run(2, |racer| {
            let (sessions, id) = (shelf.sessions.clone(), id.clone());
            async move {
                if racer == 0 {
                    return sessions.renew(&id).await.unwrap();
                }
                sessions.delete(&id).await.unwrap();
                assert!(
                    sessions.list_of(UserId(1)).await.unwrap().is_empty(),
                    "round {round}"
                );
                None
            }
        })
        .await;
        for id in std::iter::once(&id).chain(results.iter().flatten()) {
            assert!(!shelf.is_open(id).await, "resurrected in round {round}");
        }
    }
}

async fn no_use_survives_a_delete_that_has_returned(shelf: Shelf<'_>) {
    for round in 0..200 {
        let id = shelf.of(1).await;
        // Old enough that each use wants to be recorded.
        shelf.advance(90);
        races::run(4, |racer| {
            let (sessions, id) = (shelf.sessions.clone(), id.clone());
            async move {
                if racer > 0 {
                    sessions.load(&id).await.unwrap();
                    return;
                }
                assert!(sessions.delete(&id).await.unwrap());
                assert!(sessions.load(&id).await.unwrap().is_none(), "round {round}");
            }
        })
        .await;
        assert!(
            shelf.sessions.list_all(10).await.unwrap().is_empty(),
            "round {round}"
        );
    }
}

async fn sessions_are_ended_by_their_user_alone(shelf: Shelf<'_>) {
    let sessions = &shelf.sessions;
    let (first, second, third) = (shelf.of(1).await, shelf.of(1).await, shelf.of(1).await);
    let other = shelf.of(2).await;
    let public_id = sessions.load(&first).await.unwrap().unwrap().public_id;
    assert!(!sessions.delete_one_of(UserId(2), &public_id).await.unwrap());
    let shouted = public_id.to_uppercase();
    let longer = format!("{public_id}00");
    for no_name in [
        "",
        "zz",
        &public_id[..30],
        &shouted[..31],
        &longer,
        "é".repeat(16).as_str(),
    ] {
        assert!(!sessions.delete_one_of(UserId(1), no_name).await.unwrap());
    }
    assert!(sessions.delete_one_of(UserId(1), &public_id).await.unwrap());
    assert!(!shelf.is_open(&first).await);
    assert_eq!(
        sessions
            .delete_all_of(UserId(1), Some(&second))
            .await
            .unwrap(),
        1
    );
    assert!(!shelf.is_open(&third).await);
    assert!(shelf.is_open(&second).await && shelf.is_open(&other).await);
    assert_eq!(sessions.delete_all_of(UserId(1), None).await.unwrap(), 1);
    assert!(shelf.is_open(&other).await);
}

async fn a_role_changes_in_sessions_already_open(shelf: Shelf<'_>) {
    let (mine, other) = (shelf.of(1).await, shelf.of(2).await);
    shelf
        .sessions
        .set_role_of(UserId(1), Role::Admin)
        .await
        .unwrap();
    assert_eq!(
        shelf.sessions.load(&mine).await.unwrap().unwrap().role,
        Role::Admin
    );
    assert_eq!(
        shelf.sessions.load(&other).await.unwrap().unwrap().role,
        Role::Customer
    );
}
