//! Tokens that the server has seen before. That they can be taken back is tested in `revocation`, with tokens that were used first.

use std::time::Duration;

use jwt_server::JwtConfig;

use crate::server::*;

/// Knows tokens again, and not.
const BOTH: [usize; 2] = [10_000, 0];

async fn server_that_knows(verified_tokens: usize) -> Server {
    server_with(JwtConfig {
        verified_tokens,
        ..stateless()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_use_ends_to_the_second() {
    for room in BOTH {
        let server = server_that_knows(room).await;
        let pair = server.log_in().await;
        assert_eq!(server.me(&pair.access).await, 200);
        server.clock.advance(Duration::from_secs(15 * 60 - 1));
        assert_eq!(server.me(&pair.access).await, 200, "{room}");
        server.clock.advance(Duration::from_secs(1));
        assert_eq!(server.me(&pair.access).await, 401, "{room}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_use_is_refused_while_the_clock_is_before_it() {
    for room in BOTH {
        let server = server_that_knows(room).await;
        let pair = server.log_in().await;
        assert_eq!(server.me(&pair.access).await, 200);
        let issued_at = token_core::clock::Clock::now(&*server.clock);
        server.clock.set(issued_at.minus(Duration::from_secs(1)));
        assert_eq!(server.me(&pair.access).await, 401, "{room}");
        server.clock.set(issued_at);
        assert_eq!(server.me(&pair.access).await, 200, "{room}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_use_does_not_lend_its_signature_to_another() {
    for room in BOTH {
        let server = server_that_knows(room).await;
        server.sign_up("bob").await;
        let (alice, bob) = (server.log_in().await, server.log_in_as("bob").await);
        assert_eq!(server.me(&alice.access).await, 200);
        assert_eq!(server.me(&bob.access).await, 200);
        let (_, signature) = alice.access.rsplit_once('.').unwrap();
        let (signed, _) = bob.access.rsplit_once('.').unwrap();
        assert_eq!(server.me(&format!("{signed}.{signature}")).await, 401);
    }
}

#[test]
fn room_for_more_than_a_million_is_refused() {
    let with = |verified_tokens| JwtConfig {
        verified_tokens,
        ..JwtConfig::default()
    };
    assert!(with(1_000_000).validate().is_ok());
    let error = with(1_000_001).validate().unwrap_err();
    assert!(error.to_string().contains("verified_tokens"), "{error}");
}
