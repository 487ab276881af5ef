//! The suite of [`crate::LoginFailures`].

use std::time::Duration;

use token_core::secret::Sha256Digest;

use super::{House, OpenStores, START, cases, races};
use crate::{Admission, Attempt, FailureLimits, Reservation, Settled};

cases! {
    /// Every promise of [`crate::LoginFailures`].
    pub fn login_failures(OpenStores<'_>) for House {
        an_account_is_full_for_the_rest_of_the_window_and_another_is_not,
        an_address_is_full_whatever_the_accounts,
        a_right_password_never_counts_however_often,
        a_success_empties_the_count_of_its_own_account_at_its_own_address_alone,
        an_address_that_is_known_is_not_shut_out_by_strangers_and_has_a_limit_of_its_own,
        an_address_is_known_for_as_long_as_was_said_or_until_it_is_forgotten,
        of_many_attempts_at_once_no_more_than_the_limit_are_admitted,
        an_attempt_that_was_not_looked_at_does_not_count_and_one_never_settled_does,
        a_clock_that_is_put_back_shuts_nobody_out,
        failures_are_swept_by_the_wall_clock,
        clearing_removes_failures_and_known_addresses,
    }
}

const LIMITS: FailureLimits = FailureLimits {
    account: 3,
    address: 5,
    window: Duration::from_secs(900),
    known_for: Duration::from_secs(86_400),
};

fn attempt(account: &str, address: &str) -> Attempt {
    let hash = |text: &str| Sha256Digest::of(text.as_bytes());
    Attempt {
        account: hash(account),
        address: hash(address),
    }
}

impl House {
    async fn begin(&self, account: &str, address: &str) -> Result<Reservation, u64> {
        let (failures, attempt) = (&self.stores.login_failures, attempt(account, address));
        let looked = failures.look(&attempt, &LIMITS).await.unwrap();
        let begun = failures.begin(&attempt, &LIMITS).await.unwrap();
        match (looked, begun) {
            (Admission::Admitted(()), Admission::Admitted(reservation)) => Ok(reservation),
            (Admission::Throttled { retry_after }, Admission::Throttled { retry_after: again })
                if retry_after == again =>
            {
                Err(retry_after.as_secs())
            }
            (Admission::Crowded, Admission::Crowded) => Err(0),
            other => panic!("a look and a beginning differ: {other:?}"),
        }
    }

    async fn settle(&self, reservation: &Reservation, outcome: Settled) {
        let failures = &self.stores.login_failures;
        failures
            .settle(reservation, outcome, &LIMITS)
            .await
            .unwrap();
    }

    /// An attempt that comes to this, or for how many seconds it is throttled; 0 where only the crowd is too large.
    async fn attempt(&self, account: &str, address: &str, outcome: Settled) -> Result<(), u64> {
        let reservation = self.begin(account, address).await?;
        self.settle(&reservation, outcome).await;
        Ok(())
    }

    async fn fail(&self, account: &str, address: &str) -> Result<(), u64> {
        self.attempt(account, address, Settled::Failed).await
    }

    async fn succeed(&self, account: &str, address: &str) -> Result<(), u64> {
        self.attempt(account, address, Settled::Succeeded).await
    }
}

async fn an_account_is_full_for_the_rest_of_the_window_and_another_is_not(house: House) {
    for address in ["a", "b", "c"] {
        assert_eq!(house.fail("alice", address).await, Ok(()));
        house.clock.advance(Duration::from_secs(100));
    }
    assert_eq!(house.fail("alice", "d").await, Err(600));
    assert_eq!(house.fail("bob", "a").await, Ok(()));
    house.clock.advance(Duration::from_secs(599));
    assert_eq!(house.succeed("alice", "d").await, Err(1));
    house.clock.advance(Duration::from_secs(1));
    for _ in 0..3 {
        assert_eq!(house.fail("alice", "d").await, Ok(()), "a new window");
    }
    assert_eq!(house.fail("alice", "d").await, Err(900));
}

async fn an_address_is_full_whatever_the_accounts(house: House) {
    for account in ["a", "b", "c", "d", "e"] {
        assert_eq!(house.fail(account, "evil").await, Ok(()));
    }
    assert_eq!(house.fail("f", "evil").await, Err(900));
    assert_eq!(house.fail("f", "home").await, Ok(()));
}

async fn a_right_password_never_counts_however_often(house: House) {
    for _ in 0..20 {
        assert_eq!(house.succeed("alice", "home").await, Ok(()));
        assert_eq!(house.succeed("bob", "home").await, Ok(()));
    }
}

async fn a_success_empties_the_count_of_its_own_account_at_its_own_address_alone(house: House) {
    house.succeed("mallory", "evil").await.unwrap();
    house.succeed("alice", "home").await.unwrap();
    for _ in 0..4 {
        // A mistake and a success, over and over: nobody is shut out who gets it right.
        house.fail("alice", "home").await.unwrap();
        house.succeed("alice", "home").await.unwrap();
        house.clock.advance(Duration::from_secs(200));
    }
    house.clock.advance(LIMITS.window);
    for account in ["alice", "bob", "alice", "bob", "carol"] {
        house.fail(account, "evil").await.unwrap();
    }
    assert!(
        house.succeed("mallory", "evil").await.is_err(),
        "an account of one's own"
    );
    house.succeed("alice", "home").await.unwrap();
    house.fail("alice", "elsewhere").await.unwrap();
    assert!(
        house.fail("alice", "elsewhere").await.is_err(),
        "the owner's logins refill no guesses"
    );
}

