//! `svt serve … --dangerously-seed`: a store full of logins, for the benchmark.

use std::fs::{File, OpenOptions};
use std::io::BufWriter;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use session_server::SessionStoreKind;
use token_core::key_folder::KeyFolder;

use crate::serve_command::{Planned, issuing_from};

/// Names have seven digits, so that all answers that name a user have one length.
const MOST: i64 = 9_999_999;

/// The options that fill a store.
#[derive(Args)]
pub(crate) struct SeedArguments {
    /// Register N users with one login each, for the benchmark, write their credentials to a file, and exit. With
    /// store=memory, whose sessions live in this process alone, go on and serve
    #[arg(long, value_name = "N", requires = "credentials", value_parser = clap::value_parser!(u32).range(1..=MOST))]
    dangerously_seed: Option<u32>,
    /// Where the seeded credentials are written, a new file: for each login the header that a request carries
    /// (`Cookie: name=…` or `Authorization: Bearer …`), and for jwt a tab and the refresh token
    #[arg(long, value_name = "FILE", requires = "dangerously_seed")]
    credentials: Option<PathBuf>,
}

impl SeedArguments {
    /// How many logins are to be written where, if any; allowed are they by `--dangerously-allow` alone.
    pub(crate) fn order(&self, dangerously_allow: bool) -> anyhow::Result<Option<(u32, &Path)>> {
        let (Some(count), Some(path)) = (self.dangerously_seed, self.credentials.as_deref()) else {
            return Ok(None);
        };
        if !dangerously_allow {
            bail!(
                "--dangerously-seed registers users of one password and writes credentials that open their logins to a file, for the benchmark; to do it all the same, add --dangerously-allow"
            );
        }
        Ok(Some((count, path)))
    }
}

/// Fills the stores of what is planned to be served at this address; says whether this process has to serve on, since the logins are
/// in it and nowhere else.
pub(crate) async fn seed(
    planned: &Planned,
    address: SocketAddr,
    keys: &KeyFolder,
    (count, path): (u32, &Path),
) -> anyhow::Result<bool> {
    let seeded = match planned {
        Planned::Session(config, stores) => {
            let write = BufWriter::new(private(path)?);
            session_server::dangerously_seed(config, stores, keys, count, write).await
        }
        Planned::Jwt(config, stores) => {
            let named = issuing_from(address, config.clone());
            if address.port() == 0 && named.issuer != config.issuer {
                bail!(
                    "a token names its issuer, and which port is free is not known yet: add --set issuer=URL, or --listen with the port that will be served"
                );
            }
            let write = BufWriter::new(private(path)?);
            jwt_server::dangerously_seed(named, stores, keys, count, write).await
        }
        Planned::Bare(..) | Planned::Naked(_) => {
            bail!("--dangerously-seed makes logins, which session and jwt alone have")
        }
    };
    if let Err(error) = seeded {
        // A part of the credentials is of no use, and secret. What the reader hears of is what failed first.
        let _ = std::fs::remove_file(path);
        return Err(error.into());
    }
    Ok(matches!(planned, Planned::Session(config, _) if config.store == SessionStoreKind::Memory))
}

/// A new file that only its owner may read.
fn private(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(path);
    opened.with_context(|| {
        format!(
            "{}: name another file with --credentials FILE",
            path.display()
        )
    })
}
