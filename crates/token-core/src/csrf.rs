//! Tokens against cross-site request forgery, bound to a login and kept nowhere.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::secret::{HIDDEN, SecretBytes, SecretString};

/// What the key is derived for: the key that signs cookies never signs anything else itself.
const PURPOSE: &[u8] = b"csrf-token-v1";

/// Issues and verifies CSRF tokens under one key.
///
/// A token is an HMAC-SHA-256 over the credential that the browser sends by itself; so it is right for one login alone, ends
/// with it, and needs no table. It is the *signed double submit* of OWASP's cheat sheet on CSRF, where the credential itself
/// is the cookie that is submitted besides.
///
/// # Security
/// Against whoever can make a browser send a request and cannot read an answer: neither key nor credential is known to
/// them. Not against whoever reads one, be it by an injected script or through a CORS policy that lets them.
pub struct CsrfTokens {
    key: hmac::Key,
}

impl CsrfTokens {
    /// Derives the key from that of the cookies, by one step of HKDF-Expand (RFC 5869 §2.3), whose input is uniform already.
    #[must_use]
    pub fn from_cookie_key(cookie_key: &SecretBytes) -> Self {
        let from = hmac::Key::new(hmac::HMAC_SHA256, cookie_key.expose());
        let derived = hmac::sign(&from, &[PURPOSE, &[1]].concat());
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
        }
    }

    /// The token of the login that `credential` proves: 43 characters of base64url.
    #[must_use]
    pub fn token(&self, credential: &str) -> SecretString {
        let tag = hmac::sign(&self.key, credential.as_bytes());
        SecretString::new(URL_SAFE_NO_PAD.encode(tag))
    }

    /// Whether `token` is that of `credential`. The comparison takes the same time wherever they differ.
    #[must_use]
    pub fn is_of(&self, token: &str, credential: &str) -> bool {
        URL_SAFE_NO_PAD
            .decode(token)
            .is_ok_and(|tag| hmac::verify(&self.key, credential.as_bytes(), &tag).is_ok())
    }
}

impl fmt::Debug for CsrfTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfTokens").field("key", &HIDDEN).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(byte: u8) -> CsrfTokens {
        CsrfTokens::from_cookie_key(&SecretBytes::new(vec![byte; 64]))
    }

    #[test]
    fn a_token_is_that_of_one_login_under_one_key() {
        let token = tokens(1).token("one login");
        assert!(tokens(1).is_of(token.expose(), "one login"));
        assert!(!tokens(1).is_of(token.expose(), "another login"));
        assert!(!tokens(2).is_of(token.expose(), "one login"));
    }

    #[test]
    fn what_is_no_whole_token_is_nobodys() {
        let token = tokens(1).token("one login");
        let text = token.expose();
        assert_eq!(text.len(), 43);
        for wrong in [
            "",
            "=",
            &text[1..],
            &format!("{text}="),
            &format!("{text}A"),
        ] {
            assert!(!tokens(1).is_of(wrong, "one login"), "{wrong}");
        }
    }

    #[test]
    fn the_cookie_key_itself_signs_no_token() {
        let cookie_key = hmac::Key::new(hmac::HMAC_SHA256, &[1; 64]);
        let direct = URL_SAFE_NO_PAD.encode(hmac::sign(&cookie_key, b"one login"));
        assert_ne!(direct, tokens(1).token("one login").expose());
    }

    #[test]
    fn debug_shows_no_key() {
        assert_eq!(
            format!("{:?}", tokens(1)),
            "CsrfTokens { key: \"[secret]\" }"
        );
    }
}
