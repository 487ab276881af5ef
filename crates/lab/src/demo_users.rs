//! The customers of the bank in a lab, and its administrator.

use token_core::secret::SecretString;
use user_store::{CreateUserError, NewUser, PasswordHash, Role, Stores};

use crate::LabError;

/// The demo users and their passwords. They exist in labs alone and are printed on the page.
pub const DEMO_USERS: [(&str, &str); 3] = [
    ("alice", "white-rabbit-1865"),
    ("bob", "can-we-fix-it"),
    ("mallory", "man-in-the-middle"),
];

/// The administrator of the bank in a lab, who bans and readmits, promotes and demotes when an experiment asks for it.
pub const ADMINISTRATOR: (&str, &str) = ("carol", "keeper-of-the-ledger");

/// What every demo user begins with, in minor units.
pub(crate) const OPENING_BALANCE_MINOR: i64 = 100_000;

/// Creates the demo users that are missing. Their hashes are made once, so that a reset does not wait for Argon2id.
pub(crate) async fn create(
    stores: &Stores,
    hashes: Option<&[PasswordHash]>,
) -> Result<Vec<PasswordHash>, LabError> {
    let mut made = Vec::new();
    let customers = DEMO_USERS.map(|user| (user, Role::Customer));
    let everybody = customers.into_iter().chain([(ADMINISTRATOR, Role::Admin)]);
    for (at, ((username, password), role)) in everybody.enumerate() {
        let password = match hashes.and_then(|hashes| hashes.get(at)) {
            Some(hash) => hash.clone(),
            None => stores.passwords.hash(SecretString::from(password)).await?,
        };
        let new = NewUser {
            username: username.to_owned(),
            password: password.clone(),
            role,
            opening_balance_minor: OPENING_BALANCE_MINOR,
        };
        match stores.users.create(new).await {
            Ok(_) | Err(CreateUserError::UsernameTaken) => made.push(password),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(made)
}
