//! The compact form: three parts, each canonical base64url (RFC 7515 §7.1), and the header.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{DecodeSliceError, Engine as _};

use super::json::{self, Json, Members};
use super::{Part, SignatureAlgorithm, VerifyError};

/// Longer tokens are refused unread. Ours are around 600 bytes; common limits on a header line are 8 KiB.
pub(crate) const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// A token cut at its dots; nothing is decoded yet.
#[derive(Clone, Copy)]
pub(crate) struct Compact<'a> {
    /// `header.payload`: what the signature covers.
    pub(crate) signed: &'a str,
    pub(crate) header: &'a str,
    pub(crate) payload: &'a str,
    pub(crate) signature: &'a str,
}

impl<'a> Compact<'a> {
    pub(crate) fn split(token: &'a str) -> Result<Self, VerifyError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(VerifyError::TooLong { bytes: token.len() });
        }
        let mut dots = memchr::memchr_iter(b'.', token.as_bytes());
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(VerifyError::NotThreeParts);
        };
        Ok(Self {
            signed: &token[..second],
            header: &token[..first],
            payload: &token[first + 1..second],
            signature: &token[second + 1..],
        })
    }
}

/// The engine refuses padding, foreign characters, white space, and trailing bits that encode nothing: each value has one spelling.
pub(crate) fn decode(part: Part, text: &str) -> Result<Vec<u8>, VerifyError> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| VerifyError::NotBase64Url(part))
}

/// Room for the longest signature of any algorithm, that of an RSA key of 8192 bits.
pub(crate) type SignatureBuffer = [u8; 1024];

/// The same for a signature, without an allocation. One that no key could have made is nobody's.
pub(crate) fn decode_signature<'b>(
    text: &str,
    buffer: &'b mut SignatureBuffer,
) -> Result<&'b [u8], VerifyError> {
    match URL_SAFE_NO_PAD.decode_slice(text, buffer) {
        Ok(length) => Ok(&buffer[..length]),
        Err(DecodeSliceError::OutputSliceTooSmall) => Err(VerifyError::BadSignature),
        Err(DecodeSliceError::DecodeError(_)) => Err(VerifyError::NotBase64Url(Part::Signature)),
    }
}

/// The object in a decoded part.
pub(crate) fn object(part: Part, bytes: &[u8]) -> Result<Members<'_>, VerifyError> {
    json::object(bytes).map_err(|error| VerifyError::json(part, error))
}

/// The header members that matter. `jku`, `x5u`, `jwk` and `x5c` are not among them: a token does not choose its own key.
pub(crate) struct Header<'m> {
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) kid: Option<&'m str>,
    pub(crate) typ: Option<&'m str>,
}

impl<'m> Header<'m> {
    pub(crate) fn read(members: &'m Members<'_>) -> Result<Self, VerifyError> {
        if json::member(members, "crit").is_some() {
            return Err(VerifyError::CriticalHeader);
        }
        let name = text(members, "alg")?.ok_or(VerifyError::MissingHeader("alg"))?;
        let unknown = || VerifyError::UnknownAlgorithm {
            name: name.to_owned(),
        };
        Ok(Self {
            algorithm: SignatureAlgorithm::from_name(name).ok_or_else(unknown)?,
            kid: text(members, "kid")?,
            typ: text(members, "typ")?,
        })
    }

    /// RFC 9068 §4: `at+jwt`, with or without `application/`; media types are compared without regard to case.
    pub(crate) fn check_typ(&self) -> Result<(), VerifyError> {
        let typ = self.typ.ok_or(VerifyError::MissingHeader("typ"))?;
        let accepted = ["at+jwt", "application/at+jwt"];
        if accepted.iter().any(|name| typ.eq_ignore_ascii_case(name)) {
            Ok(())
        } else {
            Err(VerifyError::WrongTyp {
                found: typ.to_owned(),
            })
        }
    }
}

fn text<'m>(members: &'m Members<'_>, name: &'static str) -> Result<Option<&'m str>, VerifyError> {
    json::member(members, name)
        .map(|value| Json::as_text(value).ok_or(VerifyError::HeaderType(name)))
        .transpose()
}
