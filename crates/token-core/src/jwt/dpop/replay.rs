//! Which proofs were used, for as long as they could be used again.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use super::DpopError;
use crate::clock::UnixSeconds;
use crate::secret::Sha256Digest;

/// The proofs that were used and have not expired, up to a number of them.
#[derive(Debug)]
pub(super) struct Seen {
    capacity: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    proofs: HashSet<Sha256Digest>,
    /// The same, the first to expire first.
    by_end: BTreeSet<(UnixSeconds, Sha256Digest)>,
}

impl Seen {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            kept: Mutex::default(),
        }
    }

    /// Remembers a proof that would be accepted until `until`, inclusive.
    pub(super) fn insert(
        &self,
        proof: Sha256Digest,
        until: UnixSeconds,
        now: UnixSeconds,
    ) -> Result<(), DpopError> {
        // Nothing between the two insertions can panic, so what a poisoned lock guards is whole.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.forget_before(now);
        if kept.proofs.contains(&proof) {
            return Err(DpopError::Replayed);
        }
        if kept.proofs.len() >= self.capacity {
            return Err(DpopError::Full);
        }
        kept.proofs.insert(proof);
        kept.by_end.insert((until, proof));
        Ok(())
    }
}

impl Kept {
    fn forget_before(&mut self, now: UnixSeconds) {
        while let Some(&(until, proof)) = self.by_end.first()
            && until < now
        {
            self.by_end.pop_first();
            self.proofs.remove(&proof);
        }
    }
}
