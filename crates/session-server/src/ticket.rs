//! What a client carries of its session: the id of a row, or, where the settings say so, the session itself.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use token_core::clock::{Clock, UnixSeconds};
use user_store::users::{Role, UserId};
use user_store::{NewSession, SessionId, Sessions, StoreError, Stores, step};

use crate::config::SessionConfig;
use crate::store::SessionStoreKind;

/// Writes tickets, and reads who brings one. Nothing else reads a session, whether its ticket came in a cookie or in a header.
#[derive(Clone, Debug)]
pub(crate) enum Tickets {
    /// The ticket is an id, and what it opens is a row.
    Ids(Arc<dyn Sessions>),
    /// The ticket says everything; see [`SessionStoreKind::DangerouslyCookie`].
    DangerouslyWhole {
        /// By which it expires.
        clock: Arc<dyn Clock>,
        /// How long it lasts.
        lifetime: Duration,
    },
}

/// A session that has not ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Live {
    /// Its name in lists.
    pub(crate) public_id: String,
    pub(crate) user_id: UserId,
    pub(crate) username: String,
    pub(crate) role: Role,
    /// When it ends at the latest.
    pub(crate) expires_at: UnixSeconds,
}

impl Tickets {
    pub(crate) fn of(config: &SessionConfig, stores: &Stores) -> Self {
        match config.store {
            SessionStoreKind::Database | SessionStoreKind::Memory => {
                Self::Ids(Arc::clone(&stores.sessions))
            }
            SessionStoreKind::DangerouslyCookie => Self::DangerouslyWhole {
                clock: Arc::clone(&stores.clock),
                lifetime: config.absolute_timeout,
            },
        }
    }

    /// The ticket of a session that was just opened.
    pub(crate) fn write(&self, id: &SessionId, new: NewSession) -> serde_json::Result<String> {
        match self {
            Self::Ids(_) => Ok(id.expose().to_owned()),
            Self::DangerouslyWhole { clock, lifetime } => serde_json::to_string(&Live {
                public_id: id.public_id(),
                user_id: new.user_id,
                username: new.username,
                role: new.role,
                expires_at: clock.now().plus(*lifetime),
            }),
        }
    }

    /// The session that the ticket opens now, if it does.
    pub(crate) async fn read(&self, ticket: &str) -> Result<Option<Live>, StoreError> {
        match self {
            Self::Ids(sessions) => {
                let Some(id) = SessionId::from_text(ticket) else {
                    return Ok(None);
                };
                Ok(sessions.load(&id).await?.map(|row| Live {
                    public_id: row.public_id,
                    user_id: row.user_id,
                    username: row.username,
                    role: row.role,
                    expires_at: row.expires_at.min(row.idle_expires_at),
                }))
            }
            Self::DangerouslyWhole { clock, .. } => Ok(read_whole(ticket, clock.now())),
        }
    }
}

fn read_whole(ticket: &str, now: UnixSeconds) -> Option<Live> {
    let step = step!(authentication, compute, "read session from cookie");
    let session: Option<Live> = serde_json::from_str(ticket).ok();
    let (live, result) = match session {
        None => (None, "no session".to_owned()),
        Some(ended) if ended.expires_at <= now => {
            let end = ended.expires_at.to_rfc3339();
            (None, format!("expired at {end}"))
        }
        Some(live) => {
            let name = live.username.clone();
            (Some(live), name)
        }
    };
    step.record("result", result.as_str());
    live
}
