//! Keys that are replaced while servers run.

use std::time::Duration;

use token_core::clock::Clock;
use token_core::jwt::Algorithm;

use crate::server::*;

const OVERLAP: Duration = Duration::from_secs(60 * 60);

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_a_key_that_was_made_a_moment_ago_is_accepted_by_every_replica() {
    let early = server_with(stateless()).await;
    let before = early.log_in().await;
    assert_eq!(early.me(&before.access).await, 200);
    let now = early.clock.now();
    early.keys.rotate(Algorithm::EdDSA, now, OVERLAP).unwrap();
    // It begins with the new key, and no time passes in which the other one would look by itself.
    let late = early.beside(stateless());
    let after = late.log_in().await;
    assert_ne!(kid_of(&before.access), kid_of(&after.access));
    for server in [&early, &late] {
        assert_eq!(server.me(&after.access).await, 200);
        assert_eq!(server.me(&before.access).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_overlap_is_over_is_refused_by_every_replica() {
    let early = server_with(stateless()).await;
    let before = early.log_in().await;
    let now = early.clock.now();
    let overlap = Duration::from_secs(10);
    early.keys.rotate(Algorithm::EdDSA, now, overlap).unwrap();
    let late = early.beside(stateless());
    for server in [&early, &late] {
        assert_eq!(server.me(&before.access).await, 200);
    }
    early.clock.advance(overlap);
    for server in [&early, &late] {
        assert_eq!(server.me(&before.access).await, 401);
    }
}

fn kid_of(token: &str) -> String {
    let decoded = token_core::jwt::decode_unverified(token).unwrap();
    decoded.header["kid"].as_str().unwrap().to_owned()
}
