//! What a token costs: issuing and verifying one, and rotating a refresh token, with no request around it.
//!
//! Everything is drawn at random from many, outside of what is timed, so that no figure is that of a token which the processor knows by
//! heart. What a function returns is dropped within its time, as a request does.

#![expect(
    clippy::unwrap_used,
    reason = "a bench fails by panicking, and the lint does not know it for a test"
)]

mod access_tokens;

use std::time::Duration;

use divan::{AllocProfiler, Bencher, black_box_drop};
use token_core::clock::{Clock, SystemClock};
use token_core::jwt::Algorithm;
use token_core::refresh::{self, FamilyId, Presented, RefreshKey, RefreshPolicy, TokenFamily};
use token_core::secret::{SecretBytes, SecretString, random_bytes};
use token_core::simple::SimpleTokens;

use access_tokens::AccessTokens;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn main() {
    if measures() {
        divan::main();
    } else {
        // Each once, without a look at the arguments: they are meant for test programs, and divan refuses theirs (`--test-threads`).
        divan::Divan::default().test_benches();
    }
}

/// Whether Cargo benches, by the word that it says then to a bench, and does not merely test.
fn measures() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// How many there are of everything that is drawn from. A test runs each bench once and needs few.
fn many() -> u32 {
    if measures() { 1024 } else { 8 }
}

/// Draws from a slice, in an order that is the same in every run.
fn draw<'a, T>(from: &'a [T]) -> impl FnMut() -> &'a T {
    let mut random = fastrand::Rng::with_seed(0);
    move || &from[random.usize(..from.len())]
}

/// A second at most for each figure, since signing by RS256 takes most of a millisecond; and few calls in a sample, so that on a busy
/// machine most samples of the slow algorithms still end before another process has its turn.
#[divan::bench_group(sample_count = 1000, sample_size = 16, max_time = 1)]
mod access {
    use super::*;

    #[divan::bench(args = Algorithm::ALL)]
    fn issue(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
        let access = AccessTokens::of(algorithm);
        bencher
            .with_inputs(draw(access.subjects()))
            .bench_local_values(|subject| {
                black_box_drop(access.issue(subject));
            });
    }

    #[divan::bench(args = Algorithm::ALL)]
    fn verify(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
        let access = AccessTokens::of(algorithm);
        bencher
            .with_inputs(draw(access.tokens()))
            .bench_local_values(|token| black_box_drop(access.verify(token)));
    }

    #[divan::bench(args = Algorithm::ALL)]
    fn verify_seen_before(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
        let access = AccessTokens::of(algorithm);
        bencher
            .with_inputs(draw(access.tokens()))
            .bench_local_values(|token| {
                let believed = access.verify_seen(token);
                assert!(believed.was_seen);
                black_box_drop(believed);
            });
    }

    #[divan::bench(args = Algorithm::ALL)]
    fn verify_by_jsonwebtoken(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
        let access = AccessTokens::of(algorithm);
        bencher
            .with_inputs(draw(access.tokens()))
            .bench_local_values(|token| black_box_drop(access.verify_by_peer(token)));
    }
}

#[divan::bench_group(sample_count = 1000, sample_size = 64, max_time = 1)]
mod simple {
    use super::*;

    fn tokens() -> SimpleTokens {
        SimpleTokens::new(&SecretBytes::new(random_bytes::<32>().into())).unwrap()
    }

    #[divan::bench]
    fn issue(bencher: Bencher<'_, '_>) {
        let (tokens, now) = (tokens(), SystemClock::new().now());
        let users: Vec<i64> = (0..i64::from(many())).collect();
        bencher
            .with_inputs(draw(&users))
            .bench_local_values(|user| black_box_drop(tokens.issue(*user, now)));
    }

    #[divan::bench]
    fn verify(bencher: Bencher<'_, '_>) {
        let (tokens, now) = (tokens(), SystemClock::new().now());
        let issued = |user| tokens.issue(i64::from(user), now);
        let issued: Vec<SecretString> = (0..many()).map(issued).collect();
        bencher
            .with_inputs(draw(&issued))
            .bench_local_values(|token| tokens.verify(token.expose(), now, DAY).unwrap());
    }
}

/// The three parts of a rotation: the token is opened, the family decides, the next token is derived.
#[divan::bench_group(sample_count = 1000, sample_size = 1024, max_time = 1)]
mod rotation {
    use super::*;

    fn families() -> Vec<TokenFamily> {
        let now = SystemClock::new().now();
        let begun = |user| TokenFamily::begin(FamilyId::random(), i64::from(user), now);
        (0..many()).map(begun).collect()
    }

    #[divan::bench]
    fn open(bencher: Bencher<'_, '_>) {
        let key = RefreshKey::random();
        let families = families();
        let derived = |family: &TokenFamily| key.token(family.id, family.generation);
        let tokens: Vec<_> = families.iter().map(derived).collect();
        bencher
            .with_inputs(draw(&tokens))
            .bench_local_values(|token| key.open(token.expose()).unwrap());
    }

    #[divan::bench]
    fn present(bencher: Bencher<'_, '_>) {
        let (families, policy) = (families(), RefreshPolicy::default());
        let rotate = |family: &TokenFamily| {
            refresh::present(family, family.generation, family.rotated_at, &policy)
        };
        assert!(matches!(rotate(&families[0]), Presented::Rotated(_)));
        bencher
            .with_inputs(draw(&families))
            .bench_local_values(rotate);
    }

    #[divan::bench]
    fn derive(bencher: Bencher<'_, '_>) {
        let (key, families) = (RefreshKey::random(), families());
        bencher
            .with_inputs(draw(&families))
            .bench_local_values(|family| black_box_drop(key.token(family.id, family.generation)));
    }
}
