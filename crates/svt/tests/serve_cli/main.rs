//! `svt serve` and `svt lab` as processes: side by side on one file, stopped by signals, started where they cannot run.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails, and says where"
)]

mod attacks;
mod attacks_on_tokens;
mod measured;
mod process;
mod refusals;
mod seeding;
mod stage;
mod together;
