//! `svt token`: look at a token, verify it, sign one.
//!
//! Exit codes are for scripts: 0 valid, 1 invalid, 2 input that could not be used.

mod input;
mod render;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use token_core::clock::{Clock as _, SystemClock, UnixSeconds};
use token_core::jwt::{Expected, KeyError, decode_unverified, inspect, jws};
use token_core::secret::SecretString;

use self::input::VerificationKeys;
use self::render::{Report, Verdict};

const VALID: u8 = 0;
const INVALID: u8 = 1;
const UNUSABLE: u8 = 2;

/// What can be done with a token.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Show what a token says, without believing it.
    #[command(after_help = DECODE_EXAMPLES)]
    Decode(Decode),
    /// Check a token: signature, type, times and claims (RFC 9068), or the signature alone.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(Verify),
    /// Sign claims; the algorithm is the key's.
    #[command(after_help = SIGN_EXAMPLES)]
    Sign(Sign),
}

const DECODE_EXAMPLES: &str = "\
Examples:
  svt token decode eyJhbGciOiJFZERTQSIs…
  svt token decode < token.txt
  svt token decode --json eyJhbGciOiJFZERTQSIs… | jq .claims.exp";

const VERIFY_EXAMPLES: &str = "\
Examples:
  curl -s http://jwt.lab.localhost:8003/.well-known/jwks.json > jwks.json
  svt token verify --jwk jwks.json --iss http://jwt.lab.localhost:8003 eyJhbGciOiJFZERTQSIs…
  svt token verify --jwk jwks.json --at 2026-12-24T00:00:00Z < token.txt
  svt token verify --jws --secret your-256-bit-secret eyJhbGciOiJIUzI1NiIs…

Exit code: 0 valid, 1 invalid, 2 unusable input.";

const SIGN_EXAMPLES: &str = "\
Examples:
  svt token sign --jwk data/keys/jwt-EdDSA.json '{\"sub\":\"1\",\"exp\":1900000000}'
  svt token sign --jwk private.pem --file claims.json
  echo '{\"sub\":\"1\"}' | svt token sign --secret 'at least thirty-two bytes of secret' --typ JWT";

/// Arguments of `decode`.
#[derive(Debug, Args)]
pub(crate) struct Decode {
    /// The token; read from standard input when left out or `-`.
    token: Option<String>,
    /// Print {"valid":…,"reason":…,"header":…,"claims":…}; nothing is verified, so valid is false.
    #[arg(long)]
    json: bool,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The token; read from standard input when left out or `-`.
    token: Option<String>,
    #[command(flatten)]
    key: KeySource,
    /// Check the signature alone: no type, no times, no claims.
    #[arg(long, conflicts_with_all = ["iss", "aud", "leeway"])]
    jws: bool,
    /// The issuer that the token must name.
    #[arg(long, value_name = "ISSUER")]
    iss: Option<String>,
    /// The audience that the token must be meant for.
    #[arg(long, value_name = "AUDIENCE")]
    aud: Option<String>,
    /// The time to check at, as RFC 3339 or seconds since 1970 [default: now].
    #[arg(long, value_name = "TIME", value_parser = input::time, allow_negative_numbers = true)]
    at: Option<UnixSeconds>,
    /// How far the issuer's clock may differ, at most 60s.
    #[arg(long, value_name = "DURATION", value_parser = input::leeway, default_value = "0s")]
    leeway: Duration,
    /// Print {"valid":…,"reason":…,"header":…,"claims":…}.
    #[arg(long)]
    json: bool,
}

/// Arguments of `sign`.
#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// The claims, a JSON object signed as it is written; read from standard input when left out or `-`.
    claims: Option<String>,
    /// Read the claims from a file.
    #[arg(long, value_name = "FILE", conflicts_with = "claims")]
    file: Option<PathBuf>,
    #[command(flatten)]
    key: KeySource,
    /// The header's typ.
    #[arg(long, default_value = "at+jwt")]
    typ: String,
}

