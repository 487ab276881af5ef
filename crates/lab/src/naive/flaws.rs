//! One function for each way of believing what must not be believed.

use std::time::Duration;

use actix_web::http::header::HOST;
use serde::Deserialize;
use serde_json::Value;
use token_core::clock::UnixSeconds;
use token_core::jwt::{KeyRing, Unverified, VerificationKey, VerifyError, decode_unverified, jws};
use user_store::step;

use super::keys::{WEAK_SECRET, hmac_matches};
use super::{AUDIENCE, Naive};
use crate::origins::host_of;

/// The longest key set that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// What is wrong with a verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(
    clippy::enum_variant_names,
    reason = "whatever weakens something is named so, here as in the settings"
)]
pub(super) enum Flaw {
    /// Takes `alg: none` at its word.
    DangerouslyAcceptNone,
    /// Lets the token say how its signature is checked, with one key for every algorithm.
    DangerouslyAlgorithmFromToken,
    /// Signs and checks with a secret that a person thought of.
    DangerouslyWeakSecret,
    /// Reads its key from the file that the token names.
    DangerouslyKidIsAPath,
    /// Decodes, and looks at no signature.
    DangerouslyDecodeOnly,
    /// Never asks for whom the token is.
    DangerouslyAnyAudience,
    /// Never asks who issued it.
    DangerouslyAnyIssuer,
    /// Never asks what kind of token it is.
    DangerouslyAnyType,
    /// Forgives an hour between the clocks.
    DangerouslyHourOfLeeway,
    /// Checks with the key that the token brings along.
    DangerouslyKeyFromHeader,
    /// Fetches the key from where the token says.
    DangerouslyKeyFromUrl,
}

/// Why a naive verifier refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error(transparent)]
    Token(#[from] VerifyError),
    #[error("the signature does not match")]
    Signature,
    #[error("there is no such key")]
    NoKey,
    #[error("the key is fetched from the attacker of this lab, and from nowhere else")]
    Elsewhere,
    #[error("typ is not at+jwt")]
    Type,
    #[error("issued by somebody else")]
    Issuer,
    #[error("meant for somebody else")]
    Audience,
    #[error("expired")]
    Expired,
    #[error("it names no user")]
    User,
}

impl Naive {
    /// Whom the token is about, if a verifier with this flaw believes it.
    pub(super) async fn verify(
        &self,
        flaw: Flaw,
        token: &str,
        run: Option<&str>,
    ) -> Result<String, Refused> {
        let read = decode_unverified(token)?;
        match flaw {
            Flaw::DangerouslyAcceptNone => self.dangerously_accept_none(token, &read),
            Flaw::DangerouslyAlgorithmFromToken => {
                self.dangerously_algorithm_from_token(token, &read)
            }
            Flaw::DangerouslyWeakSecret => matches(token, WEAK_SECRET),
            Flaw::DangerouslyKidIsAPath => self.dangerously_kid_is_a_path(token, &read),
            Flaw::DangerouslyDecodeOnly => Ok(()),
            Flaw::DangerouslyKeyFromHeader => dangerously_key_from_header(token, &read),
            Flaw::DangerouslyKeyFromUrl => self.dangerously_key_from_url(token, &read, run).await,
            Flaw::DangerouslyAnyAudience
            | Flaw::DangerouslyAnyIssuer
            | Flaw::DangerouslyAnyType
            | Flaw::DangerouslyHourOfLeeway => self.as_it_should(token),
        }?;
        self.check_claims(flaw, &read)?;
        let user = read.claims["username"].as_str().ok_or(Refused::User)?;
        Ok(user.to_owned())
    }

    /// The signature as the bank checks it: its own key, and the algorithm that the key is for.
    fn as_it_should(&self, token: &str) -> Result<(), Refused> {
        jws::verify_with(token, &self.ring, self.clock.now())?;
        Ok(())
    }

    // ANCHOR: naive
    /// RFC 7519 §6 knows tokens without a signature; a verifier that takes them has none to check.
    fn dangerously_accept_none(&self, token: &str, read: &Unverified) -> Result<(), Refused> {
        let says_none = read.header["alg"].as_str() == Some("none");
        if says_none && read.signature_b64.is_empty() {
            return Ok(());
        }
        self.as_it_should(token)
    }

