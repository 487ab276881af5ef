//! The suite of [`crate::RefreshFamilies`].

use std::time::Duration;

use token_core::jwt::Thumbprint;
use token_core::refresh::{
    FamilyId, Presented, RefreshPolicy, Refusal, RevocationReason, TokenFamily,
};

use super::{House, OpenStores, START, cases, races};
use crate::UserId;

cases! {
    /// Every promise of [`crate::RefreshFamilies`].
    pub fn refresh_families(OpenStores<'_>) for House {
        a_family_is_found_as_it_was_begun,
        many_families_opened_at_once_are_like_any_others,
        a_bound_family_answers_to_its_key_alone_and_stays_as_it_is_otherwise,
        presenting_the_live_token_rotates_and_the_row_follows,
        a_retry_within_grace_changes_nothing,
        a_reuse_revokes_and_the_revocation_stays,
        expired_unknown_and_never_issued_are_told_apart,
        of_many_presentations_at_once_one_rotates,
        strictly_the_second_of_two_presentations_revokes,
        a_token_is_dead_once_revoke_has_returned,
        families_are_revoked_by_their_user_alone_and_once,
        sweeping_removes_what_is_past_its_absolute_end,
        clearing_removes_everything,
    }
}

const POLICY: RefreshPolicy = RefreshPolicy {
    lifetime: Duration::from_secs(3600),
    absolute_lifetime: Duration::from_secs(7200),
    grace: Duration::from_secs(10),
};
const STRICT: RefreshPolicy = RefreshPolicy {
    grace: Duration::ZERO,
    ..POLICY
};

impl House {
    async fn family(&self, username: &str) -> TokenFamily {
        let user = self.customer(username, 0).await;
        self.stores
            .families
            .create(user.id, "a test")
            .await
            .unwrap()
    }

    async fn present(&self, id: FamilyId, generation: u32) -> Presented {
        let presented = self.stores.families.present(id, generation, &POLICY).await;
        presented.unwrap().unwrap().outcome
    }

    async fn stored(&self, id: FamilyId) -> TokenFamily {
        self.stores
            .families
            .by_id(id)
            .await
            .unwrap()
            .unwrap()
            .family
    }
}

async fn a_family_is_found_as_it_was_begun(house: House) {
    let families = &house.stores.families;
    let alice = house.customer("alice", 0).await;
    let family = families.create(alice.id, "a test").await.unwrap();
    assert_eq!(family, TokenFamily::begin(family.id, alice.id.0, START));
    let record = families.by_id(family.id).await.unwrap().unwrap();
    assert_eq!(
        (record.username.as_str(), record.device.as_str()),
        ("alice", "a test")
    );
    assert_eq!(record.family, family);
    assert!(families.by_id(FamilyId::random()).await.unwrap().is_none());
    let presented = families
        .present(family.id, family.generation, &POLICY)
        .await;
    assert_eq!(presented.unwrap().unwrap().user, Some(alice));
}

async fn many_families_opened_at_once_are_like_any_others(house: House) {
    let families = &house.stores.families;
    let alice = house.customer("alice", 0).await;
    let bob = house.customer("bob", 0).await;
    // More than are written in one go.
    let users = [&[alice.id; 10_000][..], &[bob.id]].concat();
    let opened = families.create_all(&users, "a test").await.unwrap();
    assert!(opened.iter().map(|family| UserId(family.user_id)).eq(users));
    for family in [&opened[0], &opened[9_999], &opened[10_000]] {
        assert_eq!(
            family,
            &TokenFamily::begin(family.id, family.user_id, START)
        );
        let record = families.by_id(family.id).await.unwrap().unwrap();
        assert_eq!((&record.family, &*record.device), (family, "a test"));
        let presented = house.present(family.id, family.generation).await;
        assert!(matches!(presented, Presented::Rotated(_)));
    }
    let revoke = |user| families.revoke_all_of(user, None, RevocationReason::LoggedOut);
    assert_eq!(revoke(bob.id).await.unwrap(), 1);
    assert_eq!(revoke(alice.id).await.unwrap(), 10_000);
}

