//! What a lab and its replicas say to each other: lines of JSON on the standard input and output of a child process.
//!
//! A pipe and not a socket: it is private to the two without a secret, and its end is noticed by whoever is left, however the other
//! ended.

use serde::{Deserialize, Serialize};
use wiretap::Exchange;

/// A line from the lab. The first one comes before the replica opens anything; the end of the lines means that the lab is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToReplica {
    /// How far the lab's clock is ahead of the wall.
    ClockAhead {
        /// In whole seconds.
        seconds: u64,
    },
}

/// A line from a replica.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromReplica {
    /// It answers from now on.
    Listening,
    /// What it has recorded of a request.
    Exchange(Box<Exchange>),
}
