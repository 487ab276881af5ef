//! The smallest token that works: `uid.time.signature`.
//!
//! It shows the one idea that a JWT is built on — the server believes what it signed itself — with nothing else around it.
//! It carries no audience, no id and no end of its own: how old it may be is decided by whoever checks it.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::UnixSeconds;
use crate::secret::{HIDDEN, SecretBytes, SecretString};

/// Shortest key accepted: as long as the hash that it keys (RFC 2104 §3).
const KEY_BYTES: usize = 32;

/// Issues and verifies simple tokens under one key.
pub struct SimpleTokens {
    key: hmac::Key,
}

/// Who a simple token was issued to, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimpleClaims {
    /// The user.
    pub user_id: i64,
    /// The time written in the token.
    pub issued_at: UnixSeconds,
}

/// Why a simple token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimpleTokenError {
    /// Not `uid.time.signature` with both numbers in plain decimal.
    #[error("the token is not uid.time.signature")]
    Malformed,
    /// The signature is not ours for this uid and time.
    #[error("the signature does not match")]
    BadSignature,
    /// It was issued longer ago than the checker accepts.
    #[error("the token is older than allowed")]
    TooOld,
    /// It claims to have been issued after now.
    #[error("the token comes from the future")]
    IssuedInFuture,
}

/// The key is shorter than 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key for HMAC-SHA-256 has at least 32 bytes")]
pub struct ShortKey;

impl SimpleTokens {
    /// Takes a key of at least 32 bytes.
    ///
    /// # Errors
    ///
    /// [`ShortKey`] otherwise: a short key can be guessed offline from one token.
    pub fn new(key: &SecretBytes) -> Result<Self, ShortKey> {
        if key.expose().len() < KEY_BYTES {
            return Err(ShortKey);
        }
        Ok(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key.expose()),
        })
    }

    /// A token that says `user_id` was here at `now`.
    #[must_use]
    pub fn issue(&self, user_id: i64, now: UnixSeconds) -> SecretString {
        let signed = format!("{user_id}.{}", now.0);
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&self.key, signed.as_bytes()));
        SecretString::new(format!("{signed}.{signature}"))
    }

    /// Believes a token that we signed and that is younger than `max_age`.
    ///
    /// # Errors
    ///
    /// [`SimpleTokenError`] says which check failed; the signature is checked before either time.
    pub fn verify(
        &self,
        token: &str,
        now: UnixSeconds,
        max_age: Duration,
    ) -> Result<SimpleClaims, SimpleTokenError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(SimpleTokenError::Malformed)?;
        let (user_id, issued_at) = signed.split_once('.').ok_or(SimpleTokenError::Malformed)?;
        let claims = SimpleClaims {
            user_id: canonical_integer(user_id)?,
            issued_at: UnixSeconds(canonical_integer(issued_at)?),
        };
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| SimpleTokenError::Malformed)?;
        hmac::verify(&self.key, signed.as_bytes(), &signature)
            .map_err(|_| SimpleTokenError::BadSignature)?;
        if claims.issued_at > now {
            return Err(SimpleTokenError::IssuedInFuture);
        }
        if now.since(claims.issued_at) >= max_age {
            return Err(SimpleTokenError::TooOld);
        }
        Ok(claims)
    }
}

impl fmt::Debug for SimpleTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimpleTokens")
            .field("key", &HIDDEN)
            .finish()
    }
}

/// Reads the one spelling of an integer, so that one statement has one token: no `+7`, no `007`.
fn canonical_integer(text: &str) -> Result<i64, SimpleTokenError> {
    let number: i64 = text.parse().map_err(|_| SimpleTokenError::Malformed)?;
    if number.to_string() == text {
        Ok(number)
    } else {
        Err(SimpleTokenError::Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixSeconds = UnixSeconds(1_700_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn tokens() -> SimpleTokens {
        SimpleTokens::new(&SecretBytes::new(vec![7; 32])).unwrap()
    }

    #[test]
    fn a_token_tells_who_and_when() {
        let token = tokens().issue(42, NOW);
        assert!(token.expose().starts_with("42.1700000000."));
        let claims = tokens().verify(token.expose(), NOW, HOUR).unwrap();
        assert_eq!(
            claims,
            SimpleClaims {
                user_id: 42,
                issued_at: NOW
            }
        );
    }

    #[test]
    fn age_is_counted_to_the_second() {
        let token = tokens().issue(42, NOW);
        let at = |offset: i64| tokens().verify(token.expose(), UnixSeconds(NOW.0 + offset), HOUR);
        assert!(at(3599).is_ok());
        assert_eq!(at(3600), Err(SimpleTokenError::TooOld));
        assert_eq!(at(-1), Err(SimpleTokenError::IssuedInFuture));
    }

    #[test]
    fn any_change_is_refused() {
        let token = tokens().issue(42, NOW);
        let other = token.expose().replacen("42", "43", 1);
        assert_eq!(
            tokens().verify(&other, NOW, HOUR),
            Err(SimpleTokenError::BadSignature)
        );
        let later = token.expose().replacen("1700000000", "1700000001", 1);
        assert_eq!(
            tokens().verify(&later, NOW, HOUR),
            Err(SimpleTokenError::BadSignature)
        );
        let other_key = SimpleTokens::new(&SecretBytes::new(vec![8; 32])).unwrap();
        assert_eq!(
            other_key.verify(token.expose(), NOW, HOUR),
            Err(SimpleTokenError::BadSignature)
        );
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "", ".", "..", "42", "42.1", "+42.1.AA", "042.1.AA", "42.1.A=", "a.b.c", "1.2.3.AA",
            " 42.1.AA",
        ] {
            let answer = tokens().verify(text, NOW, HOUR);
            assert!(answer.is_err(), "{text:?} was accepted");
        }
    }

    #[test]
    fn short_keys_are_refused() {
        assert!(SimpleTokens::new(&SecretBytes::new(vec![7; 31])).is_err());
    }

    #[test]
    fn the_key_is_not_printed() {
        assert_eq!(
            format!("{:?}", tokens()),
            "SimpleTokens { key: \"[secret]\" }"
        );
    }
}