async fn an_address_that_is_known_is_not_shut_out_by_strangers_and_has_a_limit_of_its_own(
    house: House,
) {
    house.succeed("alice", "home").await.unwrap();
    for address in ["x", "y", "z"] {
        house.fail("alice", address).await.unwrap();
    }
    assert!(house.succeed("alice", "cafe").await.is_err());
    house.succeed("alice", "home").await.unwrap();
    for _ in 0..3 {
        house.fail("alice", "home").await.unwrap();
    }
    assert!(house.succeed("alice", "home").await.is_err());
    house.succeed("bob", "home").await.unwrap();
    assert!(
        house.succeed("bob", "x").await.is_ok(),
        "to bob, nothing happened"
    );
}

async fn an_address_is_known_for_as_long_as_was_said_or_until_it_is_forgotten(house: House) {
    let shut_out = async || {
        for address in ["x", "y", "z"] {
            house.fail("alice", address).await.unwrap();
        }
    };
    house.succeed("alice", "home").await.unwrap();
    house.succeed("alice", "work").await.unwrap();
    house.succeed("bob", "work").await.unwrap();
    house
        .clock
        .advance(LIMITS.known_for - Duration::from_secs(1));
    shut_out().await;
    house.succeed("alice", "home").await.unwrap();
    house.clock.advance(Duration::from_secs(1));
    house.succeed("alice", "home").await.unwrap();
    assert!(house.succeed("alice", "work").await.is_err());

    house.clock.advance(LIMITS.window);
    house.succeed("alice", "work").await.unwrap();
    let Attempt { account, address } = attempt("alice", "home");
    let failures = &house.stores.login_failures;
    assert_eq!(
        failures.forget_addresses(&account, &address).await.unwrap(),
        1
    );
    shut_out().await;
    house.succeed("alice", "home").await.unwrap();
    assert!(house.succeed("alice", "work").await.is_err());
}

async fn of_many_attempts_at_once_no_more_than_the_limit_are_admitted(house: House) {
    let admitted = races::run(64, |_| {
        let failures = house.stores.login_failures.clone();
        async move {
            let attempt = attempt("alice", "evil");
            let admission = failures.begin(&attempt, &LIMITS).await.unwrap();
            matches!(admission, Admission::Admitted(_))
        }
    })
    .await;
    let admitted = admitted.into_iter().filter(|&admitted| admitted).count();
    assert_eq!(admitted, LIMITS.account as usize);
    assert_eq!(
        house.begin("alice", "evil").await,
        Err(0),
        "none has failed yet, so one may be right"
    );
}

async fn an_attempt_that_was_not_looked_at_does_not_count_and_one_never_settled_does(house: House) {
    for _ in 0..10 {
        let withdrawn = house.attempt("alice", "home", Settled::Withdrawn).await;
        assert_eq!(withdrawn, Ok(()));
    }
    for _ in 0..3 {
        house.begin("alice", "home").await.unwrap();
    }
    assert_eq!(house.begin("alice", "home").await, Err(0));
    house.clock.advance(LIMITS.window);
    assert_eq!(house.fail("alice", "home").await, Ok(()));
}

async fn a_clock_that_is_put_back_shuts_nobody_out(house: House) {
    let month = Duration::from_secs(30 * 86_400);
    house.clock.set(START.plus(month));
    for _ in 0..3 {
        house.fail("alice", "home").await.unwrap();
    }
    assert!(house.fail("alice", "home").await.is_err());
    house.clock.set(START);
    assert_eq!(house.fail("alice", "home").await, Ok(()));
}

async fn failures_are_swept_by_the_wall_clock(house: House) {
    let failures = &house.stores.login_failures;
    house.fail("alice", "evil").await.unwrap();
    house.succeed("bob", "home").await.unwrap();
    assert_eq!(failures.sweep().await.unwrap(), 0);
    house.clock.advance(LIMITS.window);
    // Three counts of the two accounts' strangers and the two addresses; bob's address stays known.
    assert_eq!(failures.sweep().await.unwrap(), 4);
    house.clock.advance(LIMITS.known_for);
    assert_eq!(failures.sweep().await.unwrap(), 1);
    // Without anybody sweeping, each attempt takes away more than it leaves.
    for account in 0..20 {
        house
            .fail(&account.to_string(), &account.to_string())
            .await
            .unwrap();
        house.clock.advance(LIMITS.window);
    }
    assert_eq!(failures.sweep().await.unwrap(), 2);
}

async fn clearing_removes_failures_and_known_addresses(house: House) {
    house.succeed("alice", "home").await.unwrap();
    for address in ["x", "y", "z"] {
        house.fail("alice", address).await.unwrap();
    }
    house.stores.login_failures.clear().await.unwrap();
    for _ in 0..3 {
        house.fail("alice", "home").await.unwrap();
    }
    assert!(
        house.fail("alice", "z").await.is_err(),
        "home is a stranger's"
    );
}
