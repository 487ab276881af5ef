//! What can be said of measured figures, and what cannot.

mod estimate;
mod latency;

pub(crate) use estimate::FEWEST_ROUNDS;
pub use estimate::{
    Comparison, Estimate, Verdict, compare, compare_unpaired, estimate, half_range, median, ratios,
};
pub use latency::{LATENCY_LIMIT, Latencies};
