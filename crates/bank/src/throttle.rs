//! Guessing is given up on before it succeeds: failed logins are counted, by account and by address.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use token_core::secret::HashKey;
use user_store::{Admission, Attempt, FailureLimits, LoginFailures, Reservation, Settled, Stores};

use crate::config::{HttpConfig, LoginConfig};
use crate::problem::ApiError;
use crate::server::client_address;

/// What a server asks of every password that is tried.
///
/// # Security
/// Against guessing one account's password, and against one address guessing at many. Not against a botnet that tries each
/// account a few times (credential stuffing), nor for those who share an address with an attacker: a second factor, and
/// passwords that no other site has lost, are what is left there.
#[derive(Clone, Debug)]
pub struct LoginThrottle {
    failures: Arc<dyn LoginFailures>,
    key: HashKey,
    limits: FailureLimits,
    config: LoginConfig,
}

impl LoginThrottle {
    /// Counts in the store of `stores`, under hashes by `key`.
    #[must_use]
    pub fn new(stores: &Stores, config: &LoginConfig, key: HashKey) -> Self {
        Self {
            failures: Arc::clone(&stores.login_failures),
            key,
            limits: config.limits(),
            config: config.clone(),
        }
    }

    /// Whether a password is hashed although nobody has the name.
    pub(crate) fn hashes_for_nobody(&self) -> bool {
        !self.config.dangerously_skip_dummy_hash
    }

    /// Whose password `request` tries, and from where; `None` where nothing is counted.
    pub(crate) fn attempt(&self, request: &HttpRequest, username: &str) -> Option<Guess<'_>> {
        (!self.config.dangerously_unthrottled).then(|| Guess {
            throttle: self,
            attempt: Attempt {
                // As the users' table compares names.
                account: self.key.hash("account", &username.to_ascii_lowercase()),
                address: self.key.hash("address", &network_of(address_of(request))),
            },
        })
    }
}

/// A password that is about to be tried.
#[derive(Debug)]
pub(crate) struct Guess<'a> {
    throttle: &'a LoginThrottle,
    attempt: Attempt,
}

impl Guess<'_> {
    /// Turns away at no cost who will be turned away.
    pub(crate) async fn look(&self) -> Result<(), ApiError> {
        let LoginThrottle {
            failures, limits, ..
        } = self.throttle;
        match failures.look(&self.attempt, limits).await? {
            Admission::Admitted(()) => Ok(()),
            Admission::Throttled { retry_after } => Err(throttled(retry_after)),
            // Nobody has failed yet, so nobody is told so: the server has only so much room.
            Admission::Crowded => Err(ApiError::Busy),
        }
    }

    /// Counts the attempt as one that fails, until it is settled.
    pub(crate) async fn begin(&self) -> Result<Counted, ApiError> {
        let LoginThrottle {
            failures, limits, ..
        } = self.throttle;
        match failures.begin(&self.attempt, limits).await? {
            Admission::Admitted(reservation) => Ok(Counted {
                failures: Arc::clone(failures),
                limits: *limits,
                reservation: Some(reservation),
            }),
            Admission::Throttled { retry_after } => Err(throttled(retry_after)),
            // Nobody has failed yet, so nobody is told so: the server has only so much room.
            Admission::Crowded => Err(ApiError::Busy),
        }
    }

    /// Makes the account forget every address but this one, after a change of its password.
    pub(crate) async fn forget_other_addresses(&self) -> Result<(), ApiError> {
        let Attempt { account, address } = &self.attempt;
        self.throttle
            .failures
            .forget_addresses(account, address)
            .await?;
        Ok(())
    }
}

/// An attempt that is counted. Dropped unsettled, because the client has gone, it has failed: whoever hangs up before the answer
/// has tried all the same.
#[derive(Debug)]
pub(crate) struct Counted {
    failures: Arc<dyn LoginFailures>,
    limits: FailureLimits,
    reservation: Option<Reservation>,
}

impl Counted {
    pub(crate) async fn settle(mut self, outcome: Settled) -> Result<(), ApiError> {
        if let Some(reservation) = self.reservation.take() {
            self.failures
                .settle(&reservation, outcome, &self.limits)
                .await?;
        }
        Ok(())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(reservation) = self.reservation.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let (failures, limits) = (Arc::clone(&self.failures), self.limits);
            runtime.spawn(async move {
                // Where it cannot be written, the attempt stays pending, which counts as well.
                let _ = failures
                    .settle(&reservation, Settled::Failed, &limits)
                    .await;
            });
        }
    }
}

fn throttled(retry_after: Duration) -> ApiError {
    ApiError::Throttled {
        seconds: retry_after.as_secs().max(1),
    }
}

fn address_of(request: &HttpRequest) -> IpAddr {
    let trusted = request
        .app_data::<web::Data<HttpConfig>>()
        .map_or(&[][..], |config| &config.trusted_proxies);
    // A connection without an address is no TCP connection; all of those count as one.
    client_address(request.headers(), request.peer_addr(), trusted)
        .unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
}

/// What counts as one address: a customer of IPv6 has a /64 at least, and would have 2⁶⁴ addresses to guess from (RFC 6177 §2).
fn network_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            format!("{}/64", Ipv6Addr::from(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::network_of;

    #[test]
    fn an_ipv6_network_counts_as_one_address_and_each_ipv4_address_for_itself() {
        let network = |text: &str| network_of(text.parse().unwrap());
        assert_eq!(
            network("2001:db8:1:2:3:4:5:6"),
            network("2001:db8:1:2:ffff::1")
        );
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_ne!(network("192.0.2.7"), network("192.0.2.8"));
    }
}
