//! The password check of both servers.

use actix_web::HttpRequest;
use token_core::secret::SecretString;
use user_store::Settled;
use user_store::password::{PasswordError, PasswordHash, Place};
use user_store::users::User;

use crate::problem::ApiError;
use crate::routes::Bank;

/// A user whose password was right, with the hash that it was checked against.
#[derive(Debug)]
pub struct CheckedUser {
    /// The user, who is not banned.
    pub user: User,
    password: PasswordHash,
}

/// Checks a password that `request` tries; `None` when the login must fail, whatever the reason.
///
/// An unknown user costs the same work as a wrong password (a dummy hash is verified), and so does a banned one: the
/// answer is the same body, status and time.
///
/// # Errors
/// [`ApiError::Throttled`] when too many have failed, and [`ApiError::Busy`] when the hashing queue is full, both before any
/// work; those of the store.
///
/// # Security
/// Against guessing as far as [`crate::LoginThrottle`] is, and against an observer who wants to know which names exist.
pub async fn check_password(
    bank: &Bank,
    request: &HttpRequest,
    username: &str,
    password: SecretString,
) -> Result<Option<CheckedUser>, ApiError> {
    // ANCHOR: guesses-are-counted
    let Some(guess) = bank.throttle.attempt(request, username) else {
        let place = bank.stores.passwords.place()?;
        return compare(bank, place, username, password).await;
    };
    guess.look().await?;
    // A place comes before the count, so that no more attempts are pending than can be hashed.
    let place = bank.stores.passwords.place()?;
    let counted = guess.begin().await?;
    let checked = compare(bank, place, username, password).await;
    counted
        .settle(match &checked {
            Ok(Some(_)) => Settled::Succeeded,
            Ok(None) => Settled::Failed,
            Err(_) => Settled::Withdrawn,
        })
        .await?;
    checked
    // ANCHOR_END: guesses-are-counted
}

async fn compare(
    bank: &Bank,
    place: Place,
    username: &str,
    password: SecretString,
) -> Result<Option<CheckedUser>, ApiError> {
    // ANCHOR: nobody-is-hashed-for
    let found = bank.stores.users.credentials(username).await?;
    let (user, hash) = match found {
        Some(credentials) => (Some(credentials.user), Some(credentials.password)),
        None if bank.throttle.hashes_for_nobody() => (None, None),
        None => return Ok(None),
    };
    // ANCHOR_END: nobody-is-hashed-for
    let right = bank
        .stores
        .passwords
        .verify_in(place, password, hash.clone())
        .await;
    let right = match right {
        Ok(right) => right,
        // No stored password has that length, so the answer is the ordinary one.
        Err(PasswordError::TooShort | PasswordError::TooLong) => false,
        Err(error) => return Err(error.into()),
    };
    Ok(match (user, hash) {
        (Some(user), Some(password)) if right && user.banned_at.is_none() => {
            Some(CheckedUser { user, password })
        }
        _ => None,
    })
}

impl CheckedUser {
    /// Whether the user still is who logged in: not banned since, password and role unchanged.
    ///
    /// Asked after the credential was issued. A ban and a change of password or role reach all logins *after* they are stored; so
    /// one that is stored before this look is seen by it, and one that is stored after it ends the new login too.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn still_stands(&self, bank: &Bank) -> Result<bool, ApiError> {
        let now = bank.stores.users.credentials(&self.user.username).await?;
        Ok(now.is_some_and(|now| {
            now.user.id == self.user.id
                && now.user.banned_at.is_none()
                && now.user.role == self.user.role
                && now.password == self.password
        }))
    }
}
