//! One Argon2id computation, in memory that is kept.

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;
use token_core::secret::{SecretString, random_bytes};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The bytes of salt and of hash that we make.
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// What is kept of a password: a PHC string, `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.
///
/// *Security*: not the password, but enough to guess at it offline, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(SecretString);

impl PasswordHash {
    /// A hash from a database. It is read only when a password is verified, and one that is no PHC string fails then.
    pub fn from_phc(text: String) -> Self {
        Self(SecretString::new(text))
    }

    /// The PHC string, for a database and for nothing else.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash([secret])")
    }
}

/// Argon2's working memory, kept by a hashing thread: allocating it anew costs as much as a fifth of a hash.
///
/// *Security*: between hashes it holds what the last one computed. Whoever reads the memory of this process reads passwords as they arrive anyway.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    /// Hashes a new password with a salt of its own.
    pub(super) fn hash(&mut self, password: &str, params: Params) -> Result<PasswordHash, Failure> {
        let salt = random_bytes::<SALT_BYTES>();
        let mut out = [0_u8; HASH_BYTES];
        let text = phc::PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: phc::ParamsString::try_from(&params)?,
            salt: Some(phc::Salt::new(&salt)?),
            hash: {
                self.compute(
                    password,
                    &salt,
                    Algorithm::Argon2id,
                    Version::V0x13,
                    params,
                    &mut out,
                )?;
                Some(phc::Output::new(&out)?)
            },
        };
        Ok(PasswordHash::from_phc(text.to_string()))
    }

    /// Compares a password with a hash, by the parameters that the hash was made with.
    pub(super) fn verify(&mut self, password: &str, hash: &PasswordHash) -> Result<bool, Failure> {
        let hash = phc::PasswordHash::new(hash.expose())?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
        let version = hash.version.map_or(Ok(Version::V0x13), Version::try_from)?;
        let (Some(salt), Some(expected)) = (hash.salt.as_ref(), hash.hash.as_ref()) else {
            return Err("the hash lacks its salt or its value".into());
        };
        let params = Params::try_from(&hash)?;
        let mut out = vec![0_u8; expected.as_ref().len()];
        self.compute(
            password,
            salt.as_ref(),
            algorithm,
            version,
            params,
            &mut out,
        )?;
        Ok(out.ct_eq(expected.as_ref()).into())
    }

    /// Does the work of [`Self::verify`] for a user who does not exist, so that the answer takes as long.
    pub(super) fn verify_nobody(&mut self, password: &str, params: Params) -> Result<(), Failure> {
        let mut out = [0_u8; HASH_BYTES];
        let salt = random_bytes::<SALT_BYTES>();
        self.compute(
            password,
            &salt,
            Algorithm::Argon2id,
            Version::V0x13,
            params,
            &mut out,
        )?;
        std::hint::black_box(out.ct_eq(&random_bytes::<HASH_BYTES>()));
        Ok(())
    }

    fn compute(
        &mut self,
        password: &str,
        salt: &[u8],
        algorithm: Algorithm,
        version: Version,
        params: Params,
        out: &mut [u8],
    ) -> Result<(), Failure> {
        if self.0.len() < params.block_count() {
            self.0.resize(params.block_count(), Block::new());
        }
        Argon2::new(algorithm, version, params).hash_password_into_with_memory(
            password.as_bytes(),
            salt,
            out,
            &mut self.0,
        )?;
        Ok(())
    }
}
