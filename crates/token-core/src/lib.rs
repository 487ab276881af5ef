//! Tokens, and nothing else: no HTTP, no SQL.
//!
//! Everything here is a function of its arguments: the time is passed in or read from a [`clock::Clock`], keys are values,
//! and no module reaches for a network or a database. That is what lets tests hold the clock still and lets the lab move it.

pub mod clock;
pub mod csrf;
pub mod jwt;
pub mod key_folder;
pub mod refresh;
pub mod secret;
pub mod simple;
