//! The settings of the session server.

use std::time::Duration;

use bank::{ConfigError, CookieConfig, HttpConfig, LoginConfig, Transport};
use serde::{Deserialize, Serialize};
use user_store::Timeouts;

use crate::store::SessionStoreKind;

/// Half a GiB.
const MOST_REMEMBERED_ROWS: usize = 1_000_000;

/// What a session server is built from. The default is the most secure that works.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SessionConfig {
    /// How the session id travels.
    pub transport: Transport,
    /// Where sessions are kept: `database`, `memory`, or `dangerously-cookie`: not on the server but in the cookie, encrypted, where
    /// no logout, ban, password change or change of role reaches a copy before the absolute timeout, and no idle timeout does.
    pub store: SessionStoreKind,
    /// A session ends when it was not used for this long.
    #[serde(with = "humantime_serde")]
    #[schema(value_type = String, format = "duration")]
    pub idle_timeout: Duration,
    /// A session ends this long after the login, used or not.
    #[serde(with = "humantime_serde")]
    #[schema(value_type = String, format = "duration")]
    pub absolute_timeout: Duration,
    /// How many sessions are not read again from SQLite while nobody has changed them: about half a KiB each, and 0 for none. What is
    /// changed, in this process or another, is seen by the next request all the same.
    pub remembered_rows: usize,
    /// Keeps the session id that the browser brings to a login, where it is well-formed and free: whoever planted it is in
    /// the session from then on (session fixation).
    pub dangerously_adopt_session_id: bool,
    /// The cookie of cookie transport.
    pub cookie: CookieConfig,
    /// How much may go wrong at a login.
    pub login: LoginConfig,
    /// What both servers ask of every request.
    pub http: HttpConfig,
}

impl Default for SessionConfig {
    fn default() -> Self {
        let Timeouts { idle, absolute } = Timeouts::default();
        Self {
            transport: Transport::Cookie,
            store: SessionStoreKind::default(),
            idle_timeout: idle,
            absolute_timeout: absolute,
            remembered_rows: 10_000,
            dangerously_adopt_session_id: false,
            cookie: CookieConfig::default(),
            login: LoginConfig::default(),
            http: HttpConfig::default(),
        }
    }
}

impl SessionConfig {
    /// The name of the cookie.
    #[must_use]
    pub fn cookie_name(&self) -> String {
        self.cookie.name("session")
    }

    /// The two timeouts, for the session store.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        Timeouts {
            idle: self.idle_timeout,
            absolute: self.absolute_timeout,
        }
    }

    /// Checks the settings against each other.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut problems = self.cookie.problems();
        problems.extend(self.login.problems());
        problems.extend(self.http.problems());
        if self.idle_timeout.is_zero() {
            problems.push("idle_timeout: must be at least 1s".to_owned());
        }
        if self.idle_timeout > self.absolute_timeout {
            problems.push("idle_timeout: cannot be longer than absolute_timeout".to_owned());
        }
        if self.remembered_rows > MOST_REMEMBERED_ROWS {
            problems.push("remembered_rows: at most 1000000".to_owned());
        }
        if self.store == SessionStoreKind::DangerouslyCookie && self.transport == Transport::Header
        {
            problems.push(
                "store: `dangerously-cookie` needs transport `cookie`, since in a header nothing encrypts and signs it"
                    .to_owned(),
            );
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(ConfigError { problems })
        }
    }
}
