//! The keys that sign and verify now. They can be replaced while the server runs, by itself or by another process.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde_json::Value;
use token_core::clock::Clock;
use token_core::jwt::{
    ConfigError, Issuer, IssuerConfig, KeyRing, RememberingVerifier, Verifier, VerifierConfig,
};
use token_core::key_folder::{KeyFolder, KeyFolderError, RingMark};

use crate::BuildError;
use crate::config::JwtConfig;

/// How often the file is looked at: after a rotation by another process, this one believes the old key no longer than this.
pub(crate) const LOOK: Duration = Duration::from_secs(1);

/// A ring, and what is made from it.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) issuer: Issuer,
    /// What it remembers was signed with these keys, and is forgotten with them.
    pub(crate) verifier: RememberingVerifier,
    pub(crate) jwks: Value,
    mark: Option<RingMark>,
}

/// The keys in force.
#[derive(Debug)]
pub(crate) struct Keyring {
    folder: KeyFolder,
    config: JwtConfig,
    clock: Arc<dyn Clock>,
    /// Read by every request, replaced as a whole at a rotation.
    current: RwLock<Arc<Keys>>,
    /// When the file was looked at last, in milliseconds of the monotonic clock.
    looked_at: AtomicU64,
}

impl Keyring {
    pub(crate) fn open(
        folder: &KeyFolder,
        config: &JwtConfig,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, BuildError> {
        // The mark is taken first: a rotation in between is then found at the next look.
        let mark = folder.key_ring_mark(config.algorithm);
        let ring = folder.key_ring(config.algorithm)?;
        Ok(Self {
            current: RwLock::new(Arc::new(Keys::of(config, ring, mark)?)),
            looked_at: AtomicU64::new(milliseconds(clock.monotonic())),
            folder: folder.clone(),
            config: config.clone(),
            clock,
        })
    }

    /// The keys in force. A later rotation does not reach the value that was returned.
    pub(crate) fn current(&self) -> Arc<Keys> {
        let now = milliseconds(self.clock.monotonic());
        let looked_at = self.looked_at.load(Ordering::Relaxed);
        // Of those who come here at once, one looks.
        if now.saturating_sub(looked_at) >= milliseconds(LOOK)
            && self
                .looked_at
                .compare_exchange(looked_at, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
            && self.folder.key_ring_mark(self.config.algorithm) != self.keys().mark
        {
            self.reload();
        }
        self.keys()
    }

    /// The keys in force after a look that does not wait for its turn, if they are others than these.
    ///
    /// For a token that names a key which is not among them: another process may have made it a moment ago. It costs whoever sends such
    /// tokens on purpose a request, and this process a question about a file.
    pub(crate) fn others_than(&self, keys: &Arc<Keys>) -> Option<Arc<Keys>> {
        if self.folder.key_ring_mark(self.config.algorithm) != self.keys().mark {
            self.reload();
        }
        let current = self.keys();
        (!Arc::ptr_eq(&current, keys)).then_some(current)
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A file that cannot be read leaves the keys as they are: whoever broke it reads why in the log.
    fn reload(&self) {
        let mark = self.folder.key_ring_mark(self.config.algorithm);
        match self.folder.key_ring(self.config.algorithm) {
            Ok(ring) => self.replace(ring, mark),
            Err(error) => tracing::error!(%error, "the keys were not read again"),
        }
    }

    /// Makes a new signing key and forgets the old ones at once: every access token of everybody is worth nothing from now on.
    pub(crate) fn rotate_at_once(&self) -> Result<(), KeyFolderError> {
        let algorithm = self.config.algorithm;
        // The mark of before: what another process makes of the file from here on is found at the next look, and so is this, once.
        let mark = self.folder.key_ring_mark(algorithm);
        let ring = self
            .folder
            .rotate(algorithm, self.clock.now(), Duration::ZERO)?;
        self.replace(ring, mark);
        Ok(())
    }

    fn replace(&self, ring: Arc<KeyRing>, mark: Option<RingMark>) {
        match Keys::of(&self.config, ring, mark) {
            Ok(keys) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
            }
            Err(error) => tracing::error!(%error, "the new keys were refused"),
        }
    }
}

impl Keys {
    fn of(
        config: &JwtConfig,
        ring: Arc<KeyRing>,
        mark: Option<RingMark>,
    ) -> Result<Self, ConfigError> {
        let issuer = IssuerConfig {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            client_id: config.client_id.clone(),
            lifetime: config.access_lifetime,
        };
        let verifier = VerifierConfig {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            leeway: config.leeway,
        };
        Ok(Self {
            jwks: ring.jwks(),
            issuer: Issuer::new(Arc::clone(&ring), issuer),
            verifier: RememberingVerifier::new(
                Verifier::new(ring, verifier)?,
                config.verified_tokens,
            ),
            mark,
        })
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
