//! `svt serve` and `svt lab` as processes: side by side on one file, stopped by signals, started where they cannot run.

mod process;
mod refusals;
mod together;
