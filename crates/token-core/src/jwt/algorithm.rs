//! The algorithms: one table for those we issue with and those we can only verify.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    self, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, RsaParameters,
};
use serde::{Deserialize, Serialize};

/// An algorithm that access tokens are issued with.
///
/// EdDSA is the default. HS256 is for one service that both issues and verifies: whoever can verify can forge.
/// RS256 is here to be measured and for what others already run; ASVS 5.0 appendix C disallows it in new work.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Algorithm {
    /// Ed25519 (RFC 8037).
    #[default]
    EdDSA,
    /// HMAC with SHA-256 (RFC 7518 §3.2).
    HS256,
    /// ECDSA on P-256 with SHA-256 (RFC 7518 §3.4).
    ES256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3).
    RS256,
}

/// No algorithm of that name is issued here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown algorithm {name:?}: use EdDSA, HS256, ES256 or RS256")]
pub struct UnknownAlgorithm {
    /// What was asked for.
    pub name: String,
}

impl Algorithm {
    /// Every algorithm that tokens are issued with, the default first.
    pub const ALL: [Self; 4] = [Self::EdDSA, Self::HS256, Self::ES256, Self::RS256];

    /// The `alg` header value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        SignatureAlgorithm::from(self).as_str()
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.as_str() == name)
            .ok_or_else(|| UnknownAlgorithm {
                name: name.to_owned(),
            })
    }
}

/// An algorithm whose signatures can be checked. A superset of [`Algorithm`], for keys and tokens of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "the names are those of RFC 7518 §3.1 and RFC 8037 §3.1"
)]
pub enum SignatureAlgorithm {
    EdDSA,
    HS256,
    HS384,
    HS512,
    ES256,
    ES384,
    ES512,
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
}

/// What a key of an algorithm looks like in a JWK, and what the cryptography needs to be told.
#[derive(Clone, Copy)]
pub(crate) enum Family {
    /// `kty` OKP with the curve Ed25519.
    Ed25519,
    /// `kty` EC.
    Ec(&'static Curve),
    /// `kty` RSA.
    Rsa(&'static RsaParameters),
    /// `kty` oct, and the shortest key allowed: as long as the hash (RFC 7518 §3.2).
    Hmac(hmac::Algorithm, usize),
}

/// An elliptic curve with the one hash that JOSE pairs it with.
pub(crate) struct Curve {
    /// The `crv` of a JWK.
    pub(crate) name: &'static str,
    /// How long each of `x`, `y` and `d` is; no other length is canonical (RFC 7518 §6.2.1.2).
    pub(crate) coordinate_bytes: usize,
    pub(crate) verification: &'static EcdsaVerificationAlgorithm,
    pub(crate) signing: &'static EcdsaSigningAlgorithm,
}

static P256: Curve = Curve {
    name: "P-256",
    coordinate_bytes: 32,
    verification: &signature::ECDSA_P256_SHA256_FIXED,
    signing: &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
};
static P384: Curve = Curve {
    name: "P-384",
    coordinate_bytes: 48,
    verification: &signature::ECDSA_P384_SHA384_FIXED,
    signing: &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
};
static P521: Curve = Curve {
    name: "P-521",
    coordinate_bytes: 66,
    verification: &signature::ECDSA_P521_SHA512_FIXED,
    signing: &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
};

struct Row {
    algorithm: SignatureAlgorithm,
    name: &'static str,
    family: Family,
}

const fn row(algorithm: SignatureAlgorithm, name: &'static str, family: Family) -> Row {
    Row {
        algorithm,
        name,
        family,
    }
}

/// The algorithm table. Where a key could serve several rows (RSA, oct) and does not say which, the first is taken.
static TABLE: [Row; 13] = {
    use Family::{Ec, Ed25519, Hmac, Rsa};
    use SignatureAlgorithm as A;
    [
        row(A::EdDSA, "EdDSA", Ed25519),
        row(A::HS256, "HS256", Hmac(hmac::HMAC_SHA256, 32)),
        row(A::HS384, "HS384", Hmac(hmac::HMAC_SHA384, 48)),
        row(A::HS512, "HS512", Hmac(hmac::HMAC_SHA512, 64)),
        row(A::ES256, "ES256", Ec(&P256)),
        row(A::ES384, "ES384", Ec(&P384)),
        row(A::ES512, "ES512", Ec(&P521)),
        row(
            A::RS256,
            "RS256",
            Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
        ),
        row(
            A::RS384,
            "RS384",
            Rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
        ),
        row(
            A::RS512,
            "RS512",
            Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
        ),
        row(A::PS256, "PS256", Rsa(&signature::RSA_PSS_2048_8192_SHA256)),
        row(A::PS384, "PS384", Rsa(&signature::RSA_PSS_2048_8192_SHA384)),
        row(A::PS512, "PS512", Rsa(&signature::RSA_PSS_2048_8192_SHA512)),
    ]
};

impl SignatureAlgorithm {
    /// Every algorithm, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.algorithm)
    }

    pub(crate) fn family(self) -> Family {
        self.row().family
    }

    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The `alg` header value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().name
    }

    /// The algorithm of this name; `none` is not one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE
            .iter()
            .find(|row| row.name == name)
            .map(|row| row.algorithm)
    }

    /// Whether the key that verifies also signs.
    #[must_use]
    pub fn is_symmetric(self) -> bool {
        matches!(self.row().family, Family::Hmac(..))
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<SignatureAlgorithm> for Algorithm {
    type Error = UnknownAlgorithm;

    fn try_from(algorithm: SignatureAlgorithm) -> Result<Self, Self::Error> {
        algorithm.as_str().parse()
    }
}

impl From<Algorithm> for SignatureAlgorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::EdDSA => Self::EdDSA,
            Algorithm::HS256 => Self::HS256,
            Algorithm::ES256 => Self::ES256,
            Algorithm::RS256 => Self::RS256,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_stands_at_its_own_place() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.algorithm as usize, index);
            assert_eq!(SignatureAlgorithm::from_name(row.name), Some(row.algorithm));
        }
    }

    #[test]
    fn names_are_those_of_the_header() {
        for algorithm in Algorithm::ALL {
            let name = algorithm.to_string();
            assert_eq!(name.parse(), Ok(algorithm));
            assert_eq!(serde_json::to_value(algorithm).unwrap(), name);
        }
        assert!("none".parse::<Algorithm>().is_err());
        assert!("ES384".parse::<Algorithm>().is_err());
    }
}
