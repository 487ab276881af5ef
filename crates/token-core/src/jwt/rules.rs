//! What the claims of an access token must be (RFC 9068 §2.2 and §4), and when.

use std::ops::Range;
use std::time::Duration;

use super::read_claims::Claims;
use super::{AccessClaims, VerifyError};
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
        claims: &Claims<'_>,
        now: UnixSeconds,
        report: &mut impl FnMut(VerifyError),
    ) {
        let mut check = |result: Result<(), VerifyError>| {
            if let Err(problem) = result {
                report(problem);
            }
        };
        check(self.check_exp(claims, now));
        check(self.check_nbf(claims, now));
        check(self.check_iat(claims, now));
        check(self.check_iss(claims));
        check(self.check_aud(claims));
        for name in REQUIRED_TEXTS {
            // `iss` had its turn above, where its value is compared too.
            if name != "iss" {
                check(claims.text(name).map(drop));
            }
        }
    }

    /// Between which moments [`Expected::check`] says of these claims what it has just said, and the key verifies.
    pub(crate) fn bounds(
        &self,
        claims: &AccessClaims,
        retires_at: Option<UnixSeconds>,
    ) -> Range<UnixSeconds> {
        let begins = claims.nbf.map_or(claims.iat, |nbf| nbf.max(claims.iat));
        let expires = claims.exp.plus(self.leeway);
        begins.minus(self.leeway)..retires_at.map_or(expires, |at| at.min(expires))
    }

    /// RFC 7519 §4.1.4: refused *on or after* `exp`.
    fn check_exp(&self, claims: &Claims<'_>, now: UnixSeconds) -> Result<(), VerifyError> {
        let exp = claims.time("exp")?;
        if now >= exp.plus(self.leeway) {
            return Err(VerifyError::Expired { exp, now });
        }
        Ok(())
    }

    /// RFC 7519 §4.1.5: refused before `nbf`; the one claim here that may be missing.
    fn check_nbf(&self, claims: &Claims<'_>, now: UnixSeconds) -> Result<(), VerifyError> {
        match claims.optional_time("nbf")? {
            Some(nbf) if now.plus(self.leeway) < nbf => Err(VerifyError::NotYetValid { nbf, now }),
            _ => Ok(()),
        }
    }

    /// The RFCs leave a future `iat` open. An honest issuer writes none, so it is refused.
    fn check_iat(&self, claims: &Claims<'_>, now: UnixSeconds) -> Result<(), VerifyError> {
        let iat = claims.time("iat")?;
        if now.plus(self.leeway) < iat {
            return Err(VerifyError::IssuedInFuture { iat, now });
        }
        Ok(())
    }

    fn check_iss(&self, claims: &Claims<'_>) -> Result<(), VerifyError> {
        let found = claims.text("iss")?;
        match &self.issuer {
            Some(issuer) if issuer != found => Err(VerifyError::WrongIssuer {
                found: found.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// RFC 7519 §4.1.3: one string or an array of strings, us among them.
    fn check_aud(&self, claims: &Claims<'_>) -> Result<(), VerifyError> {
        let Some(audience) = &self.audience else {
            return claims.audiences::<&str>().map(drop);
        };
        // Nearly every token has one audience; it is compared without a copy.
        if let Ok(found) = claims.text("aud")
            && found == audience
        {
            return Ok(());
        }
        let found: Vec<String> = claims.audiences()?;
        if found.contains(audience) {
            return Ok(());
        }
        Err(VerifyError::WrongAudience { found })
    }
}
