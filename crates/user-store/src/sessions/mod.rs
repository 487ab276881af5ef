//! Sessions: the state that a session cookie refers to.

mod id;
mod memory;
mod postgres;
mod redis;
mod sqlite;
mod touches;

pub use id::SessionId;
pub use memory::MemorySessions;
// Not by the bare name, which is also that of the crate that it is written with.
pub use self::redis::{RedisSessions, RedisUrlError};
pub use postgres::PostgresSessions;
pub use sqlite::SqliteSessions;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use token_core::clock::{Clock, UnixSeconds};

use crate::sqlite::Database;
use crate::{Role, StoreError, UserId};

/// How long a session lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// A session not used for this long has ended. It never ends late, and at most 60 seconds early.
    pub idle: Duration,
    /// A session this old has ended, however busy; exact to the second. Renewing the id does not prolong it.
    pub absolute: Duration,
}

impl Default for Timeouts {
    /// 30 minutes idle, 12 hours in all: what OWASP's session cheat sheet gives for low-risk applications and a working day.
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30 * 60),
            absolute: Duration::from_secs(12 * 60 * 60),
        }
    }
}

impl Timeouts {
    /// How old the recorded time of last use may become before a use is recorded again.
    ///
    /// A minute, so that reading is not writing (a write on each request triples the cost of a session); less for an idle timeout of
    /// under four minutes, which a whole minute would cut down to nothing.
    pub fn touch_interval(&self) -> Duration {
        let quarter = Duration::from_secs((self.idle.as_secs() / 4).max(1));
        quarter.min(Duration::from_secs(60))
    }
}

/// A session to be opened. It names the user in full, since the store of sessions need not hold the users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Whose it is.
    pub user_id: UserId,
    /// Their name.
    pub username: String,
    /// What they may do.
    pub role: Role,
    /// Where it was opened, for the user's list of sessions.
    pub device: String,
}

/// A session, without the id that opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// A name for lists and for [`Sessions::delete_one_of`]: half of the id's hash in hex, which opens nothing.
    pub public_id: String,
    /// Whose it is.
    pub user_id: UserId,
    /// Their name.
    pub username: String,
    /// What they may do.
    pub role: Role,
    /// Where it was opened.
    pub device: String,
    /// When it was opened.
    pub created_at: UnixSeconds,
    /// When it was last used, at most a minute behind.
    pub seen_at: UnixSeconds,
    /// When it ends unless used before.
    pub idle_expires_at: UnixSeconds,
    /// When it ends in any case.
    pub expires_at: UnixSeconds,
}

impl Session {
    /// Whether the session has not ended by then.
    pub fn is_live(&self, now: UnixSeconds) -> bool {
        now < self.idle_expires_at && now < self.expires_at
    }
}

