//! The stores in PostgreSQL: what every backend promises, and what replicas and an engine that dies add to it.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers, which the lint does not know for tests"
)]

mod cluster;
mod conforms;
mod locks;
mod many;
mod opening;
mod outages;
mod replicas;
