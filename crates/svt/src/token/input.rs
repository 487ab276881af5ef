//! What the token commands read: tokens, claims, keys, times. Everything that cannot be used is said in one line.

use std::fs;
use std::io::{self, IsTerminal as _, Read as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use serde_json::Value;
use token_core::clock::UnixSeconds;
use token_core::jwt::{
    KeyError, KeyRing, MAX_LEEWAY, SignatureAlgorithm, SigningKey, VerificationKey,
    decode_unverified,
};
use token_core::secret::{SecretBytes, SecretString};

use super::KeySource;

/// More than any token, claims or key that is accepted; a mistaken `< /dev/zero` ends here.
const MOST_BYTES: u64 = 1024 * 1024;

/// What `--jwk` takes.
const KEY_FILES: &str = "a file with a JWK, a JWKS or a PEM key";

/// The keys to verify with. A secret that is too short for a server still lets its signatures be looked at.
pub(super) struct VerificationKeys {
    pub(super) ring: KeyRing,
    pub(super) short_secret: Option<KeyError>,
}

pub(super) fn token(argument: Option<String>) -> anyhow::Result<String> {
    text(argument, "a token")
}

pub(super) fn claims(argument: Option<String>, file: Option<&Path>) -> anyhow::Result<String> {
    match file {
        Some(path) => Ok(read_file(path, "a file with a JSON object")?
            .trim()
            .to_owned()),
        None => text(argument, "claims, a JSON object,"),
    }
}

fn text(argument: Option<String>, what: &str) -> anyhow::Result<String> {
    let text = match argument {
        Some(text) if text != "-" => text,
        _ => read_stdin(what)?,
    };
    let text = text.trim();
    if text.is_empty() {
        bail!("nothing to read: give {what} as an argument or on standard input");
    }
    Ok(text.to_owned())
}

fn read_stdin(what: &str) -> anyhow::Result<String> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        bail!("give {what} as an argument or on standard input");
    }
    let mut text = String::new();
    stdin
        .take(MOST_BYTES)
        .read_to_string(&mut text)
        .context("cannot read standard input as text")?;
    Ok(text)
}

fn read_file(path: &Path, accepted: &str) -> anyhow::Result<String> {
    fs::read_to_string(path).map_err(|error| {
        anyhow!(
            "cannot read {}: {error}; {accepted} is accepted",
            path.display()
        )
    })
}

/// The header of a JWS whose payload is no JSON.
pub(super) fn header_alone(token: &str) -> Option<Value> {
    let (header, _) = token.split_once('.')?;
    let with_empty_payload = format!("{header}.e30.");
    decode_unverified(&with_empty_payload)
        .ok()
        .map(|decoded| decoded.header)
}

pub(super) fn verification_keys(source: &KeySource) -> anyhow::Result<VerificationKeys> {
    let strict = |ring| VerificationKeys {
        ring,
        short_secret: None,
    };
    match (&source.jwk, &source.secret) {
        (Some(path), _) => ring_in(path).map(strict),
        (None, Some(secret)) => keys_of_secret(secret),
        (None, None) => bail!("a key is needed: --jwk FILE or --secret SECRET"),
    }
}

fn ring_in(path: &Path) -> anyhow::Result<KeyRing> {
    let text = read_file(path, KEY_FILES)?;
    let ring = if is_pem(&text) {
        VerificationKey::from_pem(&text).and_then(|key| KeyRing::verifying(vec![key]))
    } else if is_set(&text) {
        KeyRing::from_jwks(&text)
    } else {
        VerificationKey::from_jwk(&text).and_then(|key| KeyRing::verifying(vec![key]))
    };
    ring.map_err(|error| unusable(path, &error))
}

fn keys_of_secret(secret: &SecretString) -> anyhow::Result<VerificationKeys> {
    let bytes = SecretBytes::new(secret.expose().as_bytes().to_vec());
    let algorithm = SignatureAlgorithm::HS256;
    let (key, short_secret) = match VerificationKey::from_secret(None, algorithm, &bytes) {
        Ok(key) => (key, None),
        Err(short) => {
            let key = VerificationKey::dangerously_from_short_secret(algorithm, &bytes);
            let key = key.context("cannot use the secret")?;
            (key, Some(short))
        }
    };
    Ok(VerificationKeys {
        ring: KeyRing::verifying(vec![key])?,
        short_secret,
    })
}

/// The first key of a set signs: that is how `<data>/keys` writes them.
pub(super) fn signing_key(source: &KeySource) -> anyhow::Result<SigningKey> {
    let Some(path) = &source.jwk else {
        let secret = source.secret.as_ref().context("a key is needed")?;
        let bytes = SecretBytes::new(secret.expose().as_bytes().to_vec());
        return SigningKey::from_secret(None, &bytes).context("cannot use the secret");
    };
    let text = read_file(path, KEY_FILES)?;
    let key = if is_pem(&text) {
        SigningKey::from_pem(&text)
    } else if is_set(&text) {
        let set: Value = serde_json::from_str(&text).unwrap_or_default();
        SigningKey::from_jwk(&set["keys"][0].to_string())
    } else {
        SigningKey::from_jwk(&text)
    };
    key.map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &KeyError) -> anyhow::Error {
    anyhow!(
        "cannot use {}: {error}; {KEY_FILES} is accepted",
        path.display()
    )
}

fn is_pem(text: &str) -> bool {
    text.trim_start().starts_with("-----BEGIN")
}

fn is_set(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value.get("keys").is_some())
}

/// For clap: keeps the secret out of the `Debug` of the arguments.
pub(super) fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(text.into())
}

/// For clap: RFC 3339 or whole seconds since 1970.
pub(super) fn time(text: &str) -> Result<UnixSeconds, String> {
    text.parse()
        .ok()
        .map(UnixSeconds)
        .or_else(|| UnixSeconds::from_rfc3339(text))
        .ok_or_else(|| {
            "RFC 3339 (2026-12-24T18:00:00Z) or seconds since 1970 are accepted".to_owned()
        })
}

/// For clap: `30s`, `1m`, or plain seconds, up to the bound that servers hold to.
pub(super) fn leeway(text: &str) -> Result<Duration, String> {
    let plain = text.parse().ok().map(Duration::from_secs);
    plain
        .or_else(|| humantime::parse_duration(text).ok())
        .filter(|leeway| *leeway <= MAX_LEEWAY)
        .ok_or_else(|| "0s to 60s are accepted".to_owned())
}
