//! Refresh tokens as many systems still have them: one for the life of the login, good as often as it is shown.
//!
//! # Security
//! Outside the reference path, for the lab: a thief who copies the token shares the login with its owner until its end, and
//! nobody can tell the two apart (RFC 9700 §4.14.2).

use bank::ApiError;
use token_core::jwt::Thumbprint;
use token_core::refresh::FamilyId;
use user_store::users::UserId;

use crate::authentication::{JwtAuthentication, TokenAnswer};

impl JwtAuthentication {
    // ANCHOR: reuse
    /// A new access token for whoever shows the refresh token, and the same refresh token again; `None` when it is not accepted.
    pub(crate) async fn reuse(
        &self,
        family: FamilyId,
        generation: u32,
        key: Option<Thumbprint>,
    ) -> Result<Option<TokenAnswer>, ApiError> {
        let now = self.clock.now();
        let Some(record) = self.families.by_id(family).await? else {
            return Ok(None);
        };
        let family = record.family;
        if family.generation != generation || !family.is_live(now, &self.config.refresh_policy()) {
            return Ok(None);
        }
        if !family.answers_to(key) || !self.possession.suffices(&family) {
            return Ok(None);
        }
        match self.users.by_id(UserId(family.user_id)).await? {
            Some(user) if user.banned_at.is_none() => self.answer_at(&user, &family, now).map(Some),
            _ => Ok(None),
        }
    }
    // ANCHOR_END: reuse
}
