//! What happens when a refresh token is presented.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{FamilyId, RefreshPolicy};
use crate::clock::UnixSeconds;
use crate::jwt::Thumbprint;

/// The generation that a login begins with.
pub const FIRST_GENERATION: u32 = 1;

/// Why a family was ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevocationReason {
    /// The user logged out.
    LoggedOut,
    /// A token that had been rotated away was presented again: two parties hold the family.
    Reused,
    /// The user was banned.
    UserBanned,
    /// The user changed the password.
    PasswordChanged,
    /// An administrator ended it.
    Administrator,
}

impl RevocationReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::LoggedOut,
        Self::Reused,
        Self::UserBanned,
        Self::PasswordChanged,
        Self::Administrator,
    ];

    /// The name used in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoggedOut => "logged_out",
            Self::Reused => "reused",
            Self::UserBanned => "user_banned",
            Self::PasswordChanged => "password_changed",
            Self::Administrator => "administrator",
        }
    }

    /// The reason of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// When and why a family was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// When.
    pub at: UnixSeconds,
    /// Why.
    pub reason: RevocationReason,
}

/// One login's line of refresh tokens: the row that a store keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenFamily {
    /// Which family.
    pub id: FamilyId,
    /// Whose.
    pub user_id: i64,
    /// The generation whose token is alive.
    pub generation: u32,
    /// When the login was.
    pub created_at: UnixSeconds,
    /// When the current generation was issued.
    pub rotated_at: UnixSeconds,
    /// Set once, never unset.
    pub revoked: Option<Revoked>,
    /// The key that the login was made with: its refresh tokens are worth nothing without a proof of it (RFC 9449 §5).
    pub jkt: Option<Thumbprint>,
}

/// What a store does with a presented token, after writing the family that comes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// The live token: write the family, answer with the token of its new generation.
    Rotated(TokenFamily),
    /// The predecessor's retry within grace: write nothing, answer with the token of the current generation again.
    Retried(TokenFamily),
    /// An older token: the family is now revoked. Write it, and refuse the request.
    Reused(TokenFamily),
    /// Refused; there is nothing to write.
    Refused(Refusal),
}

/// Why a presented token is refused without changing anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The token lay unused for longer than its lifetime.
    #[error("the refresh token has expired")]
    Expired,
    /// The family reached its absolute limit: the user logs in again.
    #[error("the login has reached its absolute limit")]
    AbsoluteLimit,
    /// The family was ended before.
    #[error("the family is revoked")]
    Revoked,
    /// A generation that the family has not reached: a database put back from an older copy, for a forger has no key.
    #[error("the refresh token was never issued")]
    NeverIssued,
    /// The family is bound to a key, and no proof of that one came along. The owner's token stays alive: presenting it for renewal ends
    /// nothing. Whoever holds it may still have it revoked (RFC 7009), which needs no proof.
    #[error("the family is bound to another key")]
    OtherKey,
}

impl TokenFamily {
    /// What a login at `now` begins.
    #[must_use]
    pub const fn begin(id: FamilyId, user_id: i64, now: UnixSeconds) -> Self {
        Self {
            id,
            user_id,
            generation: FIRST_GENERATION,
            created_at: now,
            rotated_at: now,
            revoked: None,
            jkt: None,
        }
    }

    /// Whether its tokens may be presented by whoever has proven to hold `key`.
    #[must_use]
    pub fn answers_to(&self, key: Option<Thumbprint>) -> bool {
        self.jkt.is_none() || self.jkt == key
    }

    /// When the live token dies if nobody uses it: its own lifetime or the family's limit, whichever is first.
    #[must_use]
    pub fn expires_at(&self, policy: &RefreshPolicy) -> UnixSeconds {
        let own = self.rotated_at.plus(policy.lifetime);
        own.min(self.created_at.plus(policy.absolute_lifetime))
    }

    /// Whether the live token would be honoured at `now`.
    #[must_use]
    pub fn is_live(&self, now: UnixSeconds, policy: &RefreshPolicy) -> bool {
        self.revoked.is_none() && now < self.expires_at(policy)
    }

    /// This family, ended. One that had ended keeps its first time and reason.
    #[must_use]
    pub fn revoke(self, at: UnixSeconds, reason: RevocationReason) -> Self {
        Self {
            revoked: self.revoked.or(Some(Revoked { at, reason })),
            ..self
        }
    }
}

/// Decides about a token of `generation` presented to `family` at `now`. Pure: the store writes what it says, in the transaction
/// that read `family`.
///
/// Reuse is looked for before expiry, so that a stolen token seen late still ends the family that it was stolen from.
///
/// *Security*: RFC 9700 §4.14.2. The successor counts as unused while the family has not moved past it, so at most one predecessor
/// can ever be answered again. The comparison with `grace` is strict: stamps are whole seconds, so up to one second
/// more may have passed than their difference shows, and the declared window is still never exceeded.
// ANCHOR: present
#[must_use]
pub fn present(
    family: &TokenFamily,
    generation: u32,
    now: UnixSeconds,
    policy: &RefreshPolicy,
) -> Presented {
    if family.revoked.is_some() {
        return Presented::Refused(Refusal::Revoked);
    }
    if generation < FIRST_GENERATION || generation > family.generation {
        return Presented::Refused(Refusal::NeverIssued);
    }
    let is_current = generation == family.generation;
    if !is_current && !is_retry(family, generation, now, policy.grace) {
        return Presented::Reused(family.revoke(now, RevocationReason::Reused));
    }
    if now >= family.created_at.plus(policy.absolute_lifetime) {
        return Presented::Refused(Refusal::AbsoluteLimit);
    }
    if !is_current {
        return Presented::Retried(*family);
    }
    if now >= family.rotated_at.plus(policy.lifetime) {
        return Presented::Refused(Refusal::Expired);
    }
    match family.generation.checked_add(1) {
        Some(next) => Presented::Rotated(TokenFamily {
            generation: next,
            rotated_at: now,
            ..*family
        }),
        // Four thousand million rotations: the counter is another absolute limit.
        None => Presented::Refused(Refusal::AbsoluteLimit),
    }
}
// ANCHOR_END: present

fn is_retry(family: &TokenFamily, generation: u32, now: UnixSeconds, grace: Duration) -> bool {
    generation.checked_add(1) == Some(family.generation) && now.since(family.rotated_at) < grace
}
