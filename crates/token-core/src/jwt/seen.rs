//! Remembering tokens that were verified, so that a signature is checked once and not at each request.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::mem;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use super::{AccessClaims, Verifier, VerifyError};
use crate::clock::UnixSeconds;

/// Longer tokens are verified each time. Ours have 500 to 1,200 bytes; with the bound on their number this bounds the memory.
const LONGEST: usize = 1536;

/// A verifier that knows a token again.
///
/// Only what cannot change for a token is remembered: that this key signed exactly these bytes, and what they say. Whether it is time for
/// them is asked at every use, by the moments between which a full check comes out the same; outside of them the full check decides.
/// A ring is immutable and a verifier has one, so that what was verified by keys that are gone is gone with them.
///
/// *Security*: whether a token was taken back, and whether its bearer holds the key that it is bound to, is not known here and must be
/// asked at each request, as with [`Verifier`]. The tokens are held in memory while they are remembered.
#[derive(Debug)]
pub struct RememberingVerifier {
    verifier: Verifier,
    /// Half of the bound: there are two generations.
    generation: usize,
    hashing: RandomState,
    /// Read by every request; written when a token is new, or has not been seen for a generation.
    seen: RwLock<Generations>,
}

/// The older half is forgotten as a whole when the younger one is full; what was seen meanwhile has moved to the younger.
#[derive(Default)]
struct Generations {
    young: Tokens,
    old: Tokens,
}

type Tokens = HashMap<u64, Seen, BuildHasherDefault<HashedAlready>>;

struct Seen {
    token: Box<str>,
    claims: Arc<AccessClaims>,
    bounds: Range<UnixSeconds>,
}

/// The claims of a token, and whether it was known.
#[derive(Clone, Debug)]
pub struct Believed {
    /// The claims.
    pub claims: Arc<AccessClaims>,
    /// Whether its signature was checked at an earlier use.
    pub was_seen: bool,
}

impl RememberingVerifier {
    /// Remembers `capacity` tokens at most, in about 2 KiB each and at most 4; with less than 2 none, and every signature is checked every time.
    #[must_use]
    pub fn new(verifier: Verifier, capacity: usize) -> Self {
        Self {
            verifier,
            generation: capacity / 2,
            hashing: RandomState::new(),
            seen: RwLock::default(),
        }
    }

    /// As [`Verifier::verify`].
    ///
    /// # Errors
    ///
    /// [`VerifyError`] says exactly what is wrong; the answer to the client must not.
    // ANCHOR: seen
    pub fn verify(&self, token: &str, now: UnixSeconds) -> Result<Believed, VerifyError> {
        if self.generation == 0 || token.len() > LONGEST {
            let claims = Arc::new(self.verifier.verify(token, now)?);
            return Ok(Believed {
                claims,
                was_seen: false,
            });
        }
        let hash = self.hash(token);
        if let Some(claims) = self.recall(hash, token, now) {
            return Ok(Believed {
                claims,
                was_seen: true,
            });
        }
        let (claims, bounds) = self.verifier.verify_with_bounds(token, now)?;
        let claims = Arc::new(claims);
        let seen = Seen {
            token: token.into(),
            claims: Arc::clone(&claims),
            bounds,
        };
        self.write().keep(hash, seen, self.generation);
        Ok(Believed {
            claims,
            was_seen: false,
        })
    }

    /// How many tokens are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        seen.young.len() + seen.old.len()
    }

    /// What was verified of exactly this token, if it is still, and already, to be believed.
    fn recall(&self, hash: u64, token: &str, now: UnixSeconds) -> Option<Arc<AccessClaims>> {
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        let known = |seen: &&Seen| *seen.token == *token && seen.bounds.contains(&now);
        if let Some(young) = seen.young.get(&hash) {
            return Some(young)
                .filter(known)
                .map(|seen| Arc::clone(&seen.claims));
        }
        let claims = Arc::clone(&seen.old.get(&hash).filter(known)?.claims);
        drop(seen);
        self.write().rejuvenate(hash, self.generation);
        Some(claims)
    }
    // ANCHOR_END: seen

    /// By the signature, which nobody can choose. The key of the hash is this process's secret: nobody finds another token with the
    /// hash of one that is remembered, so how long the comparison with that one takes tells nothing about it.
    fn hash(&self, token: &str) -> u64 {
        let signature = token.rsplit('.').next().unwrap_or_default();
        self.hashing.hash_one(signature)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, Generations> {
        self.seen.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn keep(&mut self, hash: u64, seen: Seen, most: usize) {
        self.old.remove(&hash);
        if self.young.len() >= most && !self.young.contains_key(&hash) {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(hash, seen);
    }

    /// Moves what was used again to those that stay longer.
    fn rejuvenate(&mut self, hash: u64, most: usize) {
        if let Some(seen) = self.old.remove(&hash) {
            self.keep(hash, seen, most);
        }
    }
}

impl std::fmt::Debug for Generations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Generations")
            .field("young", &self.young.len())
            .field("old", &self.old.len())
            .finish()
    }
}

/// The hash of what was hashed under a key before.
#[derive(Default)]
struct HashedAlready(u64);

impl Hasher for HashedAlready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
}
