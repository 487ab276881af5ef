//! The shape of one recorded exchange, as the pages receive it.

use serde::{Deserialize, Serialize};

/// One request, its answer, and the steps in between.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exchange {
    /// Position in the record of its lab, from 1.
    pub id: u64,
    /// The server that answered: `session`, `jwt`, …; `session-a` for the first replica of one.
    pub server: String,
    /// The `run` of the query, which ties the requests of one page or experiment together.
    pub run: Option<String>,
    /// When the request arrived, in lab time (RFC 3339).
    pub at: String,
    /// The `User-Agent`, or empty.
    pub client: String,
    /// Whether a copied credential was replayed from outside the browser.
    pub elsewhere: bool,
    /// What came in.
    pub request: Request,
    /// What the server did, in the order in which the steps began.
    pub steps: Vec<Step>,
    /// What went out.
    pub response: Response,
    /// From the arrival of the request to its complete answer, in microseconds.
    pub duration_us: u64,
    /// How often a store was read to find out who is asking.
    pub authentication_reads: usize,
    /// How often a store was written for the same reason.
    pub authentication_writes: usize,
}

/// A request as it arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query.
    pub target: String,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub version: String,
    /// Name and value in the order of the parser.
    pub headers: Vec<(String, String)>,
    /// The body as text; `None` when it was too large to keep.
    pub body: Option<String>,
}

/// An answer as it left the application.
///
/// `Date` and the framing headers are added below by the HTTP layer and are not part of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Its canonical reason phrase, or empty.
    pub reason: String,
    /// Name and value.
    pub headers: Vec<(String, String)>,
    /// The body as text; `None` when it was too large to keep, or streamed.
    pub body: Option<String>,
}

/// Something that the server did, as told by a tracing span of target `step`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Step {
    /// `SELECT session`, `Argon2id`, …
    pub name: String,
    /// Whether it served to find out who is asking, or to do what was asked.
    pub phase: Phase,
    /// Whether a store was read or written, or the processor used.
    pub effect: Effect,
    /// From the arrival of the request, in microseconds.
    pub start_us: u64,
    /// How long it took, waiting included, in microseconds.
    pub duration_us: u64,
    /// What came of it, in a few words.
    pub result: Option<String>,
}

/// Whom a step serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It finds out who is asking.
    Authentication,
    /// It does what was asked.
    Application,
}

/// What a step touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A store is read.
    Read,
    /// A store is written.
    Write,
    /// Only the processor works.
    Compute,
}

impl Exchange {
    /// How many authentication steps have this effect.
    pub(crate) fn count_authentication(steps: &[Step], effect: Effect) -> usize {
        steps
            .iter()
            .filter(|step| step.phase == Phase::Authentication && step.effect == effect)
            .count()
    }
}
