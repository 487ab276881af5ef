//! `svt keys`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Subcommand};
use jwt_server::JwtConfig;
use token_core::clock::{Clock, SystemClock};
use token_core::jwt::{Algorithm, KeyRing};
use token_core::key_folder::KeyFolder;

/// Look at the signing keys, and replace them.
#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// List the keys: which one signs, and until when the others verify. Prints no secret.
    List(Which),
    /// Make a new signing key. Tokens that are under way stay good, at every server that has this folder.
    ///
    /// Each server looks at the folder once a second, and at once when a token names a key that it does not know. So no token is
    /// refused at any replica, and nobody has to be restarted. On machines that have copies of the folder, copy it to all of
    /// them before any server there signs with the new key.
    Rotate(Rotate),
}

/// Which keys.
#[derive(Args)]
pub(crate) struct Which {
    /// Where the keys live, if not in the folder `keys` of the data
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// Where the database and the keys live
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The algorithm whose keys are meant: EdDSA, ES256, RS256 or HS256; [default: EdDSA]
    #[arg(long, value_name = "ALG")]
    algorithm: Option<Algorithm>,
}

/// How they are replaced.
#[derive(Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    which: Which,
    /// For how long the former key verifies: longer than an access token lives, or logins end early
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = humantime::parse_duration)]
    overlap: Duration,
}

impl KeysCommand {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List(which) => {
                let (folder, algorithm) = which.open()?;
                print(&*folder.key_ring(algorithm)?);
            }
            Self::Rotate(rotate) => {
                let (folder, algorithm) = rotate.which.open()?;
                let now = SystemClock::new().now();
                print(&*folder.rotate(algorithm, now, rotate.overlap)?);
            }
        }
        Ok(())
    }
}

impl Which {
    /// The folder, which has to be there: keys that nobody uses are of no use.
    fn open(&self) -> anyhow::Result<(KeyFolder, Algorithm)> {
        let path = self.keys.clone().unwrap_or_else(|| self.data.join("keys"));
        std::fs::metadata(&path).with_context(|| {
            format!(
                "{}: name the folder of the keys with --keys DIR, or that of the data with --data DIR",
                path.display()
            )
        })?;
        let algorithm = self.algorithm.unwrap_or(JwtConfig::default().algorithm);
        Ok((KeyFolder::open_or_create(&path)?, algorithm))
    }
}

fn print(ring: &KeyRing) {
    let signing = ring.signing_key().and_then(|key| key.kid());
    for (key, retires_at) in ring.verification_keys() {
        let kid = key.kid().unwrap_or("(no id)");
        let use_of = match retires_at {
            Some(end) => format!("verifies until {}", end.to_rfc3339()),
            None if key.kid() == signing => "signs".to_owned(),
            None => "verifies".to_owned(),
        };
        println!("{kid}  {}  {use_of}", key.algorithm());
    }
}
