//! Removing what has ended by itself, so that a file does not grow for ever.

use std::time::Duration;

use jwt_server::JwtConfig;
use token_core::refresh::RefreshPolicy;
use user_store::{StoreError, Stores};

/// How often is looked.
const EVERY: Duration = Duration::from_secs(10 * 60);

/// What a server leaves behind.
#[derive(Clone, Debug)]
pub(crate) enum Leavings {
    /// Sessions past their end.
    OfSessions,
    /// Families past theirs, by these terms, and what the denylist says of them.
    OfFamilies(RefreshPolicy, Duration),
}

impl Leavings {
    /// Of a token server with these settings. A family is kept for as long after its end as its last access token may live: without
    /// its row that token could not be taken back.
    pub(crate) fn of(config: &JwtConfig) -> Self {
        let last_token = config.access_lifetime.saturating_add(config.leeway);
        let policy = config.refresh_policy();
        let kept = RefreshPolicy {
            absolute_lifetime: policy.absolute_lifetime.saturating_add(last_token),
            ..policy
        };
        Self::OfFamilies(kept, last_token)
    }
}

/// Sweeps now and then, for as long as it is polled. A sweep that fails is tried again.
pub(crate) async fn now_and_then(stores: Stores, leavings: Leavings) {
    let mut times = tokio::time::interval(EVERY);
    loop {
        times.tick().await;
        match sweep(&stores, &leavings).await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "swept what has ended"),
            Err(error) => tracing::warn!(%error, "what has ended was not swept"),
        }
    }
}

/// How many rows were removed.
async fn sweep(stores: &Stores, leavings: &Leavings) -> Result<u64, StoreError> {
    let failures = stores.login_failures.sweep().await?;
    Ok(failures
        + match leavings {
            Leavings::OfSessions => stores.sessions.sweep().await?,
            Leavings::OfFamilies(policy, last_token) => {
                stores.families.sweep(policy).await? + stores.denied.sweep(*last_token).await?
            }
        })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use token_core::clock::{ManualClock, UnixSeconds};
    use token_core::refresh::RevocationReason;
    use user_store::sqlite::Database;
    use user_store::{NewUser, PasswordHash, Role, Timeouts};

    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    #[tokio::test]
    async fn a_login_that_was_ended_is_forgotten_when_nothing_of_it_could_be_shown_any_more() {
        let clock = Arc::new(ManualClock::at(UnixSeconds(1_800_000_000)));
        let database = Database::open_temporary().unwrap();
        let stores = Stores::sqlite(database, clock.clone(), Timeouts::default());
        let new = NewUser {
            username: "alice".to_owned(),
            password: PasswordHash::from_phc("$of$alice".to_owned()),
            role: Role::Customer,
            opening_balance_minor: 0,
        };
        let alice = stores.users.create(new).await.unwrap().id;
        let family = stores.families.create(alice, "a test").await.unwrap().id;
        let reason = RevocationReason::LoggedOut;
        assert!(stores.families.revoke(family, reason).await.unwrap());
        let leavings = Leavings::of(&JwtConfig::default());
        clock.advance(90 * DAY);
        assert_eq!(sweep(&stores, &leavings).await.unwrap(), 0);
        assert!(stores.denied.is_denied(family, 1).await.unwrap());
        clock.advance(Duration::from_secs(15 * 60));
        assert_eq!(sweep(&stores, &leavings).await.unwrap(), 2);
        assert_eq!(stores.denied.count().await.unwrap(), 0);
    }
}
