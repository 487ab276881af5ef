//! What crossed the wire, and what the server did for it.
//!
//! [`Wiretap`] is an actix middleware that opens an exchange for every request; [`StepLayer`] is a tracing layer that
//! files the spans which ran for that request, on whatever thread they ran; a [`Record`] keeps the exchanges of one lab
//! and tells its listeners. Servers outside the lab install none of the three and pay nothing.
//!
//! # Security
//! A record holds passwords, cookies and tokens in the clear, because showing them is its purpose. It belongs in a lab on
//! the loopback interface and nowhere else.

mod exchange;
mod layer;
mod middleware;
mod record;

pub use exchange::{Effect, Exchange, Phase, Request, Response, Step};
pub use layer::{StepLayer, install};
pub use middleware::Wiretap;
pub use record::{Event, Record};

/// The `User-Agent` of a client that replays a copied credential from outside the browser.
///
/// An exchange that carries it is marked [`Exchange::elsewhere`].
pub const REPLAY_USER_AGENT: &str = "svt-replay (a copy, outside the browser)";
