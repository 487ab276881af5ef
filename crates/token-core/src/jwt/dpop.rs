//! Proofs of possession (RFC 9449, DPoP): whoever sends a request holds a key, and made the proof for this request.
//!
//! A proof is a JWS that brings its own public key, so its signature says nothing about *who* signed. It becomes worth something
//! when that key is compared with the one that a token is bound to: [`Proof::key`] with `cnf.jkt`. That is left to the caller,
//! as is using a proof up ([`ProofVerifier::use_once`]), which comes last so that nobody can fill the memory with proofs that lead
//! nowhere.
//!
//! *Security*: a proof covers the method and the address of a request, and neither its query nor its headers nor its body. Whoever
//! runs in the page that holds the key can have anything signed, also for a time to come: `iat` is the client's word, and the
//! nonces of RFC 9449 §8, which would end that, are not issued here.

mod error;
mod replay;
mod target;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::compact::{self, Compact, Header};
use super::json::{self, Json, Members};
use super::read_claims::Claims;
use super::{Part, SignatureAlgorithm, Thumbprint, VerificationKey, jws};
use crate::clock::UnixSeconds;
use crate::secret::Sha256Digest;

pub use error::DpopError;
use replay::Seen;

/// The `typ` of a proof.
pub const TYP: &str = "dpop+jwt";

/// What a proof may be signed with: asymmetric, and current (RFC 9449 §11.6).
pub const ALGORITHMS: [SignatureAlgorithm; 2] =
    [SignatureAlgorithm::ES256, SignatureAlgorithm::EdDSA];

/// How far ahead of ours a client's clock may be, for a proof that says it was made a moment from now.
pub const MAX_AHEAD: Duration = Duration::from_secs(10);

/// The request that a proof came with.
#[derive(Clone, Copy, Debug)]
pub struct ProvenRequest<'a> {
    /// The method, as in the request line.
    pub method: &'a str,
    /// The address as clients write it, with scheme and host; what follows a `?` or a `#` is ignored.
    pub uri: &'a str,
    /// The access token that came along, if one did.
    pub access_token: Option<&'a str>,
}

/// A proof that fits its request. Which key made it says nothing yet about who may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The key that signed it.
    pub key: Thumbprint,
    jti: String,
    /// The last moment at which it would be accepted.
    until: UnixSeconds,
}

/// Checks proofs, and remembers those that were used.
///
/// *Security*: the memory is this process's. Where several serve one address, a captured proof works once in each of them within
/// the window; RFC 9449 §11.1 then asks for a shared memory, or for addresses that differ. A restart forgets as well.
#[derive(Debug)]
pub struct ProofVerifier {
    window: Duration,
    seen: Seen,
}

impl ProofVerifier {
    /// Accepts proofs for `window` after their `iat`, and remembers at most `capacity` of them at a time.
    #[must_use]
    pub fn new(window: Duration, capacity: usize) -> Self {
        Self {
            window,
            seen: Seen::new(capacity),
        }
    }

    /// Checks everything of a proof but whether it was used before.
    ///
    /// # Errors
    ///
    /// [`DpopError`] says exactly what is wrong; the answer to the client must not.
    ///
    /// *Spec*: RFC 9449 §4.3, checks 2 to 9, 11, and of 12 the hash; which key it has to be is the caller's to know.
    pub fn verify(
        &self,
        proof: &str,
        request: &ProvenRequest<'_>,
        now: UnixSeconds,
    ) -> Result<Proof, DpopError> {
        let parts = Compact::split(proof)?;
        let header = compact::decode(Part::Header, parts.header)?;
        let header = compact::object(Part::Header, &header)?;
        let key = signed_by_its_own_key(&parts, &header)?;

        let claims = compact::decode(Part::Payload, parts.payload)?;
        let claims = Claims::read(&claims)?;
        check_request(&claims, request)?;
        Ok(Proof {
            key,
            jti: claims.text("jti")?.to_owned(),
            until: self.check_time(claims.time("iat")?, now)?,
        })
    }

    /// Uses a proof up.
    ///
    /// # Errors
    ///
    /// [`DpopError::Replayed`] when it was used before, and [`DpopError::Full`] when no more can be remembered: a proof that would
    /// be forgotten is refused.
    ///
    /// *Spec*: RFC 9449 §11.1.
    pub fn use_once(&self, proof: &Proof, now: UnixSeconds) -> Result<(), DpopError> {
        // Two clients may choose one `jti`, and a long one must not take more room than a short one.
        let name = [proof.key.as_bytes(), proof.jti.as_bytes()].concat();
        self.seen.insert(Sha256Digest::of(&name), proof.until, now)
    }

    fn check_time(&self, iat: UnixSeconds, now: UnixSeconds) -> Result<UnixSeconds, DpopError> {
        let until = iat.plus(self.window);
        if now > until {
            return Err(DpopError::TooOld { iat, now });
        }
        if iat > now.plus(MAX_AHEAD) {
            return Err(DpopError::Ahead { iat, now });
        }
        Ok(until)
    }
}

/// The `ath` of an access token: what its proofs say it is.
#[must_use]
pub fn access_token_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256Digest::of(token.as_bytes()).as_bytes())
}

/// Checks the header and the signature, and gives the thumbprint of the key in the header.
fn signed_by_its_own_key(
    parts: &Compact<'_>,
    header: &Members<'_>,
) -> Result<Thumbprint, DpopError> {
    let read = Header::read(header)?;
    match read.typ {
        Some(typ) if typ.eq_ignore_ascii_case(TYP) => {}
        found => {
            let found = found.map(str::to_owned);
            return Err(DpopError::NotAProof { found });
        }
    }
    if !ALGORITHMS.contains(&read.algorithm) {
        return Err(DpopError::Algorithm(read.algorithm));
    }
    let Some(Json::Object(jwk)) = json::member(header, "jwk") else {
        return Err(DpopError::NoKey);
    };
    let key = VerificationKey::from_public_members(jwk)?;
    jws::check(parts, &read, &key)?;
    key.jkt().ok_or(DpopError::NoKey)
}

// ANCHOR: what-a-proof-covers
/// RFC 9449 §4.3, checks 8, 9 and 12.
fn check_request(claims: &Claims<'_>, request: &ProvenRequest<'_>) -> Result<(), DpopError> {
    let htm = claims.text("htm")?;
    // Methods are case-sensitive (RFC 9110 §9.1).
    if htm != request.method {
        return Err(DpopError::OtherMethod {
            found: htm.to_owned(),
        });
    }
    let htu = claims.text("htu")?;
    let (theirs, ours) = (target::normal(htu), target::normal(request.uri));
    if theirs.is_none() || theirs != ours {
        return Err(DpopError::OtherAddress {
            found: htu.to_owned(),
        });
    }
    // A hash of something public to whoever sends the token: there is nothing to time.
    match request.access_token {
        Some(token) if claims.text("ath")? != access_token_hash(token) => {
            Err(DpopError::OtherToken)
        }
        _ => Ok(()),
    }
}
// ANCHOR_END: what-a-proof-covers
