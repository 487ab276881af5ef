//! Many processes of both servers over engines that all of them share: what one knows the others know, whoever dies.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers, which the lint does not know for tests"
)]

mod balancer;
mod client;
mod endpoints;
mod fleet;
mod load;
mod outages;
mod partition;
mod rolling;
mod shared;
