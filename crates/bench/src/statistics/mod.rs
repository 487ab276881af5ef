//! What can be said of measured figures, and what cannot.

mod estimate;
mod latency;

pub use estimate::{
    Comparison, Estimate, Verdict, compare, compare_unpaired, estimate, median, ratios,
};
pub use latency::{LATENCY_LIMIT, Latencies};
