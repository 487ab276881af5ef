//! What can be said of measured figures, and what cannot.

mod estimate;
mod latency;

pub use estimate::{Comparison, Estimate, Verdict, compare, estimate, median, ratios};
pub use latency::{LATENCY_LIMIT, Latencies};