/// Where the key comes from: exactly one of the two.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct KeySource {
    /// A file with a JWK, a JWKS, or a PEM key.
    #[arg(long, value_name = "FILE")]
    jwk: Option<PathBuf>,
    /// An HS256 secret, taken as it is typed. Other users of this machine can see it in the list of processes.
    #[arg(long, value_name = "SECRET", value_parser = input::secret)]
    secret: Option<SecretString>,
}

impl TokenCommand {
    /// Does it, prints what came of it, and says by the exit code whether the token was valid.
    pub(crate) fn run(self) -> ExitCode {
        let outcome = match self {
            Self::Decode(decode) => decode.run(),
            Self::Verify(verify) => verify.run(),
            Self::Sign(sign) => sign.run(),
        };
        let code = outcome.unwrap_or_else(|error| {
            render::complain(&format!("{error:#}"));
            UNUSABLE
        });
        ExitCode::from(code)
    }
}

impl Decode {
    fn run(self) -> anyhow::Result<u8> {
        let token = input::token(self.token)?;
        let decoded = decode_unverified(&token)
            .context("not a JWT in compact form, header.payload.signature in base64url")?;
        let report = Report {
            verdict: Verdict::NotVerified,
            header: Some(decoded.header),
            claims: Some(decoded.claims),
        };
        report.print(&token, self.json);
        Ok(VALID)
    }
}

impl Verify {
    fn run(self) -> anyhow::Result<u8> {
        let keys = input::verification_keys(&self.key)?;
        let token = input::token(self.token.clone())?;
        let now = self.at.unwrap_or_else(|| SystemClock::new().now());
        if let Some(short) = &keys.short_secret
            && self.jws
        {
            render::complain(&format!(
                "warning: {short}; whoever has a token can guess this secret"
            ));
        }
        let report = if self.jws {
            signature_alone(&token, &keys, now)
        } else {
            self.access_token(&token, &keys, now)
        };
        report.print(&token, self.json);
        Ok(match report.verdict {
            Verdict::Invalid(_) => INVALID,
            _ => VALID,
        })
    }

    fn access_token(&self, token: &str, keys: &VerificationKeys, now: UnixSeconds) -> Report {
        let expected = Expected {
            issuer: self.iss.clone(),
            audience: self.aud.clone(),
            leeway: self.leeway,
        };
        let short_secret = keys.short_secret.iter().map(KeyError::to_string);
        match inspect(token, &keys.ring, &expected, now) {
            Ok(inspection) => {
                let problems = inspection.problems.iter().map(ToString::to_string);
                Report {
                    verdict: Verdict::of(short_secret.chain(problems).collect()),
                    header: Some(inspection.header),
                    claims: Some(inspection.claims),
                }
            }
            Err(problem) => Report::unreadable(&problem),
        }
    }
}

fn signature_alone(token: &str, keys: &VerificationKeys, now: UnixSeconds) -> Report {
    let verdict = match jws::verify_with(token, &keys.ring, now) {
        Ok(_) => Verdict::ValidSignature,
        Err(problem) => Verdict::Invalid(vec![problem.to_string()]),
    };
    // A JWS may sign anything: a payload that is no JSON leaves the header to show.
    let decoded = decode_unverified(token);
    let (header, claims) = match decoded {
        Ok(decoded) => (Some(decoded.header), Some(decoded.claims)),
        Err(_) => (input::header_alone(token), None),
    };
    Report {
        verdict,
        header,
        claims,
    }
}

impl Sign {
    fn run(self) -> anyhow::Result<u8> {
        let key = input::signing_key(&self.key)?;
        let claims = input::claims(self.claims, self.file.as_deref())?;
        let token = jws::sign(claims.as_bytes(), &self.typ, &key).context("cannot sign")?;
        // What the verifier could not read back is not handed out: claims that are no object, or that name a member twice.
        if let Err(problem) = decode_unverified(token.expose()) {
            bail!("cannot sign these claims: {problem}; one JSON object is accepted");
        }
        render::line(token.expose());
        Ok(VALID)
    }
}