/// The sessions of all users.
///
/// What is stored is the hash of an id, never the id: who reads the store cannot use its sessions.
#[async_trait]
pub trait Sessions: std::fmt::Debug + Send + Sync {
    /// Opens a session.
    async fn create(&self, new: NewSession) -> Result<SessionId, StoreError>;
    /// Opens many sessions; their ids, in the same order. Where it fails, some of them may have been opened.
    async fn create_all(&self, new: Vec<NewSession>) -> Result<Vec<SessionId>, StoreError> {
        let mut ids = Vec::with_capacity(new.len());
        for new in new {
            ids.push(self.create(new).await?);
        }
        Ok(ids)
    }
    /// Opens a session under an id that somebody knows already; `false`, and nothing is changed, where the id has a row.
    ///
    /// *Security*: whoever knew the id is in the session. It exists to show what [`Sessions::create`] prevents.
    async fn dangerously_create_as(
        &self,
        id: &SessionId,
        new: NewSession,
    ) -> Result<bool, StoreError>;
    /// The live session of this id. An ended one is `None`, though its row stays until it is swept.
    async fn load(&self, id: &SessionId) -> Result<Option<Session>, StoreError>;
    /// Gives a live session a new id, and the old one opens nothing any more.
    ///
    /// One conditional operation: where the session has gone, `None` is returned and nothing is written, so that a renewal in flight cannot undo a logout.
    async fn renew(&self, id: &SessionId) -> Result<Option<SessionId>, StoreError>;
    /// Ends a session; says whether there was one.
    ///
    /// Ends it also under an id that has meanwhile been renewed: once this has returned, nothing that came of that id can be loaded.
    async fn delete(&self, id: &SessionId) -> Result<bool, StoreError>;
    /// Ends the session of this [`Session::public_id`] if it is the user's; says whether it was.
    async fn delete_one_of(&self, user: UserId, public_id: &str) -> Result<bool, StoreError>;
    /// Ends all sessions of a user but one; says how many there were.
    async fn delete_all_of(
        &self,
        user: UserId,
        except: Option<&SessionId>,
    ) -> Result<u64, StoreError>;
    /// The live sessions of a user, the last used first.
    async fn list_of(&self, user: UserId) -> Result<Vec<Session>, StoreError>;
    /// All that is stored, ended or not, the newest first. For the lab alone, which shows the store.
    async fn list_all(&self, limit: u32) -> Result<Vec<Session>, StoreError>;
    /// Changes what the user may do in every session already open.
    async fn set_role_of(&self, user: UserId, role: Role) -> Result<(), StoreError>;
    /// Ends everything.
    async fn clear(&self) -> Result<(), StoreError>;
    /// Removes what is past its absolute end by the wall clock, never by a shifted one; says how many.
    async fn sweep(&self) -> Result<u64, StoreError>;
    /// The name of the backend.
    fn store_name(&self) -> &'static str;
}

/// A backend of sessions: its name and how to make one.
#[derive(Debug)]
pub struct Backend {
    /// What [`Sessions::store_name`] says.
    pub name: &'static str,
    /// Makes one. Backends that live elsewhere leave the database alone.
    pub open: fn(Database, Arc<dyn Clock>, Timeouts) -> Arc<dyn Sessions>,
}

/// Every backend that needs no engine. The conformance suite walks it, so a new one is a file and a row; those in an engine have tests of their
/// own, which start it and run the same suite.
pub const ALL: &[Backend] = &[
    Backend {
        name: "memory",
        open: |_, clock, timeouts| Arc::new(MemorySessions::new(clock, timeouts)),
    },
    Backend {
        name: "sqlite",
        open: |database, clock, timeouts| Arc::new(SqliteSessions::new(database, clock, timeouts)),
    },
];

/// What a step says of a session that was looked for: "alice, until 10:30", that it has expired and when, or that there is none.
fn describe_at(session: Option<&Session>, now: UnixSeconds) -> String {
    let Some(session) = session else {
        return "no row".to_owned();
    };
    let end = session.idle_expires_at.min(session.expires_at).to_rfc3339();
    if session.is_live(now) {
        format!(
            "{}, until {}",
            session.username,
            end.get(11..16).unwrap_or(&end)
        )
    } else {
        format!("expired at {end}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_tells_a_session_that_lives_from_one_that_has_expired_and_from_none() {
        let seen_at = UnixSeconds(1_795_428_000);
        let session = Session {
            public_id: String::new(),
            user_id: UserId(1),
            username: "alice".to_owned(),
            role: Role::Customer,
            device: String::new(),
            created_at: seen_at,
            seen_at,
            idle_expires_at: UnixSeconds(seen_at.0 + 1_800),
            expires_at: UnixSeconds(seen_at.0 + 43_200),
        };
        let said = |session, after| describe_at(session, UnixSeconds(seen_at.0 + after));
        assert_eq!(said(Some(&session), 1_799), "alice, until 10:30");
        assert_eq!(
            said(Some(&session), 1_800),
            "expired at 2026-11-23T10:30:00Z"
        );
        assert_eq!(said(None, 0), "no row");
    }
}
