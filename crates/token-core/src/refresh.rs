//! Refresh tokens: rotation as a pure state machine.
//!
//! A login begins a *family*. Each use of its refresh token moves the family to the next *generation*, whose token is the only one alive.
//! Tokens are derived from (family, generation) under a server key and never stored: the database holds one row per family, and a lost
//! answer can be repeated to the letter. A store runs [`present`] inside its one transaction and writes back what it returns.

mod policy;
mod rotation;
mod token;

pub use policy::{RefreshPolicy, RefreshPolicyError};
pub use rotation::{
    FIRST_GENERATION, Presented, Refusal, RevocationReason, Revoked, TokenFamily, present,
};
pub use token::{FamilyId, MalformedFamilyId, MalformedRefreshToken, RefreshKey, RefreshToken};
