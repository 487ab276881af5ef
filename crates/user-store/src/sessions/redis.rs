//! Sessions in Redis, or Valkey.

mod connection;
mod rows;
mod scripts;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use redis::{Script, ScriptInvocation, cmd};
use token_core::clock::{Clock, UnixSeconds};
use tokio::runtime::Handle;

use self::connection::Connection;
use self::rows::{FIELDS, Fields};
use super::id::public_id_range;
use super::{NewSession, Session, SessionId, Sessions, Timeouts, describe_at};
use crate::step::{record, record_changed, record_count};
use crate::{Role, StoreError, UserId, step};

pub use self::connection::RedisUrlError;

/// How much longer than it can be used a row is kept at least, so that neither the fractions of seconds nor a difference between the
/// clocks of two machines ends a session early.
const SLACK: Duration = Duration::from_secs(60);

/// The longest that Redis is told to keep anything, which is for ever as far as a session goes.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 86_400);

/// How many sessions are opened by one script. Redis does nothing else meanwhile, so it takes a few milliseconds and no more.
const BULK_CHUNK: usize = 500;

/// How often all that is stored is gone through to end it, at most. Twice is what it takes unless somebody is logging in all the while.
const PASSES: usize = 8;

/// Sessions in a Redis: many processes on many machines share them, and a change of any is what the next read of all the others finds.
///
/// *Shape*: a session is a hash at `svt:session:<SHA-256 of its id>` with the fields of [`Session`]; `svt:user:<user_id>` is the sorted set
/// of a user's sessions, by their absolute end; `svt:renewed:<public id>` says which session an id was renewed into. All of them
/// expire by themselves: a session about a minute after it was idle for too long, and everything at the absolute end at the latest.
/// A load is one command, and once in [`Timeouts::touch_interval`] one more; every other operation on a session is one script, which Redis
/// runs without anything between its commands. Times are those of our clock; Redis counts down lifetimes alone.
///
/// *Engine*: Redis 6 or later, or Valkey. Where it is down or hangs, every operation fails within a second, as
/// [`StoreError::Unavailable`], and the next one tries again. A change that failed so may still have been made, or be made when a hanging
/// Redis goes on: a login whose answer was lost leaves a session that nobody has the id of, and a lost renewal ends the session for its user.
///
/// *Security*: who reads the store cannot use its sessions, since ids are kept as hashes alone; who writes to it can make any.
/// The connection is not encrypted, so Redis belongs on this machine or on a network that nobody else reads, with a password.
/// Three ways to run it are not defended against:
/// - *Eviction*. With a `maxmemory-policy` other than `noeviction`, Redis drops keys when its memory is full, `volatile-*` ours among the
///   first: users are logged out early, and, where a user's index goes before the sessions in it, ending all sessions of that user or
///   changing their role misses those.
/// - *Asynchronous replication*, as all replication of Redis is. A fail-over forgets the last changes that the primary had acknowledged:
///   a login, which is no harm; but also a logout, and that session is open again until it times out.
/// - *Loss of power*. The same holds for what Redis had not yet synced: with `appendfsync everysec` the last second, without
///   an append-only file all since the last snapshot.
///
/// Redis Cluster is not supported. The keys of one script would have to share a slot there, and those of a user's sessions, of the
/// index and of what an id was renewed into cannot: the id in a cookie does not tell whose session it is.
pub struct RedisSessions {
    connection: Connection,
    clock: Arc<dyn Clock>,
    timeouts: Timeouts,
}

impl fmt::Debug for RedisSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address in full has the password in it.
        f.debug_struct("RedisSessions")
            .field("address", &self.connection.address())
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

impl RedisSessions {
    /// Sessions in the Redis at `redis://[user:password@]host[:port][/db]`, living by this clock.
    ///
    /// Nothing is connected to yet: a server starts while its Redis is down, and has sessions once that is there. Connections are made and
    /// driven on the runtime that this is called on, which has to outlive the store; a thread that is a runtime of its own drives its own.
    ///
    /// # Panics
    ///
    /// Where it is called on no runtime.
    pub fn open(
        url: &str,
        clock: Arc<dyn Clock>,
        timeouts: Timeouts,
    ) -> Result<Self, RedisUrlError> {
        Ok(Self {
            connection: Connection::open(url, Handle::current())?,
            clock,
            timeouts,
        })
    }

