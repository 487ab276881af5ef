//! Keys, each pinned to one algorithm, and the ring that holds those of a server.

mod error;
mod jwk;
mod pem;
mod ring;
mod rsa_der;
mod signing;
mod thumbprint;
mod verification;

pub use error::KeyError;
pub use ring::KeyRing;
pub(crate) use ring::RingKey;
pub use signing::SigningKey;
pub use thumbprint::{MalformedThumbprint, Thumbprint};
pub use verification::VerificationKey;
