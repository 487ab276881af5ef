//! Sessions as Redis keeps them: the fields of a hash, all of them text.

use token_core::clock::UnixSeconds;

use super::super::{Session, Timeouts};
use crate::{Role, StoreError, UserId};

/// The fields in the order in which everything asks for them, each absent where there is no row.
pub(super) const FIELDS: [&str; 7] = [
    "user_id",
    "username",
    "role",
    "device",
    "created_at",
    "seen_at",
    "expires_at",
];

/// The values of [`FIELDS`].
pub(super) type Fields = (
    Option<i64>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
);

/// Something under our keys that we have not written.
#[derive(Debug, thiserror::Error)]
#[error("a row of `svt:session:` is not one of ours")]
struct ForeignRow;

/// The session of these fields; none where there is no row.
pub(super) fn session(
    hash: &str,
    fields: Fields,
    timeouts: &Timeouts,
) -> Result<Option<Session>, StoreError> {
    let (user_id, username, role, device, created_at, seen_at, expires_at) = fields;
    let Some(user_id) = user_id else {
        return Ok(None);
    };
    let whole = || {
        let seen_at = UnixSeconds(seen_at?);
        Some(Session {
            public_id: hash.get(..32)?.to_owned(),
            user_id: UserId(user_id),
            username: username?,
            role: Role::from_name(&role?)?,
            device: device?,
            created_at: UnixSeconds(created_at?),
            seen_at,
            idle_expires_at: seen_at.plus(timeouts.idle),
            expires_at: UnixSeconds(expires_at?),
        })
    };
    whole()
        .map(Some)
        .ok_or_else(|| StoreError::failed(ForeignRow))
}