    /// For how many seconds a row is kept after a use.
    fn kept(&self) -> u64 {
        let kept = self.timeouts.idle.saturating_add(SLACK);
        kept.min(LONGEST).as_secs()
    }

    /// Opens a session where the id has no row; says whether it had none.
    async fn insert(&self, id: &SessionId, new: NewSession) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "HSET session");
        let created = self.insert_all(&[(id.hash().hex(), new)]).await?;
        record_changed(&step, created == 1);
        Ok(created == 1)
    }

    async fn insert_all(&self, new: &[(String, NewSession)]) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let expires_at = now.plus(self.timeouts.absolute.min(LONGEST));
        let mut script = scripts::CREATE.prepare_invoke();
        script.arg(now.0).arg(self.clock.wall().0);
        script.arg(self.kept()).arg(expires_at.0);
        for (hash, new) in new {
            script.arg(hash).arg(new.user_id.0).arg(&new.username);
            script.arg(new.role.as_str()).arg(&new.device);
        }
        self.connection.script(&script).await
    }

    /// Records this use if the recorded one is old; `false` where the session has gone meanwhile.
    async fn touch(
        &self,
        hash: &str,
        session: &mut Session,
        now: UnixSeconds,
    ) -> Result<bool, StoreError> {
        let interval = self.timeouts.touch_interval();
        if now.since(session.seen_at) < interval {
            return Ok(true);
        }
        let step = step!(authentication, write, "HSET session");
        let mut script = with(&scripts::TOUCH, hash);
        script.arg(now.0).arg(now.minus(interval).0);
        script.arg(self.kept());
        let seen_at: Option<i64> = self.connection.script(&script).await?;
        record_changed(&step, seen_at.is_some());
        if let Some(seen_at) = seen_at {
            session.seen_at = UnixSeconds(seen_at);
            session.idle_expires_at = session.seen_at.plus(self.timeouts.idle);
        }
        Ok(seen_at.is_some())
    }

    fn sessions(&self, rows: Vec<(String, Fields)>) -> Result<Vec<Session>, StoreError> {
        rows.into_iter()
            .filter_map(|(hash, fields)| rows::session(&hash, fields, &self.timeouts).transpose())
            .collect()
    }

    /// Ends what is past its absolute end at `bound`, or everything; says how many sessions that were.
    async fn end_all(&self, bound: Option<UnixSeconds>) -> Result<u64, StoreError> {
        let (mut cursor, mut ended) = ("0".to_owned(), 0);
        loop {
            let mut script = with(&scripts::END_PART, &cursor);
            script.arg(bound.map_or_else(String::new, |bound| bound.0.to_string()));
            let (next, part): (String, u64) = self.connection.script(&script).await?;
            ended += part;
            if next == "0" {
                return Ok(ended);
            }
            cursor = next;
        }
    }
}

/// A call of a script with its first argument.
fn with<'a>(script: &'a Script, argument: &str) -> ScriptInvocation<'a> {
    script.arg(argument)
}

#[async_trait]
impl Sessions for RedisSessions {
    async fn create(&self, new: NewSession) -> Result<SessionId, StoreError> {
        let id = SessionId::generate();
        // A fresh id of 256 random bits has no row.
        self.insert(&id, new).await?;
        Ok(id)
    }

    async fn create_all(&self, new: Vec<NewSession>) -> Result<Vec<SessionId>, StoreError> {
        let step = step!(authentication, write, "HSET sessions");
        let ids: Vec<_> = new.iter().map(|_| SessionId::generate()).collect();
        let hashes = ids.iter().map(|id| id.hash().hex());
        let rows: Vec<_> = hashes.zip(new).collect();
        for chunk in rows.chunks(BULK_CHUNK) {
            self.insert_all(chunk).await?;
        }
        record_count(&step, ids.len() as u64);
        Ok(ids)
    }

    async fn dangerously_create_as(
        &self,
        id: &SessionId,
        new: NewSession,
    ) -> Result<bool, StoreError> {
        self.insert(id, new).await
    }

    async fn load(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let step = step!(authentication, read, "HMGET session");
        let hash = id.hash().hex();
        let now = self.clock.now();
        let mut command = cmd("HMGET");
        command.arg(format!("svt:session:{hash}")).arg(&FIELDS);
        let fields: Fields = self.connection.command(&command).await?;
        let found = rows::session(&hash, fields, &self.timeouts)?;
        record(&step, || describe_at(found.as_ref(), now));
        drop(step);
        let Some(mut session) = found.filter(|session| session.is_live(now)) else {
            return Ok(None);
        };
        let is_there = self.touch(&hash, &mut session, now).await?;
        Ok(is_there.then_some(session))
    }

