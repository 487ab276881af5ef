//! Which passwords are accepted: length, and not a notorious one. No rules of composition, which only make passwords predictable.
//!
//! *Spec*: NIST SP 800-63B §5.1.1.2, OWASP ASVS 5.0 V6.2.

use super::PasswordError;

/// The fewest characters (Unicode scalar values).
pub(super) const SHORTEST: usize = 8;
/// The most. An end must be somewhere, or the hash's input is the attacker's to choose.
pub(super) const LONGEST: usize = 128;

/// Those that every guesser tries first, in lower case and sorted. Only what is long enough to be chosen at all is listed.
static COMMON: &str = include_str!("common_passwords.txt");

/// Whether a new password may be used.
pub(super) fn check(password: &str) -> Result<(), PasswordError> {
    check_length(password)?;
    let lowercase = password.to_lowercase();
    if COMMON.lines().any(|common| common == lowercase) {
        return Err(PasswordError::TooCommon);
    }
    Ok(())
}

/// Whether a password has a length that some user's can have.
pub(super) fn check_length(password: &str) -> Result<(), PasswordError> {
    // A character has at most four bytes, so a huge text is refused without counting it.
    if password.len() > LONGEST * 4 {
        return Err(PasswordError::TooLong);
    }
    match password.chars().count() {
        0..SHORTEST => Err(PasswordError::TooShort),
        SHORTEST..=LONGEST => Ok(()),
        _ => Err(PasswordError::TooLong),
    }
}
