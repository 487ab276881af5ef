//! What can be wrong with an answer.

/// A request that was not answered as it should have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// No connection, or one that broke.
    #[error("the connection failed: {0}")]
    Connection(String),
    /// Another status than the right one.
    #[error("answered with status {was} in place of {expected}")]
    Status {
        /// What came.
        was: u16,
        /// What is right.
        expected: u16,
    },
    /// The right status, and not what was asked for.
    #[error("answered with a body without {expected}")]
    Body {
        /// What was looked for.
        expected: String,
    },
    /// A request without an answer, for longer than anybody waits.
    #[error("a request was not answered")]
    Silence,
    /// Fewer answers than were asked for, where a latency is wanted.
    #[error("did not keep up with {rate} requests a second")]
    Behind {
        /// How many were asked for.
        rate: u32,
    },
    /// A scenario that uses logins up has none left.
    #[error("there was no login left to use")]
    NoLogin,
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        Self::Connection(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Connection(error.to_string())
    }
}
