//! The lab in a real browser, as its visitors use it.
//!
//! One program, because each would link the whole lab again.

mod clock;
mod logins;
mod page;
mod replay;
