//! `svt serve`.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bank::{Application, Hosting, HttpConfig, listen, load_config};
use clap::{Args, ValueEnum};

use ipnet::IpNet;
use jwt_server::JwtConfig;
use session_server::SessionConfig;
use token_core::clock::{Clock, SystemClock};
use token_core::key_folder::KeyFolder;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use user_store::Stores;

use crate::floors::{self, BareConfig};
use crate::seed::{self, SeedArguments};
use crate::storage::{Storage, StorageArguments, Wanted};
use crate::sweep::{self, Leavings};
use crate::under_lab::UnderLab;

/// For so long at least it is remembered what was taken back, whatever the settings say: tokens that were issued under others may live longer.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What can be served alone.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Served {
    /// Cookie sessions
    Session,
    /// JWT access tokens and rotating refresh tokens
    Jwt,
    /// The bank without authentication, for the benchmark: everybody is the same customer
    DangerouslyBare,
    /// One handler with nothing around it, for the benchmark
    Naked,
}

impl Served {
    /// Its name in the record of a lab.
    fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Jwt => "jwt",
            Self::DangerouslyBare | Self::Naked => "bare",
        }
    }
}

/// The options of one server alone.
#[derive(Args)]
pub(crate) struct ServeArguments {
    /// Which server
    #[arg(value_enum)]
    server: Served,
    /// The address to listen on; [default: 127.0.0.1:8002 for session, 127.0.0.1:8003 for jwt]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Settings as TOML
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    storage: StorageArguments,
    /// Where the keys live, if not in the folder `keys` of the data
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// A proxy whose X-Forwarded-For is believed, as a CIDR block
    #[arg(long, value_name = "CIDR")]
    trusted_proxy: Vec<IpNet>,
    /// Browsers reach the server through TLS: answer with Strict-Transport-Security
    #[arg(long)]
    behind_tls_proxy: bool,
    /// How many threads answer; [default: one for each core that this process may use]
    #[arg(long, value_name = "N")]
    workers: Option<NonZero<usize>>,
    /// A setting: idle_timeout=10m, http.behind_tls_proxy=true, …; `svt settings` lists them
    #[arg(long = "set", value_name = "K=V")]
    set: Vec<String>,
    #[command(flatten)]
    seed: SeedArguments,
    /// Accept settings named dangerously_…, values named dangerously-… and --dangerously-seed
    #[arg(long)]
    dangerously_allow: bool,
    /// Be a replica of the lab at the other end of standard input and output, and end with it
    #[arg(long, hide = true)]
    under_lab: bool,
}

/// Runs one server until it is asked to stop.
pub(crate) async fn run(arguments: ServeArguments) -> anyhow::Result<()> {
    let lab = match arguments.under_lab {
        true => Some(UnderLab::meet()?),
        false => None,
    };
    let clock: Arc<dyn Clock> = match &lab {
        Some(lab) => lab.clock.clone(),
        None => Arc::new(SystemClock::new()),
    };
    log(lab.is_some());
    let stop = super::asked_to_stop()?;
    let order = arguments.seed.order(arguments.dangerously_allow)?;
    let default_port = match arguments.server {
        Served::Session => 8002,
        _ => 8003,
    };
    let address = arguments
        .listen
        .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], default_port)));
    let file = arguments
        .config
        .as_ref()
        .map(|path| {
            std::fs::read_to_string(path).with_context(|| format!("--config {}", path.display()))
        })
        .transpose()?;
    let storage = arguments.storage.open(clock).await?;
    let keys = KeyFolder::open_or_create(
        &arguments
            .keys
            .clone()
            .unwrap_or_else(|| arguments.storage.data.join("keys")),
    )?;
    let planned = Planned::of(&arguments, file.as_deref(), &storage)?;
    if let Some(order) = order
        && !seed::seed(&planned, address, &keys, order).await?
    {
        println!("seeded {} logins", order.0);
        storage.engine.close().await;
        return Ok(());
    }
    let (stores, leavings) = (planned.stores().clone(), planned.leavings());
    let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
    let workers = arguments.workers.map_or_else(cores, NonZero::get);
    let listener = listen(address, "--listen ADDR")?;
    let address = listener.local_addr()?;
    let hosting = Hosting {
        tap: lab.as_ref().map(|lab| lab.tap(arguments.server.name())),
        ..Hosting::new(vec![listener], workers)
    };
    let application = planned.build(address, &keys, hosting)?;
    let handle = application.handle();
    let serving = tokio::spawn(application.run_until_stopped());
    let sweeping = tokio::spawn(sweep::now_and_then(stores, leavings));
    match lab {
        Some(lab) => tokio::select! {
            () = lab.report() => {}
            () = stop => {}
        },
        None => {
            println!("listening on http://{address}");
            stop.await;
        }
    }
    sweeping.abort();
    handle.stop(true).await;
    serving.await??;
    storage.engine.close().await;
    Ok(())
}