    async fn renew(&self, id: &SessionId) -> Result<Option<SessionId>, StoreError> {
        let step = step!(authentication, write, "RENAME session");
        let renewed = SessionId::generate();
        let now = self.clock.now();
        let mut script = with(&scripts::RENEW, &id.hash().hex());
        script.arg(renewed.hash().hex()).arg(now.0);
        script.arg(now.minus(self.timeouts.idle).0).arg(self.kept());
        let changed: bool = self.connection.script(&script).await?;
        record_changed(&step, changed);
        Ok(changed.then_some(renewed))
    }

    async fn delete(&self, id: &SessionId) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "DEL session");
        let script = with(&scripts::DELETE, &id.hash().hex());
        let ended: u64 = self.connection.script(&script).await?;
        record_changed(&step, ended > 0);
        Ok(ended > 0)
    }

    async fn delete_one_of(&self, user: UserId, public_id: &str) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "DEL session");
        let ended: u64 = match public_id_range(public_id) {
            None => 0,
            Some(_) => {
                let mut script = with(&scripts::DELETE_ONE_OF, &user.to_string());
                self.connection.script(script.arg(public_id)).await?
            }
        };
        record_changed(&step, ended > 0);
        Ok(ended > 0)
    }

    async fn delete_all_of(
        &self,
        user: UserId,
        except: Option<&SessionId>,
    ) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DEL sessions");
        let kept = except.map_or_else(String::new, |id| id.hash().hex());
        let mut script = with(&scripts::DELETE_ALL_OF, &user.to_string());
        let ended = self.connection.script(script.arg(kept)).await?;
        record_count(&step, ended);
        Ok(ended)
    }

    async fn list_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let step = step!(authentication, read, "HMGET sessions");
        let now = self.clock.now();
        let script = with(&scripts::LIST_OF, &user.to_string());
        let mut sessions = self.sessions(self.connection.script(&script).await?)?;
        sessions.retain(|session| session.is_live(now));
        sessions.sort_by(|a, b| (b.seen_at, &a.public_id).cmp(&(a.seen_at, &b.public_id)));
        record_count(&step, sessions.len() as u64);
        Ok(sessions)
    }

    async fn list_all(&self, limit: u32) -> Result<Vec<Session>, StoreError> {
        let step = step!(authentication, read, "SCAN sessions");
        // A scan may come across a key more than once.
        let (mut cursor, mut found) = ("0".to_owned(), BTreeMap::new());
        loop {
            let script = with(&scripts::SCAN, &cursor);
            let (next, rows): (String, Vec<(String, Fields)>) =
                self.connection.script(&script).await?;
            found.extend(rows);
            if next == "0" {
                break;
            }
            cursor = next;
        }
        let mut sessions = self.sessions(found.into_iter().collect())?;
        sessions.sort_by(|a, b| (b.created_at, &a.public_id).cmp(&(a.created_at, &b.public_id)));
        sessions.truncate(limit as usize);
        record_count(&step, sessions.len() as u64);
        Ok(sessions)
    }

    async fn set_role_of(&self, user: UserId, role: Role) -> Result<(), StoreError> {
        let step = step!(authentication, write, "HSET sessions");
        let mut script = with(&scripts::SET_ROLE_OF, &user.to_string());
        let changed = self.connection.script(script.arg(role.as_str())).await?;
        record_count(&step, changed);
        Ok(())
    }

    async fn clear(&self) -> Result<(), StoreError> {
        let step = step!(authentication, write, "DEL sessions");
        let mut ended = 0;
        // A session that is renewed meanwhile moves, and a scan may have been past where it goes: until a scan finds nothing.
        for _ in 0..PASSES {
            let part = self.end_all(None).await?;
            ended += part;
            if part == 0 {
                record_count(&step, ended);
                return Ok(());
            }
        }
        Err(StoreError::Busy)
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DEL sessions");
        // Redis has removed most of it already: what is left is of a clock that is ahead of the engine's.
        let ended = self.end_all(Some(self.clock.wall())).await?;
        record_count(&step, ended);
        Ok(ended)
    }

    fn store_name(&self) -> &'static str {
        "redis"
    }
}
