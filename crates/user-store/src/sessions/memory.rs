//! Sessions in the memory of this process: the fastest, and gone with it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use token_core::clock::{Clock, UnixSeconds};

use super::id::public_id;
use super::{NewSession, Session, SessionId, Sessions, Timeouts, describe_at};
use crate::step::{record, record_changed, record_count};
use crate::{Role, StoreError, UserId, step};

/// Sessions in a map.
#[derive(Debug)]
pub struct MemorySessions {
    clock: Arc<dyn Clock>,
    timeouts: Timeouts,
    /// Locked by every operation for a few map look-ups and never across an await, so a plain mutex does.
    state: Mutex<State>,
}

/// Sessions by the hash of their id. The ids themselves are kept nowhere, as in the other backends.
#[derive(Debug, Default)]
struct State {
    sessions: HashMap<[u8; 32], Row>,
    /// Which session an id was renewed into, so that logging out under the old id still ends it.
    renewed: HashMap<[u8; 32], [u8; 32]>,
}

#[derive(Debug, Clone)]
struct Row {
    new: NewSession,
    created_at: UnixSeconds,
    seen_at: UnixSeconds,
    expires_at: UnixSeconds,
}

impl State {
    fn remove_where(&mut self, ended: impl Fn(&[u8; 32], &Row) -> bool) -> u64 {
        let before = self.sessions.len();
        self.sessions.retain(|hash, row| !ended(hash, row));
        let sessions = &self.sessions;
        self.renewed.retain(|_, hash| sessions.contains_key(hash));
        (before - sessions.len()) as u64
    }
}

impl MemorySessions {
    /// The name of the backend.
    pub const NAME: &str = "memory";

    /// An empty store.
    pub fn new(clock: Arc<dyn Clock>, timeouts: Timeouts) -> Self {
        Self {
            clock,
            timeouts,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No operation leaves the maps half changed where it could panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session where the id has no row; says whether it had none.
    fn insert(&self, id: &SessionId, new: NewSession) -> bool {
        let step = step!(authentication, write, "INSERT session");
        let now = self.clock.now();
        let row = Row {
            new,
            created_at: now,
            seen_at: now,
            expires_at: now.plus(self.timeouts.absolute),
        };
        let mut state = self.state();
        let place = state.sessions.entry(*id.hash().as_bytes());
        let is_free = matches!(place, Entry::Vacant(_));
        place.or_insert(row);
        record_changed(&step, is_free);
        is_free
    }

    fn session(&self, hash: &[u8; 32], row: &Row) -> Session {
        Session {
            public_id: public_id(hash),
            user_id: row.new.user_id,
            username: row.new.username.clone(),
            role: row.new.role,
            device: row.new.device.clone(),
            created_at: row.created_at,
            seen_at: row.seen_at,
            idle_expires_at: row.seen_at.plus(self.timeouts.idle),
            expires_at: row.expires_at,
        }
    }

    fn is_live(&self, row: &Row, now: UnixSeconds) -> bool {
        now < row.expires_at && now < row.seen_at.plus(self.timeouts.idle)
    }
}

#[async_trait]
impl Sessions for MemorySessions {
    async fn create(&self, new: NewSession) -> Result<SessionId, StoreError> {
        let id = SessionId::generate();
        // A fresh id of 256 random bits has no row.
        self.insert(&id, new);
        Ok(id)
    }

    async fn dangerously_create_as(
        &self,
        id: &SessionId,
        new: NewSession,
    ) -> Result<bool, StoreError> {
        Ok(self.insert(id, new))
    }

    async fn load(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        let step = step!(authentication, read, "SELECT session");
        let hash = *id.hash().as_bytes();
        let now = self.clock.now();
        let session = {
            let mut state = self.state();
            state.sessions.get_mut(&hash).map(|row| {
                let is_due = now.since(row.seen_at) >= self.timeouts.touch_interval();
                if is_due && self.is_live(row, now) {
                    row.seen_at = now;
                }
                self.session(&hash, row)
            })
        };
        record(&step, || describe_at(session.as_ref(), now));
        Ok(session.filter(|session| session.is_live(now)))
    }

    async fn renew(&self, id: &SessionId) -> Result<Option<SessionId>, StoreError> {
        let step = step!(authentication, write, "UPDATE session");
        let (old, renewed) = (*id.hash().as_bytes(), SessionId::generate());
        let new = *renewed.hash().as_bytes();
        let now = self.clock.now();
        let changed = {
            let mut state = self.state();
            let live = state
                .sessions
                .get(&old)
                .is_some_and(|row| self.is_live(row, now));
            match state.sessions.remove(&old) {
                Some(mut row) if live => {
                    row.seen_at = row.seen_at.max(now);
                    state.sessions.insert(new, row);
                    for hash in state.renewed.values_mut().filter(|hash| **hash == old) {
                        *hash = new;
                    }
                    state.renewed.insert(old, new);
                }
                // An ended session stays as it is until it is swept.
                Some(row) => {
                    state.sessions.insert(old, row);
                }
                None => {}
            }
            live
        };
        record_changed(&step, changed);
        Ok(changed.then_some(renewed))
    }

    async fn delete(&self, id: &SessionId) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "DELETE session");
        let hash = *id.hash().as_bytes();
        let deleted = {
            let mut state = self.state();
            let target = state.renewed.get(&hash).copied().unwrap_or(hash);
            let found = state.sessions.remove(&target).is_some();
            state.renewed.retain(|_, into| *into != target);
            found
        };
        record_changed(&step, deleted);
        Ok(deleted)
    }

