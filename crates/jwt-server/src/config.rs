//! The settings of the JWT server.

use std::ops::RangeInclusive;
use std::time::Duration;

use bank::{ConfigError, CookieConfig, HttpConfig, LoginConfig, Transport};
use serde::{Deserialize, Serialize};
use token_core::jwt::Algorithm;
use token_core::refresh::RefreshPolicy;

use crate::revocation::Revocation;

/// Shorter than the clocks of clients differ, no proof arrives; longer, a captured one is of use too long.
const DPOP_WINDOW: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(300);
/// Some 2 GiB.
const MOST_VERIFIED_TOKENS: usize = 1_000_000;

/// A quarter of a GiB.
const MOST_REMEMBERED_ROWS: usize = 1_000_000;

/// A verifier looks four times a second, so less would have it fail when the machine is busy.
const SHORTEST_STALENESS: Duration = Duration::from_secs(1);

const LONGEST_STALENESS: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether tokens are bound to a key of the client (RFC 9449).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dpop {
    /// Proofs at a login are not looked at, and every new token is a bearer token. A token that was bound before stays bound.
    Off,
    /// The client decides: a login with a proof gets tokens that are worth nothing without its key, one without gets bearer tokens.
    ///
    /// The default, since a server cannot bind what a client cannot prove: `curl`, and every client that has not heard of DPoP, goes
    /// on working, and one that has gets what RFC 9700 §2.2 recommends.
    #[default]
    Accepted,
    /// No login without a proof, and no bearer token is believed.
    Required,
}

/// What a JWT server is built from. The default is the most secure that works.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JwtConfig {
    /// How the access token travels. The refresh token is in the body of the answer either way.
    pub transport: Transport,
    /// How access tokens are signed: EdDSA, HS256, ES256 or RS256.
    #[schema(value_type = String)]
    pub algorithm: Algorithm,
    /// The `iss` claim: where this server is reached.
    pub issuer: String,
    /// The `aud` claim: for whom the tokens are.
    pub audience: String,
    /// The `client_id` claim: the application that logs in.
    pub client_id: String,
    /// How long an access token is believed, if nothing ends it earlier.
    #[serde(with = "humantime_serde")]
    #[schema(value_type = String, format = "duration")]
    pub access_lifetime: Duration,
    /// How long a refresh token may wait to be used.
    #[serde(with = "humantime_serde")]
    #[schema(value_type = String, format = "duration")]
    pub refresh_lifetime: Duration,
    /// How long a login may be refreshed in all.
    #[serde(with = "humantime_serde")]
    #[schema(value_type = String, format = "duration")]
    pub family_lifetime: Duration,
    /// How long after its use the previous refresh token gets the identical successor again, for a lost answer or a second
    /// tab; at most 10s, and 0s to allow none. Within it a thief gets the successor too.
    #[serde(with = "humantime_serde")]
    #[schema(value_type = String, format = "duration")]
    pub refresh_grace: Duration,
    /// Answers a refresh token as often as it is shown, with the same one again: a thief and the owner share it until its end.
    pub dangerously_reusable_refresh: bool,
    /// How an access token is taken back before it expires: `none`, `denylist`, `not-before` or `dangerously-key-rotation`.
    pub revocation: Revocation,
    /// How many access tokens are known again, so that their signature is checked once and not at each request: about 2 KiB each, at
    /// most 4, and 0 for none. Their times, their key, their proof and whether they were taken back are asked at each request all the same.
    pub verified_tokens: usize,
    /// Of how many tokens or users it is not asked again whether something was taken back, while nobody has changed it in SQLite: about a
    /// quarter of a KiB each, and 0 for none. What is taken back, by this process or another, is seen by the next request all the same.
    pub remembered_rows: usize,
    /// For how long a server that follows revocations in PostgreSQL may have heard of none: beyond that it accepts no token that it would have
    /// to look up, and answers 503. What another replica has taken back may be accepted here for as long, and usually for less than 10 ms.
    #[serde(with = "humantime_serde")]
    #[schema(value_type = String, format = "duration")]
    pub revocation_staleness: Duration,
    /// How far the clocks of issuer and verifier may differ, at most 60s.
    #[serde(with = "humantime_serde")]
    #[schema(value_type = String, format = "duration")]
    pub leeway: Duration,
    /// Whether tokens are bound to a key of the client: `off`, `accepted` or `required`. Only with header transport; the addresses
    /// that proofs name begin with `issuer`.
    pub dpop: Dpop,
    /// How long after it was made a proof is accepted, and remembered so that it works once; 1s to 5m.
    #[serde(with = "humantime_serde")]
    #[schema(value_type = String, format = "duration")]
    pub dpop_window: Duration,
    /// The cookie of cookie transport.
    pub cookie: CookieConfig,
    /// How much may go wrong at a login.
    pub login: LoginConfig,
    /// What both servers ask of every request.
    pub http: HttpConfig,
}

