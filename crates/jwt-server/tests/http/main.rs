//! The JWT server over HTTP.

#![expect(
    clippy::unwrap_used,
    reason = "a panic is how these tests report a failure"
)]

mod cookies;
mod csrf_token;
mod dangers;
mod dpop;
mod keys;
mod races;
mod revocation;
mod seen;
mod server;
mod throttle;
mod tokens;
