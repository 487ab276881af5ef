//! Many logins at once, for a measurement of what a full store costs.

use std::io::Write;

use actix_web::cookie::{Cookie, CookieJar, Key};
use bank::{DangerousSeed, SEEDED_DEVICE, SeedError, Transport};
use token_core::key_folder::KeyFolder;
use user_store::{NewSession, Stores, User};

use crate::config::SessionConfig;

/// Registers `count` users and logs each in once, into the sessions of `stores`. A line for each login goes to `write`: the
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
    while let Some(users) = seed.portion().await? {
        let new = users.into_iter().map(new_session).collect();
        for id in stores.sessions.create_all(new).await? {
            let line = match config.transport {
                Transport::Cookie => signed(config.cookie_name(), id.expose(), &key),
                Transport::Header => format!("Authorization: Bearer {}", id.expose()),
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

/// The header by which a browser sends back the cookie that actix-session sets: signed, and then encoded.
fn signed(name: String, value: &str, key: &Key) -> String {
    let mut jar = CookieJar::new();
    jar.signed_mut(key).add(Cookie::new(name, value.to_owned()));
    let lines: Vec<_> = jar
        .delta()
        .map(|cookie| cookie.encoded().to_string())
        .collect();
    format!("Cookie: {}", lines.concat())
}