/// Lifetimes with a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Access tokens live 15 minutes, refresh tokens 30 days.
    #[default]
    BestPractice,
    /// Access tokens live a week, refresh tokens a month.
    AsInTheNotes,
}

impl Default for JwtConfig {
    fn default() -> Self {
        let RefreshPolicy {
            lifetime,
            absolute_lifetime,
            grace,
        } = RefreshPolicy::default();
        Self {
            transport: Transport::Header,
            algorithm: Algorithm::EdDSA,
            issuer: "http://localhost:8003".to_owned(),
            audience: "bank".to_owned(),
            client_id: "bank-web".to_owned(),
            access_lifetime: Duration::from_secs(15 * 60),
            refresh_lifetime: lifetime,
            family_lifetime: absolute_lifetime,
            refresh_grace: grace,
            dangerously_reusable_refresh: false,
            revocation: Revocation::default(),
            verified_tokens: 10_000,
            remembered_rows: 10_000,
            revocation_staleness: Duration::from_secs(5),
            leeway: Duration::ZERO,
            dpop: Dpop::default(),
            dpop_window: Duration::from_secs(60),
            cookie: CookieConfig::default(),
            login: LoginConfig::default(),
            http: HttpConfig::default(),
        }
    }
}

impl JwtConfig {
    /// The same settings with the lifetimes of a preset.
    #[must_use]
    pub fn with_preset(self, preset: Preset) -> Self {
        let (access_lifetime, refresh_lifetime) = match preset {
            Preset::BestPractice => (Duration::from_secs(15 * 60), 30 * DAY),
            Preset::AsInTheNotes => (7 * DAY, 30 * DAY),
        };
        Self {
            access_lifetime,
            refresh_lifetime,
            ..self
        }
    }

    /// The rules of rotation.
    #[must_use]
    pub fn refresh_policy(&self) -> RefreshPolicy {
        RefreshPolicy {
            lifetime: self.refresh_lifetime,
            absolute_lifetime: self.family_lifetime,
            grace: self.refresh_grace,
        }
    }

    /// The name of the cookie.
    #[must_use]
    pub fn cookie_name(&self) -> String {
        self.cookie.name("token")
    }

    /// Checks the settings against each other.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut problems = self.cookie.problems();
        problems.extend(self.login.problems());
        problems.extend(self.http.problems());
        if let Err(errors) = self.refresh_policy().validate() {
            problems.extend(
                errors.iter().map(|error| {
                    format!("refresh_lifetime, family_lifetime, refresh_grace: {error}")
                }),
            );
        }
        if self.dangerously_reusable_refresh && self.revocation == Revocation::Denylist {
            problems.push(
                "dangerously_reusable_refresh: every access token of a login then has the same name, and a denylist would refuse those to come too; set revocation to none or not-before"
                    .to_owned(),
            );
        }
        if self.access_lifetime.is_zero() {
            problems.push("access_lifetime: must be at least 1s".to_owned());
        }
        if self.verified_tokens > MOST_VERIFIED_TOKENS {
            problems.push("verified_tokens: at most 1000000".to_owned());
        }
        if self.remembered_rows > MOST_REMEMBERED_ROWS {
            problems.push("remembered_rows: at most 1000000".to_owned());
        }
        if !(SHORTEST_STALENESS..=LONGEST_STALENESS).contains(&self.revocation_staleness) {
            problems.push("revocation_staleness: from 1s to 1h".to_owned());
        }
        if self.leeway > Duration::from_secs(60) {
            problems.push("leeway: at most 60s".to_owned());
        }
        if !DPOP_WINDOW.contains(&self.dpop_window) {
            problems.push("dpop_window: 1s to 5m".to_owned());
        }
        if self.dpop == Dpop::Required && self.transport == Transport::Cookie {
            problems.push(
                "dpop: `required` needs transport `header`, since a cookie goes without a proof"
                    .to_owned(),
            );
        }
        for (name, value) in [
            ("issuer", &self.issuer),
            ("audience", &self.audience),
            ("client_id", &self.client_id),
        ] {
            if value.is_empty() {
                problems.push(format!("{name}: cannot be empty"));
            }
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(ConfigError { problems })
        }
    }
}
