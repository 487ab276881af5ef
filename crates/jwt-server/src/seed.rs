//! Many logins at once, for a measurement of what a full store costs.

use std::io::Write;
use std::num::NonZero;
use std::thread;

use bank::{ApiError, ConfigError, DangerousSeed, SEEDED_DEVICE, SeedError};
use token_core::key_folder::KeyFolder;
use token_core::refresh::TokenFamily;
use user_store::{Stores, User};

use crate::authentication::JwtAuthentication;
use crate::config::{Dpop, JwtConfig};

/// Registers `count` users and logs each in once. A line for each login goes to `write`: the header that a request carries
/// (`Authorization: Bearer …`, or `Cookie: name=…` in cookie transport), a tab, and the refresh token.
///
/// *Security*: what is written opens every one of these logins; see [`DangerousSeed`].
///
/// # Errors
/// [`SeedError`]; with `dpop = required` there is no credential that could be used by who reads it.
pub async fn dangerously_seed(
    config: JwtConfig,
    stores: &Stores,
    keys: &KeyFolder,
    count: u32,
    mut write: impl Write,
) -> Result<(), SeedError> {
    config.validate()?;
    if config.dpop == Dpop::Required {
        let problem =
            "dpop: `required` believes no bearer token, and seeded tokens are bound to no key";
        return Err(ConfigError {
            problems: vec![problem.to_owned()],
        }
        .into());
    }
    let mut seed = DangerousSeed::begin(stores, &config.http, count).await?;
    let server = JwtAuthentication::open(config, stores, keys)
        .map_err(|error| SeedError::Credential(error.into()))?;
    while let Some(users) = seed.portion().await? {
        let ids: Vec<_> = users.iter().map(|user| user.id).collect();
        let families = stores.families.create_all(&ids, SEEDED_DEVICE).await?;
        let lines = issue_all(&server, &users, &families)
            .map_err(|error| SeedError::Credential(error.to_string().into()))?;
        for (line, refresh_token) in lines {
            writeln!(write, "{line}\t{refresh_token}")?;
        }
    }
    Ok(write.flush()?)
}

/// What each client would keep of its login, in the order of the users. Signing is what takes the time, so every core signs.
fn issue_all(
    server: &JwtAuthentication,
    users: &[User],
    families: &[TokenFamily],
) -> Result<Vec<(String, String)>, ApiError> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = users.len().div_ceil(cores).max(1);
    let issue = |(users, families): (&[User], &[TokenFamily])| -> Result<Vec<_>, ApiError> {
        let logins = users.iter().zip(families);
        logins
            .map(|(user, family)| Ok(server.kept_of(&server.answer(user, family)?)))
            .collect()
    };
    let shares = thread::scope(|scope| {
        let shares = users.chunks(share).zip(families.chunks(share));
        let threads: Vec<_> = shares
            .map(|share| scope.spawn(move || issue(share)))
            .collect();
        let ended = threads.into_iter().map(thread::ScopedJoinHandle::join);
        ended
            .map(|share| share.map_err(|_| ApiError::internal("a signing thread panicked"))?)
            .collect::<Result<Vec<_>, _>>()
    })?;
    Ok(shares.concat())
}