    /// `verify(token, key)` of libraries that take the algorithm from the header and the key for bytes: told HS256, they use the
    /// text of the public key as a secret.
    fn dangerously_algorithm_from_token(
        &self,
        token: &str,
        read: &Unverified,
    ) -> Result<(), Refused> {
        let key = self.public_pem.as_deref().ok_or(Refused::NoKey)?;
        match read.header["alg"].as_str() {
            Some("HS256") => matches(token, key.as_bytes()),
            _ => jws::verify(
                token,
                &VerificationKey::from_pem(key).map_err(|_| Refused::NoKey)?,
            )
            .map(drop)
            .map_err(Refused::from),
        }
    }
    // ANCHOR_END: naive

    fn dangerously_kid_is_a_path(&self, token: &str, read: &Unverified) -> Result<(), Refused> {
        let kid = read.header["kid"].as_str().ok_or(Refused::NoKey)?;
        let step = step!(authentication, read, "read the key file that kid names");
        let key = step.in_scope(|| self.files.dangerously_by_path(kid));
        step.record("result", kid);
        matches(token, key.ok_or(Refused::NoKey)?.expose())
    }

    /// Fetches, really; by address, with the name in `Host`, and from the attacker's origin of this lab alone.
    async fn dangerously_key_from_url(
        &self,
        token: &str,
        read: &Unverified,
        run: Option<&str>,
    ) -> Result<(), Refused> {
        let Some(jku) = read.header["jku"].as_str() else {
            return self.as_it_should(token);
        };
        let path = jku.strip_prefix(&self.origins.evil);
        let path = path.filter(|path| path.starts_with('/'));
        let path = path.ok_or(Refused::Elsewhere)?;
        let host = host_of(&self.origins.evil);
        let port = host.rsplit(':').next().unwrap_or_default();
        let asked = self
            .client
            .get(format!("http://127.0.0.1:{port}{path}"))
            .query(&run.map(|run| [("run", run)]))
            .header(HOST.as_str(), host);
        let mut answer = asked.send().await.map_err(|_| Refused::NoKey)?;
        let mut jwks = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| Refused::NoKey)? {
            jwks.extend_from_slice(&chunk);
            if jwks.len() > LONGEST {
                return Err(Refused::NoKey);
            }
        }
        let ring = KeyRing::from_jwks(&String::from_utf8_lossy(&jwks));
        let ring = ring.map_err(|_| Refused::NoKey)?;
        jws::verify_with(token, &ring, self.clock.now())?;
        Ok(())
    }

    /// The claims and the type, all but what the flaw leaves out.
    fn check_claims(&self, flaw: Flaw, read: &Unverified) -> Result<(), Refused> {
        let leeway = match flaw {
            Flaw::DangerouslyHourOfLeeway => Duration::from_secs(60 * 60),
            _ => Duration::ZERO,
        };
        let claims = &read.claims;
        let exp = claims["exp"].as_i64().map(UnixSeconds);
        let is_live = exp.is_some_and(|exp| self.clock.now() < exp.plus(leeway));
        let is = |value: &Value, text: &str| value.as_str() == Some(text);
        if flaw != Flaw::DangerouslyAnyType && !is(&read.header["typ"], "at+jwt") {
            Err(Refused::Type)
        } else if flaw != Flaw::DangerouslyAnyIssuer && !is(&claims["iss"], &self.origins.jwt) {
            Err(Refused::Issuer)
        } else if flaw != Flaw::DangerouslyAnyAudience && !is(&claims["aud"], AUDIENCE) {
            Err(Refused::Audience)
        } else if is_live {
            Ok(())
        } else {
            Err(Refused::Expired)
        }
    }
}

/// A token that brings its own key proves that its bearer has a key.
fn dangerously_key_from_header(token: &str, read: &Unverified) -> Result<(), Refused> {
    let jwk = read.header.get("jwk").ok_or(Refused::NoKey)?;
    let key = VerificationKey::from_jwk(&jwk.to_string()).map_err(|_| Refused::NoKey)?;
    jws::verify(token, &key)?;
    Ok(())
}

fn matches(token: &str, secret: &[u8]) -> Result<(), Refused> {
    if hmac_matches(token, secret) {
        Ok(())
    } else {
        Err(Refused::Signature)
    }
}
