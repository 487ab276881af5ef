//! The suite of [`crate::DeniedTokens`].

use std::time::Duration;

use token_core::refresh::{FamilyId, RefreshPolicy, RevocationReason};

use super::{House, OpenStores, cases};

cases! {
    /// Every promise of [`crate::DeniedTokens`].
    pub fn denied_tokens(OpenStores<'_>) for House {
        nothing_is_denied_until_it_is,
        a_denied_family_goes_on_and_its_next_token_is_good,
        whatever_ends_a_family_denies_its_tokens,
        one_token_is_denied_with_those_before_it_and_never_allowed_again,
        a_user_is_denied_everywhere_and_nobody_else_is,
        sweeping_forgets_what_has_ended_by_itself,
    }
}

const POLICY: RefreshPolicy = RefreshPolicy {
    lifetime: Duration::from_secs(3600),
    absolute_lifetime: Duration::from_secs(7200),
    grace: Duration::ZERO,
};

impl House {
    async fn login(&self, user: &crate::User) -> FamilyId {
        let families = &self.stores.families;
        families.create(user.id, "a test").await.unwrap().id
    }

    async fn denied(&self, family: FamilyId, number: u32) -> bool {
        let denied = self.stores.denied.is_denied(family, number).await;
        denied.unwrap()
    }
}

async fn nothing_is_denied_until_it_is(house: House) {
    let alice = house.customer("alice", 0).await;
    let family = house.login(&alice).await;
    assert!(!house.denied(family, 1).await);
    assert!(
        !house
            .stores
            .denied
            .deny_all_in(FamilyId([7; 16]))
            .await
            .unwrap()
    );
    assert!(!house.denied(FamilyId([7; 16]), 1).await);
    assert_eq!(house.stores.denied.count().await.unwrap(), 0);
}

async fn a_denied_family_goes_on_and_its_next_token_is_good(house: House) {
    let alice = house.customer("alice", 0).await;
    let family = house.login(&alice).await;
    let families = &house.stores.families;
    families.present(family, 1, &POLICY).await.unwrap().unwrap();
    assert!(house.stores.denied.deny_all_in(family).await.unwrap());
    assert!(house.denied(family, 1).await && house.denied(family, 2).await);
    assert!(!house.denied(family, 3).await);
    families.present(family, 2, &POLICY).await.unwrap().unwrap();
    assert!(house.stores.denied.deny_all_in(family).await.unwrap());
    assert!(house.denied(family, 3).await && !house.denied(family, 4).await);
    assert_eq!(house.stores.denied.count().await.unwrap(), 1);
}

async fn whatever_ends_a_family_denies_its_tokens(house: House) {
    let alice = house.customer("alice", 0).await;
    let families = &house.stores.families;
    let reason = RevocationReason::LoggedOut;
    let (ended, own, all, reused) = (
        house.login(&alice).await,
        house.login(&alice).await,
        house.login(&alice).await,
        house.login(&alice).await,
    );
    families.present(reused, 1, &POLICY).await.unwrap().unwrap();
    families.present(reused, 1, &POLICY).await.unwrap().unwrap();
    assert!(house.denied(reused, 2).await, "a reuse ends the family");
    families.revoke(ended, reason).await.unwrap();
    assert!(house.denied(ended, 1).await);
    families.revoke_one_of(alice.id, own, reason).await.unwrap();
    assert!(house.denied(own, 1).await);
    assert!(!house.denied(all, 1).await);
    families
        .revoke_all_of(alice.id, None, reason)
        .await
        .unwrap();
    assert!(house.denied(all, 1).await);
}

async fn one_token_is_denied_with_those_before_it_and_never_allowed_again(house: House) {
    let alice = house.customer("alice", 0).await;
    let family = house.login(&alice).await;
    let denied = &house.stores.denied;
    assert!(denied.deny(family, 2).await.unwrap());
    assert!(house.denied(family, 1).await && house.denied(family, 2).await);
    assert!(!house.denied(family, 3).await);
    assert!(!denied.deny(family, 1).await.unwrap(), "no news");
    assert!(house.denied(family, 2).await && !house.denied(family, 3).await);
}

async fn a_user_is_denied_everywhere_and_nobody_else_is(house: House) {
    let (alice, bob) = (
        house.customer("alice", 0).await,
        house.customer("bob", 0).await,
    );
    let (one, two, of_bob) = (
        house.login(&alice).await,
        house.login(&alice).await,
        house.login(&bob).await,
    );
    assert_eq!(house.stores.denied.deny_all_of(alice.id).await.unwrap(), 2);
    assert!(house.denied(one, 1).await && house.denied(two, 1).await);
    assert!(!house.denied(of_bob, 1).await);
}

async fn sweeping_forgets_what_has_ended_by_itself(house: House) {
    let alice = house.customer("alice", 0).await;
    let family = house.login(&alice).await;
    let lifetime = Duration::from_secs(900);
    house.stores.denied.deny_all_in(family).await.unwrap();
    house.clock.advance(Duration::from_secs(7_199));
    house.stores.denied.deny_all_in(family).await.unwrap();
    assert_eq!(house.stores.denied.sweep(lifetime).await.unwrap(), 0);
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(house.stores.families.sweep(&POLICY).await.unwrap(), 1);
    assert_eq!(house.stores.denied.sweep(lifetime).await.unwrap(), 0);
    house.clock.advance(Duration::from_secs(899));
    assert_eq!(house.stores.denied.sweep(lifetime).await.unwrap(), 1);
    assert!(!house.denied(family, 1).await);
}
