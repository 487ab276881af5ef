//! What the claims of an access token must be (RFC 9068 §2.2 and §4), and when.

use std::time::Duration;

use super::VerifyError;
use super::json::{self, Json, Members};
use crate::clock::UnixSeconds;

/// The most that clocks may be declared to differ.
pub const MAX_LEEWAY: Duration = Duration::from_secs(60);

/// The required claims of RFC 9068 §2.2 that are text. `aud`, `exp` and `iat` are required too, and are of other types.
pub(crate) const REQUIRED_TEXTS: [&str; 4] = ["iss", "jti", "sub", "client_id"];

/// What a checker expects of claims. What is `None` is required to be there and may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The `iss` that is trusted.
    pub issuer: Option<String>,
    /// The `aud` that is us.
    pub audience: Option<String>,
    /// How far the issuer's clock may differ from ours; at most [`MAX_LEEWAY`].
    pub leeway: Duration,
}

/// What is wrong with a verifier's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// More than a minute is no longer a difference between clocks: it is a longer life for every token.
    #[error("leeway is {} seconds; at most 60 are allowed", leeway.as_secs_f64())]
    LeewayTooLong {
        /// What was asked for.
        leeway: Duration,
    },
}

impl Expected {
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        if self.leeway > MAX_LEEWAY {
            return Err(ConfigError::LeewayTooLong {
                leeway: self.leeway,
            });
        }
        Ok(())
    }

    /// Hands every problem of `claims` to `report`. The verifier keeps the first, the command line shows them all.
    pub(crate) fn check(
        &self,
        claims: Claims<'_, '_>,
        now: UnixSeconds,
        report: &mut impl FnMut(VerifyError),
    ) {
        for result in [
            self.check_exp(claims, now),
            self.check_nbf(claims, now),
            self.check_iat(claims, now),
            self.check_iss(claims),
            self.check_aud(claims),
        ] {
            if let Err(problem) = result {
                report(problem);
            }
        }
        for name in REQUIRED_TEXTS {
            // `iss` had its turn above, where its value is compared too.
            if name != "iss"
                && let Err(problem) = claims.text(name)
            {
                report(problem);
            }
        }
    }

    /// RFC 7519 §4.1.4: refused *on or after* `exp`.
    fn check_exp(&self, claims: Claims<'_, '_>, now: UnixSeconds) -> Result<(), VerifyError> {
        let exp = claims.time("exp")?;
        if now >= exp.plus(self.leeway) {
            return Err(VerifyError::Expired { exp, now });
        }
        Ok(())
    }

    /// RFC 7519 §4.1.5: refused before `nbf`; the one claim here that may be missing.
    fn check_nbf(&self, claims: Claims<'_, '_>, now: UnixSeconds) -> Result<(), VerifyError> {
        match claims.optional_time("nbf")? {
            Some(nbf) if now.plus(self.leeway) < nbf => Err(VerifyError::NotYetValid { nbf, now }),
            _ => Ok(()),
        }
    }

    /// The RFCs leave a future `iat` open. An honest issuer writes none, so it is refused.
    fn check_iat(&self, claims: Claims<'_, '_>, now: UnixSeconds) -> Result<(), VerifyError> {
        let iat = claims.time("iat")?;
        if now.plus(self.leeway) < iat {
            return Err(VerifyError::IssuedInFuture { iat, now });
        }
        Ok(())
    }

    fn check_iss(&self, claims: Claims<'_, '_>) -> Result<(), VerifyError> {
        let found = claims.text("iss")?;
        match &self.issuer {
            Some(issuer) if issuer != found => Err(VerifyError::WrongIssuer {
                found: found.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// RFC 7519 §4.1.3: one string or an array of strings, us among them.
    fn check_aud(&self, claims: Claims<'_, '_>) -> Result<(), VerifyError> {
        let Some(audience) = &self.audience else {
            return claims.audiences().map(drop);
        };
        // Nearly every token has one audience; it is compared without a copy.
        if let Ok(found) = claims.text("aud")
            && found == audience
        {
            return Ok(());
        }
        let found = claims.audiences()?;
        if found.contains(&audience.as_str()) {
            return Ok(());
        }
        Err(VerifyError::WrongAudience {
            found: found.into_iter().map(str::to_owned).collect(),
        })
    }
}

/// Typed reading of claims. A claim of the wrong type is an error, never a missing one.
#[derive(Clone, Copy)]
pub(crate) struct Claims<'m, 'a>(pub(crate) &'m Members<'a>);

impl<'m> Claims<'m, '_> {
    fn get(self, name: &'static str) -> Result<&'m Json<'m>, VerifyError> {
        json::member(self.0, name).ok_or(VerifyError::MissingClaim(name))
    }

    pub(crate) fn text(self, name: &'static str) -> Result<&'m str, VerifyError> {
        self.get(name)?.as_text().ok_or(VerifyError::ClaimType {
            claim: name,
            expected: "a string",
        })
    }

    /// Whole seconds alone: RFC 7519 §2 allows fractions, no issuer here or among its peers writes them, and rounding one would move a
    /// boundary.
    pub(crate) fn time(self, name: &'static str) -> Result<UnixSeconds, VerifyError> {
        match self.get(name)? {
            Json::Number(number) => number.as_i64(),
            _ => None,
        }
        .map(UnixSeconds)
        .ok_or(VerifyError::ClaimType {
            claim: name,
            expected: "a whole number of seconds",
        })
    }

    pub(crate) fn optional_time(
        self,
        name: &'static str,
    ) -> Result<Option<UnixSeconds>, VerifyError> {
        match self.time(name) {
            Ok(time) => Ok(Some(time)),
            Err(VerifyError::MissingClaim(_)) => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// A whole number that may be missing.
    pub(crate) fn optional_integer(self, name: &'static str) -> Result<Option<i64>, VerifyError> {
        let wrong_type = VerifyError::ClaimType {
            claim: name,
            expected: "a whole number",
        };
        match self.get(name) {
            Ok(Json::Number(number)) => number.as_i64().map(Some).ok_or(wrong_type),
            Ok(_) => Err(wrong_type),
            Err(_) => Ok(None),
        }
    }

    pub(crate) fn audiences(self) -> Result<Vec<&'m str>, VerifyError> {
        let wrong_type = VerifyError::ClaimType {
            claim: "aud",
            expected: "a string or an array of strings",
        };
        match self.get("aud")? {
            Json::Text(name) => Ok(vec![name.as_ref()]),
            Json::Array(names) => names
                .iter()
                .map(Json::as_text)
                .collect::<Option<_>>()
                .ok_or(wrong_type),
            _ => Err(wrong_type),
        }
    }
}
