//! Many logins at once, for a measurement of what a full store costs.

use std::io::Write;

use actix_web::cookie::Key;
use bank::{DangerousSeed, SEEDED_DEVICE, SeedError, Transport};
use token_core::key_folder::KeyFolder;
use user_store::{NewSession, Stores, User};

use crate::config::SessionConfig;
use crate::cookie;
use crate::ticket::Tickets;

/// Registers `count` users and logs each in once, into the sessions of `stores`, or into the cookies alone. A line for each login goes to `write`: the
/// header that a request carries (`Cookie: name=…`, or `Authorization: Bearer …` in header transport).
///
/// *Security*: what is written opens every one of these sessions; see [`DangerousSeed`].
///
/// # Errors
/// [`SeedError`].
pub async fn dangerously_seed(
    config: &SessionConfig,
    stores: &Stores,
    keys: &KeyFolder,
    count: u32,
    mut write: impl Write,
) -> Result<(), SeedError> {
    config.validate()?;
    let mut seed = DangerousSeed::begin(stores, &config.http, count).await?;
    let key = Key::from(keys.cookie_key().expose());
    let tickets = Tickets::of(config, stores);
    while let Some(users) = seed.portion().await? {
        let new: Vec<_> = users.into_iter().map(new_session).collect();
        let ids = stores.sessions.create_all(new.clone()).await?;
        for (id, new) in ids.iter().zip(new) {
            let ticket = tickets.write(id, new).map_err(credential)?;
            let line = match config.transport {
                Transport::Cookie => format!("Cookie: {}", cookie::sent_back(config, ticket, &key)),
                Transport::Header => format!("Authorization: Bearer {ticket}"),
            };
            writeln!(write, "{line}")?;
        }
    }
    Ok(write.flush()?)
}

fn new_session(user: User) -> NewSession {
    NewSession {
        user_id: user.id,
        username: user.username,
        role: user.role,
        device: SEEDED_DEVICE.to_owned(),
    }
}

fn credential(error: serde_json::Error) -> SeedError {
    SeedError::Credential(error.into())
}
