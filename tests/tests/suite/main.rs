//! The lab in a real browser, as its visitors use it.
//!
//! One program, because each would link the whole lab again.

mod ablation;
mod benchmark;
mod clock;
mod control_panel;
mod cost;
mod engine;
mod experiments;
mod forgery;
mod keyboard;
mod language;
mod layout;
mod logins;
mod names;
mod policy;
mod record;
mod rendezvous;
mod replay;
mod scale_out;
mod tabs;
mod two_labs;
mod vulnerable;
mod workbench;
mod workbench_keys;
