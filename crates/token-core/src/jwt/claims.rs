//! The claims of an access token.

use serde::{Deserialize, Serialize};

use super::json::{self, Json};
use super::read_claims::Claims;
use super::{Thumbprint, VerifyError};
use crate::clock::UnixSeconds;

/// Who a token is meant for.
///
/// *Spec*: RFC 7519 §4.1.3: one string, or an array of strings; written as one string when there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "OneOrMany", into = "OneOrMany")]
pub struct Audience(pub Vec<String>);

#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    /// Whether `name` is among those the token is meant for.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|audience| audience == name)
    }
}

impl From<&str> for Audience {
    fn from(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }
}

impl From<OneOrMany> for Audience {
    fn from(names: OneOrMany) -> Self {
        match names {
            OneOrMany::One(name) => Self(vec![name]),
            OneOrMany::Many(names) => Self(names),
        }
    }
}

impl From<Audience> for OneOrMany {
    fn from(Audience(mut names): Audience) -> Self {
        match names.pop() {
            Some(name) if names.is_empty() => Self::One(name),
            Some(name) => {
                names.push(name);
                Self::Many(names)
            }
            None => Self::Many(names),
        }
    }
}

/// What its bearer has to prove besides.
///
/// *Spec*: RFC 7800 §3, RFC 9449 §6.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The key that every use of the token needs a proof of.
    pub jkt: Thumbprint,
}

/// The claims of our access tokens: RFC 9068 §2.2, RFC 9449 §6.1, and four of our own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Who issued the token.
    pub iss: String,
    /// Who it is meant for.
    pub aud: Audience,
    /// The user's id, in decimal.
    pub sub: String,
    /// The moment from which it is refused.
    pub exp: UnixSeconds,
    /// When it was issued.
    pub iat: UnixSeconds,
    /// The moment before which it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<UnixSeconds>,
    /// Names this one token.
    pub jti: String,
    /// The client that asked for it.
    pub client_id: String,
    /// The token family that it was issued in, as text.
    pub sid: String,
    /// The user's name.
    pub username: String,
    /// What the user may do, as a word.
    pub role: String,
    /// How often the user's tokens had been taken back when this one was issued; of our own, and optional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<i64>,
    /// The key that the token is bound to.
    ///
    /// *Security*: the verifier reads it and cannot check it, for it sees the token alone. Whoever accepts tokens must demand a proof
    /// ([`super::dpop`]) where it is there, or refuse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
}

impl AccessClaims {
    /// Takes claims over that have passed the rules of RFC 9068; three of our own are required as well.
    pub(crate) fn read(claims: &Claims<'_>) -> Result<Self, VerifyError> {
        let text = |name| claims.text(name).map(str::to_owned);
        Ok(Self {
            iss: text("iss")?,
            aud: Audience(claims.audiences()?),
            sub: text("sub")?,
            exp: claims.time("exp")?,
            iat: claims.time("iat")?,
            nbf: claims.optional_time("nbf")?,
            jti: text("jti")?,
            client_id: text("client_id")?,
            sid: text("sid")?,
            username: text("username")?,
            role: text("role")?,
            epoch: claims.optional_integer("epoch")?,
            cnf: confirmation(claims)?,
        })
    }

    /// The user's id, if `sub` is one of ours: plain decimal, in its one spelling.
    #[must_use]
    pub fn user_id(&self) -> Option<i64> {
        let digits = self.sub.strip_prefix('-').unwrap_or(&self.sub);
        // The parser also takes a plus sign and leading zeros.
        if self.sub == "0" || digits.starts_with(|digit| matches!(digit, '1'..='9')) {
            self.sub.parse().ok()
        } else {
            None
        }
    }
}

/// A confirmation by other means than `jkt` is an error: to pass over it would make a bound token a bearer token.
fn confirmation(claims: &Claims<'_>) -> Result<Option<Confirmation>, VerifyError> {
    let Some(cnf) = claims.get("cnf") else {
        return Ok(None);
    };
    let jkt = match cnf {
        Json::Object(members) => json::member(members, "jkt"),
        _ => None,
    };
    jkt.and_then(Json::as_text)
        .and_then(|jkt| jkt.parse().ok())
        .map(|jkt| Some(Confirmation { jkt }))
        .ok_or(VerifyError::ClaimType {
            claim: "cnf",
            expected: "an object with the thumbprint of a key as jkt",
        })
}
