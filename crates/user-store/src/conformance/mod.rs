//! Suites that every backend runs.
