//! Every route of the session server over HTTP: what succeeds, how each fails, and what cannot be brought back to life.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic is how these tests report a failure"
)]

mod bank;
mod cookies;
mod cors;
mod csrf_token;
mod dangerously_cookie;
mod dangers;
mod extension;
mod logins;
mod refusals;
mod server;
mod throttle;
