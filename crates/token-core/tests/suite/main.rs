//! Tests of the whole crate through its public face, in one binary so that the cryptography is linked once.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "these functions serve tests alone, where a panic is the failure to report"
)]

mod attacks;
mod claims;
mod debug;
mod dpop;
mod forge;
mod form;
mod interoperability;
mod key_folder;
mod key_import;
mod key_ring;
mod pem;
mod refresh;
mod rfc_examples;
mod seen;
