//! Why a key was refused.

use crate::jwt::json::JsonError;

/// Why a key, or a set of keys, was refused. Says what is wrong and never shows the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not JSON.
    #[error("the key is not JSON")]
    NotJson,
    /// JSON, but no object.
    #[error("the key is not a JSON object")]
    NotAnObject,
    /// A member appears twice.
    #[error("the key has the member {0:?} twice")]
    DuplicateMember(String),
    /// A set without `keys`, or whose `keys` is no array of objects.
    #[error("the key set has no array of keys")]
    NotASet,
    /// A set with nothing in it.
    #[error("the key set is empty")]
    EmptySet,
    /// A member is missing.
    #[error("the key has no {0}")]
    Missing(&'static str),
    /// A member is not what its specification says.
    #[error("the key's {0} is malformed")]
    Malformed(&'static str),
    /// A `kty` that is not EC, OKP, RSA or oct.
    #[error("the key type {0:?} is not accepted: EC, OKP, RSA and oct are")]
    UnknownType(String),
    /// A `crv` that no algorithm here uses.
    #[error("the curve {0:?} is not accepted: P-256, P-384, P-521 and Ed25519 are")]
    UnknownCurve(String),
    /// An `alg` that is not in the table.
    #[error("the algorithm {0:?} is not accepted")]
    UnknownAlgorithm(String),
    /// `alg` says one thing, `kty` and `crv` another.
    #[error("the key says alg {algorithm}, which is not for its type or curve")]
    AlgorithmDoesNotFit {
        /// What `alg` says.
        algorithm: String,
    },
    /// `use` is not `sig`.
    #[error("the key is for use {0:?}, not for signatures")]
    WrongUse(String),
    /// `key_ops` does not have the operation.
    #[error("the key's key_ops do not have {0}")]
    OperationNotAllowed(&'static str),
    /// A symmetric key shorter than its hash can be guessed from one token.
    #[error("the key has {bits} bits; {algorithm} needs at least {least}")]
    ShortSecret {
        /// Which algorithm.
        algorithm: &'static str,
        /// How long it is.
        bits: usize,
        /// How long it must be.
        least: usize,
    },
    /// RSA outside 2048 to 8192 bits.
    #[error("the RSA key has {bits} bits; 2048 to 8192 are accepted")]
    RsaSize {
        /// How long the modulus is.
        bits: usize,
    },
    /// An exponent with which everybody can sign, or which no sound key has.
    #[error("the RSA exponent is not an odd number from 3 to 2^33")]
    RsaExponent,
    /// Not a point on its curve, or not of its length.
    #[error("x and y are not a point on {0}")]
    NotOnCurve(&'static str),
    /// The private half belongs to another public half.
    #[error("the private and the public half do not belong together")]
    Mismatch,
    /// Only the public half is there.
    #[error("the key has no private half, so it cannot sign")]
    NotPrivate,
    /// A private half, where only the public one may be.
    #[error("the key has its private half in it")]
    Private,
    /// A key of an algorithm that is verified but not issued.
    #[error("keys for {0} can verify, but nothing is signed with them here")]
    VerificationOnly(&'static str),
    /// Two keys of one id: which is meant depends on who reads.
    #[error("two keys have the id {0:?}")]
    DuplicateKid(String),
    /// Several keys, and one that cannot be named.
    #[error("a key in a set of several has no kid")]
    MissingKid,
    /// Symmetric and asymmetric keys in one set: the classic way to verify an HMAC with a public key.
    #[error("the set mixes symmetric and asymmetric keys")]
    MixedSet,
    /// Not PEM that is understood.
    #[error(
        "not a PEM private key (PKCS#8, for RSA also PKCS#1) or public key of Ed25519, an EC curve or RSA"
    )]
    Pem,
    /// The cryptography gave no key.
    #[error("the key could not be made")]
    Generation,
}

impl From<JsonError> for KeyError {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::NotJson => Self::NotJson,
            JsonError::NotAnObject => Self::NotAnObject,
            JsonError::Duplicate(name) => Self::DuplicateMember(name),
        }
    }
}