async fn a_bound_family_answers_to_its_key_alone_and_stays_as_it_is_otherwise(house: House) {
    let families = &house.stores.families;
    let alice = house.customer("alice", 0).await;
    let [mine, theirs] = [1, 2].map(|byte| Thumbprint::from_bytes([byte; 32]));
    let bound = families.create_bound(alice.id, "a test", Some(mine)).await;
    let bound = bound.unwrap();
    assert_eq!(house.stored(bound.id).await, bound);
    assert_eq!(bound.jkt, Some(mine));
    let present = async |generation: u32, key: Option<Thumbprint>| {
        let presented = families.present_with(bound.id, generation, key, &POLICY);
        presented.await.unwrap().unwrap().outcome
    };
    for key in [None, Some(theirs)] {
        let refused = Presented::Refused(Refusal::OtherKey);
        assert_eq!(present(bound.generation, key).await, refused);
    }
    assert_eq!(house.stored(bound.id).await, bound);
    let Presented::Rotated(rotated) = present(bound.generation, Some(mine)).await else {
        panic!("the owner was refused");
    };
    assert_eq!(rotated.jkt, Some(mine));
    // An old token in a thief's hands does not end the login; with the key it is a reuse as ever.
    house.clock.advance(Duration::from_secs(10));
    let refused = Presented::Refused(Refusal::OtherKey);
    assert_eq!(present(bound.generation, None).await, refused);
    assert_eq!(house.stored(bound.id).await, rotated);
    let reused = present(bound.generation, Some(mine)).await;
    assert!(matches!(reused, Presented::Reused(_)));
}

async fn presenting_the_live_token_rotates_and_the_row_follows(house: House) {
    let family = house.family("alice").await;
    house.clock.advance(Duration::from_secs(60));
    let Presented::Rotated(rotated) = house.present(family.id, family.generation).await else {
        panic!("the live token was not rotated");
    };
    assert_eq!(rotated.generation, family.generation + 1);
    assert_eq!(rotated.rotated_at, START.plus(Duration::from_secs(60)));
    assert_eq!(house.stored(family.id).await, rotated);
}

async fn a_retry_within_grace_changes_nothing(house: House) {
    let family = house.family("alice").await;
    house.present(family.id, family.generation).await;
    let rotated = house.stored(family.id).await;
    house.clock.advance(Duration::from_secs(9));
    let retried = house.present(family.id, family.generation).await;
    assert_eq!(retried, Presented::Retried(rotated));
    assert_eq!(house.stored(family.id).await, rotated);
}

async fn a_reuse_revokes_and_the_revocation_stays(house: House) {
    let family = house.family("alice").await;
    house.present(family.id, family.generation).await;
    house.clock.advance(Duration::from_secs(10));
    let Presented::Reused(revoked) = house.present(family.id, family.generation).await else {
        panic!("the reuse went unnoticed");
    };
    assert_eq!(house.stored(family.id).await, revoked);
    assert_eq!(revoked.revoked.unwrap().reason, RevocationReason::Reused);
    let live = house.present(family.id, family.generation + 1).await;
    assert_eq!(live, Presented::Refused(Refusal::Revoked));
}

async fn expired_unknown_and_never_issued_are_told_apart(house: House) {
    let family = house.family("alice").await;
    let unknown = house
        .stores
        .families
        .present(FamilyId::random(), 1, &POLICY)
        .await;
    assert!(unknown.unwrap().is_none());
    let early = house.present(family.id, family.generation + 1).await;
    assert_eq!(early, Presented::Refused(Refusal::NeverIssued));
    house.clock.advance(Duration::from_secs(3600));
    let late = house.present(family.id, family.generation).await;
    assert_eq!(late, Presented::Refused(Refusal::Expired));
    house.clock.advance(Duration::from_secs(3600));
    let too_late = house.present(family.id, family.generation).await;
    assert_eq!(too_late, Presented::Refused(Refusal::AbsoluteLimit));
    assert_eq!(house.stored(family.id).await, family);
}

async fn of_many_presentations_at_once_one_rotates(house: House) {
    let family = house.family("alice").await;
    for round in 0..50 {
        let outcomes = present_at_once(&house, family.id, family.generation + round, POLICY).await;
        let rotated = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Presented::Rotated(_)));
        let retried = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Presented::Retried(_)));
        assert_eq!((rotated.count(), retried.count()), (1, outcomes.len() - 1));
        let stored = house.stored(family.id).await;
        assert_eq!(stored.generation, family.generation + round + 1);
    }
}