/// A server that is to be: its settings, and the stores that they ask for.
pub(crate) enum Planned {
    Session(SessionConfig, Stores),
    Jwt(JwtConfig, Stores),
    Bare(BareConfig, Stores),
    Naked(Stores),
}

impl Planned {
    fn of(
        arguments: &ServeArguments,
        file: Option<&str>,
        storage: &Storage,
    ) -> anyhow::Result<Self> {
        let (sets, dangerous) = (&arguments.set, arguments.dangerously_allow);
        let plain = || storage.without_sessions(&Wanted::default());
        Ok(match arguments.server {
            Served::Session => {
                let mut config: SessionConfig = load_config(file, sets, dangerous)?;
                config.http = http(arguments, config.http);
                let stores = storage.of_sessions(&config)?;
                Self::Session(config, stores)
            }
            Served::Jwt => {
                let mut config: JwtConfig = load_config(file, sets, dangerous)?;
                if storage.is_shared() && config.issuer == JwtConfig::default().issuer {
                    anyhow::bail!(
                        "replicas accept each other's tokens only if they all name one issuer, and each would name its own address: add --set issuer=URL, the address that clients use"
                    );
                }
                config.http = http(arguments, config.http);
                let stores = storage.without_sessions(&Wanted {
                    remembered_rows: config.remembered_rows,
                    revocation_staleness: config.revocation_staleness,
                    last_token: config
                        .access_lifetime
                        .saturating_add(config.leeway)
                        .max(A_DAY),
                    ..Wanted::default()
                })?;
                Self::Jwt(config, stores)
            }
            Served::DangerouslyBare => {
                if !dangerous {
                    anyhow::bail!(
                        "dangerously-bare takes everybody for the same customer and is there to be measured; to serve it all the same, add --dangerously-allow"
                    );
                }
                let config: BareConfig = load_config(file, sets, true)?;
                let http = http(arguments, config.http);
                Self::Bare(BareConfig { http }, plain()?)
            }
            Served::Naked => Self::Naked(plain()?),
        })
    }

    fn stores(&self) -> &Stores {
        match self {
            Self::Session(_, stores) | Self::Jwt(_, stores) => stores,
            Self::Bare(_, stores) | Self::Naked(stores) => stores,
        }
    }

    fn leavings(&self) -> Leavings {
        match self {
            Self::Jwt(config, _) => Leavings::of(config),
            Self::Session(..) | Self::Bare(..) | Self::Naked(_) => Leavings::OfSessions,
        }
    }

    /// The server, on a socket that is bound to this address.
    fn build(
        self,
        address: SocketAddr,
        keys: &KeyFolder,
        hosting: Hosting,
    ) -> anyhow::Result<Application> {
        Ok(match self {
            Self::Session(config, stores) => session_server::build(config, stores, keys, hosting)?,
            Self::Jwt(config, stores) => {
                jwt_server::build(issuing_from(address, config), stores, keys, hosting)?
            }
            Self::Bare(config, stores) => floors::bare(config, stores, keys, hosting)?,
            Self::Naked(_) => floors::naked(hosting)?,
        })
    }
}

/// The same settings, in which an issuer that nobody named is the address of the server.
pub(crate) fn issuing_from(address: SocketAddr, mut config: JwtConfig) -> JwtConfig {
    if config.issuer == JwtConfig::default().issuer {
        config.issuer = format!("http://{address}");
    }
    config
}

fn http(arguments: &ServeArguments, http: HttpConfig) -> HttpConfig {
    HttpConfig {
        behind_tls_proxy: http.behind_tls_proxy || arguments.behind_tls_proxy,
        trusted_proxies: [http.trusted_proxies, arguments.trusted_proxy.clone()].concat(),
        ..http
    }
}

/// A line for each request on standard error: for people on a terminal, JSON elsewhere. `RUST_LOG` chooses how much. A lab records the
/// requests itself, with the steps of each.
fn log(under_lab: bool) {
    if under_lab {
        tracing_subscriber::registry()
            .with(wiretap::StepLayer::filtered())
            .init();
        return;
    }
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,actix_server=warn"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        log.init()
    } else {
        log.json().init()
    }
}
