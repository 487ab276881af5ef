//! Everything that is wrong with a token, for the person looking at it.

use serde_json::Value;

use super::compact::{self, Compact, Header};
use super::read_claims::Claims;
use super::{Expected, KeyRing, Part, VerifyError, json, jws};
use crate::clock::UnixSeconds;

/// What a token says, and every reason not to believe it.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// The header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
    /// Empty when the token is a valid RFC 9068 access token under the keys and expectations given.
    pub problems: Vec<VerifyError>,
}

/// Checks a token as [`super::Verifier`] does, save for the three claims of our own, and goes on after the first problem.
///
/// # Errors
///
/// [`VerifyError`] when the token cannot be read at all.
pub fn inspect(
    token: &str,
    keys: &KeyRing,
    expected: &Expected,
    now: UnixSeconds,
) -> Result<Inspection, VerifyError> {
    let parts = Compact::split(token)?;
    let header = compact::decode(Part::Header, parts.header)?;
    let header = compact::object(Part::Header, &header)?;
    let payload = compact::decode(Part::Payload, parts.payload)?;
    let claims = compact::object(Part::Payload, &payload)?;
    let mut problems = Vec::new();
    match Header::read(&header) {
        Ok(read) => {
            problems.extend(signature_problem(&parts, &read, keys, now).err());
            problems.extend(read.check_typ().err());
        }
        Err(problem) => problems.push(problem),
    }
    expected.check(&Claims::read(&payload)?, now, &mut |problem| {
        problems.push(problem);
    });
    Ok(Inspection {
        header: json::to_value(&header),
        claims: json::to_value(&claims),
        problems,
    })
}

fn signature_problem(
    parts: &Compact<'_>,
    header: &Header<'_>,
    keys: &KeyRing,
    now: UnixSeconds,
) -> Result<(), VerifyError> {
    jws::check(parts, header, keys.find(header.kid, now)?)
}