    async fn delete_one_of(&self, user: UserId, public: &str) -> Result<bool, StoreError> {
        let step = step!(authentication, write, "DELETE session");
        let deleted = {
            let mut state = self.state();
            let mut renewed = state.renewed.iter();
            let into = renewed
                .find(|(old, _)| public_id(old) == public)
                .map(|(_, into)| *into);
            state.remove_where(|hash, row| {
                row.new.user_id == user && (public_id(hash) == public || Some(*hash) == into)
            })
        };
        record_changed(&step, deleted > 0);
        Ok(deleted > 0)
    }

    async fn delete_all_of(
        &self,
        user: UserId,
        except: Option<&SessionId>,
    ) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DELETE sessions");
        let kept = except.map(|id| *id.hash().as_bytes());
        let deleted = self
            .state()
            .remove_where(|hash, row| row.new.user_id == user && Some(*hash) != kept);
        record_count(&step, deleted);
        Ok(deleted)
    }

    async fn list_of(&self, user: UserId) -> Result<Vec<Session>, StoreError> {
        let step = step!(authentication, read, "SELECT sessions");
        let now = self.clock.now();
        let mut sessions: Vec<_> = self
            .state()
            .sessions
            .iter()
            .filter(|(_, row)| row.new.user_id == user && self.is_live(row, now))
            .map(|(hash, row)| self.session(hash, row))
            .collect();
        sessions.sort_by(|a, b| (b.seen_at, &a.public_id).cmp(&(a.seen_at, &b.public_id)));
        record_count(&step, sessions.len() as u64);
        Ok(sessions)
    }

    async fn list_all(&self, limit: u32) -> Result<Vec<Session>, StoreError> {
        let step = step!(authentication, read, "SELECT sessions");
        let mut sessions: Vec<_> = self
            .state()
            .sessions
            .iter()
            .map(|(hash, row)| self.session(hash, row))
            .collect();
        sessions.sort_by(|a, b| (b.created_at, &a.public_id).cmp(&(a.created_at, &b.public_id)));
        sessions.truncate(limit as usize);
        record_count(&step, sessions.len() as u64);
        Ok(sessions)
    }

    async fn set_role_of(&self, user: UserId, role: Role) -> Result<(), StoreError> {
        let step = step!(authentication, write, "UPDATE sessions");
        let mut changed = 0;
        for row in self.state().sessions.values_mut() {
            if row.new.user_id == user {
                row.new.role = role;
                changed += 1;
            }
        }
        record_count(&step, changed);
        Ok(())
    }

    async fn clear(&self) -> Result<(), StoreError> {
        let step = step!(authentication, write, "DELETE sessions");
        let deleted = self.state().remove_where(|_, _| true);
        record_count(&step, deleted);
        Ok(())
    }

    async fn sweep(&self) -> Result<u64, StoreError> {
        let step = step!(authentication, write, "DELETE sessions");
        let wall = self.clock.wall();
        let swept = self.state().remove_where(|_, row| row.expires_at <= wall);
        record_count(&step, swept);
        Ok(swept)
    }

    fn store_name(&self) -> &'static str {
        Self::NAME
    }
}
