//! Taking access tokens back before they expire: what a stateless token cannot do, and what each way of doing it all the same costs.
//!
//! | mode | read at each request | written at each ending | who else is hit |
//! |---|---|---|---|
//! | `none` | – | – | nobody, the one who was meant included |
//! | `denylist` | 1, by key, of a list of what was ended | 1, with the ending itself | nobody |
//! | `not-before` | 1, by key, of the user | 1 | the user's other devices, until they refresh |
//! | `dangerously-key-rotation` | – | a key, on disk | everybody, until they refresh |
//!
//! A refresh token needs none of this: it is state from the start.
//!
//! *Security*: the denylist is written in the transaction of the ending itself. The other two follow it, and a crash in between leaves
//! tokens alive until they expire. Whoever changes the mode loses what only the former one had recorded: tokens that were taken back while
//! their login went on are believed again until they expire. None of them reaches a verifier that asks nobody, as a third party with the public keys: there a
//! token lives until it expires, or, after a change of keys, until the keys are fetched again.

use serde::{Deserialize, Serialize};
use token_core::jwt::AccessClaims;
use token_core::refresh::{FamilyId, TokenFamily};
use user_store::StoreError;
use user_store::users::{User, UserId};

use crate::authentication::JwtAuthentication;

/// How an access token is taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Revocation {
    /// Not at all: it is believed until it expires, and no request reads a store to know who asks.
    None,
    /// A list of the tokens that were ended is asked at each request. It bites at the next one.
    #[default]
    Denylist,
    /// The user's tokens carry a number that counts up when they are taken back; an earlier number is refused. It bites at
    /// the next request, on all devices of the user.
    NotBefore,
    /// The signing key is replaced and the old one forgotten. No request reads a store; and whoever logs out ends the tokens
    /// of everybody, which anybody may do as often as they like.
    DangerouslyKeyRotation,
}

/// The name of one token, its `jti`: the family, and its number within it.
pub(crate) fn token_id(family: &TokenFamily) -> String {
    format!("{}.{}", family.id, family.generation)
}

fn parts_of(token_id: &str) -> Option<(FamilyId, u32)> {
    let (family, number) = token_id.split_once('.')?;
    Some((family.parse().ok()?, number.parse().ok()?))
}

impl JwtAuthentication {
    /// What a token of this user says of its epoch.
    pub(crate) fn epoch_of(&self, user: &User) -> Option<i64> {
        (self.config.revocation == Revocation::NotBefore).then_some(user.token_epoch)
    }

    // ANCHOR: is-revoked
    /// Whether a token whose signature and claims are good was taken back.
    pub(crate) async fn is_revoked(&self, claims: &AccessClaims) -> Result<bool, StoreError> {
        match self.config.revocation {
            Revocation::None | Revocation::DangerouslyKeyRotation => Ok(false),
            Revocation::Denylist => match parts_of(&claims.jti) {
                Some((family, number)) => self.denied.is_denied(family, number).await,
                None => Ok(true),
            },
            Revocation::NotBefore => {
                let (Some(user), Some(epoch)) = (claims.user_id(), claims.epoch) else {
                    return Ok(true);
                };
                self.denied.is_outdated(UserId(user), epoch).await
            }
        }
    }
    // ANCHOR_END: is-revoked

    /// Takes back the access tokens of families that were just revoked. On the denylist they are already, by the same transaction.
    pub(crate) async fn take_back_ended(&self, user: UserId) -> Result<(), StoreError> {
        match self.config.revocation {
            Revocation::None | Revocation::Denylist => Ok(()),
            Revocation::NotBefore => self.users.advance_token_epoch(user).await.map(drop),
            Revocation::DangerouslyKeyRotation => self.rotate_keys(),
        }
    }

    /// Takes back every access token of a user whose logins go on.
    pub(crate) async fn take_back_all_of(&self, user: UserId) -> Result<(), StoreError> {
        match self.config.revocation {
            Revocation::Denylist => self.denied.deny_all_of(user).await.map(drop),
            _ => self.take_back_ended(user).await,
        }
    }

    /// Takes back the access tokens of one login, the login going on. The other modes have hit it with those that ended.
    pub(crate) async fn take_back_in(&self, family: FamilyId) -> Result<(), StoreError> {
        match self.config.revocation {
            Revocation::Denylist => self.denied.deny_all_in(family).await.map(drop),
            _ => Ok(()),
        }
    }

    /// Takes back one access token, its login going on; says whether this server can.
    pub(crate) async fn take_back(&self, claims: &AccessClaims) -> Result<bool, StoreError> {
        match (
            self.config.revocation,
            parts_of(&claims.jti),
            claims.user_id(),
        ) {
            (Revocation::Denylist, Some((family, number)), _) => {
                self.denied.deny(family, number).await?;
                Ok(true)
            }
            (Revocation::NotBefore, _, Some(user)) => {
                self.users.advance_token_epoch(UserId(user)).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn rotate_keys(&self) -> Result<(), StoreError> {
        let step = user_store::step!(authentication, write, "replace signing key");
        step.in_scope(|| self.keyring.rotate_at_once())
            .map_err(StoreError::failed)
    }
}
