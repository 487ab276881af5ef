//! What every backend must do, as suites that any backend can be given to.
//!
//! A suite is a list of cases; each gets a fresh store and a clock of its own, and panics where the backend departs from the
//! trait's promises. Run them on a runtime of several threads, or the races race nobody.

#![expect(
    clippy::unwrap_used,
    reason = "a suite is a test: it fails by panicking, after naming the case it is in"
)]

mod denied_tokens;
mod ledger;
mod login_failures;
mod notes;
mod races;
mod refresh_tokens;
mod sessions;
mod users;

use std::sync::Arc;
use std::time::Duration;

use token_core::clock::{Clock, ManualClock, UnixSeconds};

use crate::{NewUser, PasswordHash, Role, Sessions, Stores, Timeouts, User};

/// When every case begins: 2026-11-23T10:00:00Z.
const START: UnixSeconds = UnixSeconds(1_795_428_000);

/// Half an hour idle, twelve hours in all.
const TIMEOUTS: Timeouts = Timeouts {
    idle: Duration::from_secs(1800),
    absolute: Duration::from_secs(43_200),
};

/// Makes the sessions that a suite is run on, empty, on the clock it is given.
pub type OpenSessions<'a> = &'a dyn Fn(Arc<dyn Clock>, Timeouts) -> Arc<dyn Sessions>;

/// Makes the stores that a suite is run on, empty, on the clock it is given.
pub type OpenStores<'a> = &'a dyn Fn(Arc<dyn Clock>) -> Stores;

/// Runs every case of a suite, each on a fresh fixture.
macro_rules! cases {
    ($(#[$documentation:meta])* pub fn $suite:ident($open:ty) for $fixture:ty { $($case:ident,)* }) => {
        $(#[$documentation])*
        pub async fn $suite(open: $open) {
            $(
                println!("{}: {}", stringify!($suite), stringify!($case).replace('_', " "));
                $case(<$fixture>::fresh(open)).await;
            )*
        }
    };
}
use cases;

pub use denied_tokens::denied_tokens;
pub use ledger::ledger;
pub use login_failures::login_failures;
pub use notes::notes;
pub use refresh_tokens::refresh_families;
pub use sessions::sessions;
pub use users::users;

/// Fresh stores and the clock they live by.
struct House {
    clock: Arc<ManualClock>,
    stores: Stores,
}

impl House {
    fn fresh(open: OpenStores<'_>) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        let stores = open(clock.clone());
        Self { clock, stores }
    }

    /// A customer with this much money.
    async fn customer(&self, username: &str, opening_balance_minor: i64) -> User {
        let new = NewUser {
            opening_balance_minor,
            ..newcomer(username)
        };
        self.stores.users.create(new).await.unwrap()
    }
}

/// A customer without money, whose password no case checks.
fn newcomer(username: &str) -> NewUser {
    NewUser {
        username: username.to_owned(),
        password: PasswordHash::from_phc(format!("$of${username}")),
        role: Role::Customer,
        opening_balance_minor: 0,
    }
}