async fn strictly_the_second_of_two_presentations_revokes(house: House) {
    let family = house.family("alice").await;
    let outcomes = present_at_once(&house, family.id, family.generation, STRICT).await;
    let rotated = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Presented::Rotated(_)));
    let reused = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Presented::Reused(_)));
    assert_eq!((rotated.count(), reused.count()), (1, 1));
    assert!(house.stored(family.id).await.revoked.is_some());
}

async fn present_at_once(
    house: &House,
    id: FamilyId,
    generation: u32,
    policy: RefreshPolicy,
) -> Vec<Presented> {
    races::run(16, |_| {
        let families = house.stores.families.clone();
        async move {
            let presented = families.present(id, generation, &policy).await;
            presented.unwrap().unwrap().outcome
        }
    })
    .await
}

async fn a_token_is_dead_once_revoke_has_returned(house: House) {
    let alice = house.customer("alice", 0).await;
    for round in 0..200 {
        let families = house.stores.families.clone();
        let family = families.create(alice.id, "a test").await.unwrap();
        races::run(2, |racer| {
            let families = families.clone();
            async move {
                if racer == 0 {
                    families
                        .present(family.id, family.generation, &POLICY)
                        .await
                        .unwrap();
                    return;
                }
                let reason = RevocationReason::LoggedOut;
                assert!(families.revoke(family.id, reason).await.unwrap());
                for generation in family.generation..family.generation + 2 {
                    let presented = families.present(family.id, generation, &POLICY).await;
                    let outcome = presented.unwrap().unwrap().outcome;
                    assert_eq!(
                        outcome,
                        Presented::Refused(Refusal::Revoked),
                        "round {round}"
                    );
                }
            }
        })
        .await;
    }
}

async fn families_are_revoked_by_their_user_alone_and_once(house: House) {
    let families = &house.stores.families;
    let (alice, bob) = (
        house.customer("alice", 0).await,
        house.customer("bob", 0).await,
    );
    let mut of_alice = Vec::new();
    for _ in 0..4 {
        of_alice.push(families.create(alice.id, "a test").await.unwrap().id);
    }
    let of_bob = families.create(bob.id, "a test").await.unwrap().id;
    let reason = RevocationReason::PasswordChanged;
    assert!(
        !families
            .revoke_one_of(bob.id, of_alice[0], reason)
            .await
            .unwrap()
    );
    assert!(
        families
            .revoke_one_of(alice.id, of_alice[0], reason)
            .await
            .unwrap()
    );
    assert!(
        !families
            .revoke_one_of(alice.id, of_alice[0], reason)
            .await
            .unwrap()
    );
    assert_eq!(
        families
            .revoke_all_of(alice.id, Some(of_alice[1]), reason)
            .await
            .unwrap(),
        2
    );
    let listed = families.list_of(alice.id).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].family.id, of_alice[1]);
    assert_eq!(
        families
            .revoke_all_of(alice.id, None, reason)
            .await
            .unwrap(),
        1
    );
    assert!(
        !families
            .revoke(of_alice[1], RevocationReason::LoggedOut)
            .await
            .unwrap()
    );
    assert_eq!(
        house.stored(of_alice[1]).await.revoked.unwrap().reason,
        reason
    );
    assert!(house.stored(of_bob).await.revoked.is_none());
    assert_eq!(families.list_all(10).await.unwrap().len(), 5);
    assert_eq!(families.list_all(3).await.unwrap().len(), 3);
}

async fn sweeping_removes_what_is_past_its_absolute_end(house: House) {
    let old = house.family("alice").await;
    house.clock.advance(Duration::from_secs(1));
    let newer = house.family("bob").await;
    house.clock.advance(Duration::from_secs(7198));
    assert_eq!(house.stores.families.sweep(&POLICY).await.unwrap(), 0);
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(house.stores.families.sweep(&POLICY).await.unwrap(), 1);
    assert!(house.stores.families.by_id(old.id).await.unwrap().is_none());
    assert_eq!(house.stored(newer.id).await, newer);
}

async fn clearing_removes_everything(house: House) {
    let family = house.family("alice").await;
    house.stores.families.clear().await.unwrap();
    let presented = house
        .stores
        .families
        .present(family.id, family.generation, &POLICY)
        .await;
    assert!(presented.unwrap().is_none());
}
