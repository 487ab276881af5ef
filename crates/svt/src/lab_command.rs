//! `svt lab`.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use lab::{ADMINISTRATOR, DEMO_USERS, Lab, LabConfig, MOST_REPLICAS, Names, Origins};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The options of the lab.
#[derive(Args)]
pub(crate) struct LabArguments {
    /// The first of seven ports, with more from the eleventh for replicas; 0 takes free ones
    #[arg(long, value_name = "N", default_value_t = 8001)]
    port_base: u16,
    /// Where the database and the keys live
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// Where the keys live, if not in the folder `keys` of the data
    #[arg(long, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// How the origins are named: `localhost` for a browser that does not resolve *.localhost
    #[arg(long, value_enum, default_value_t = NamesArgument::Subdomains)]
    names: NamesArgument,
    /// A folder of experiments of your own, shown beside the built-in ones
    #[arg(long, value_name = "DIR")]
    experiments: Option<PathBuf>,
    /// Start so many replicas of each server beside them, as processes of `svt serve` on this machine: what happens when one is killed, or
    /// cut off from its store, is the experiment `scale-out`. Session replicas take the ports from the eleventh, JWT replicas those from the twenty-first
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=i64::from(MOST_REPLICAS)))]
    replicas: u8,
    /// Do not open a browser
    #[arg(long)]
    no_open: bool,
    /// A setting of a server: session.idle_timeout=10m, jwt.algorithm=ES256, …
    #[arg(long = "set", value_name = "K=V")]
    set: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum NamesArgument {
    /// app.lab.localhost, session.lab.localhost, …
    Subdomains,
    /// localhost for all but the attacker, which is 127.0.0.1
    Localhost,
}

impl Default for LabArguments {
    fn default() -> Self {
        Self {
            port_base: 8001,
            data: "data".into(),
            keys: None,
            names: NamesArgument::Subdomains,
            experiments: None,
            replicas: 0,
            no_open: false,
            set: Vec::new(),
        }
    }
}

/// Starts the lab, prints where it is, opens the page, and stops it cleanly on Ctrl-C.
pub(crate) async fn run(arguments: LabArguments) -> anyhow::Result<()> {
    tracing_subscriber::registry()
        .with(wiretap::StepLayer::filtered())
        .init();
    let config = config(&arguments)?;
    let stop = super::asked_to_stop()?;
    let lab = Lab::start(config).await?;
    let origins = lab.origins();
    println!("Session vs Token is at {}", origins.landing);
    println!();
    for (what, origin) in [
        ("the pages", &origins.app),
        ("session server", &origins.session),
        ("JWT server", &origins.jwt),
        ("hostile sibling", &origins.blog),
        ("attacker", &origins.evil),
        ("third party", &origins.partner),
        ("same host", &origins.twin),
    ] {
        println!("  {what:16} {origin}");
    }
    for (name, origin) in &origins.replicas {
        println!("  {name:16} {origin}");
    }
    println!();
    for (username, password) in DEMO_USERS.into_iter().chain([ADMINISTRATOR]) {
        println!("  {username:16} {password}");
    }
    println!();
    if arguments.no_open || !open(&origins.landing) {
        println!(
            "Open the first address in a browser. If this machine is a remote one, run there where the browser is:"
        );
        let forwards: Vec<String> = ports(origins)
            .map(|port| format!("-L {port}:localhost:{port}"))
            .collect();
        println!("  ssh {} <this machine>", forwards.join(" "));
    }
    println!("Ctrl-C ends it.");
    stop.await;
    lab.stop().await;
    Ok(())
}

/// Every port that the lab listens on.
fn ports(origins: &Origins) -> impl Iterator<Item = &str> {
    let named = origins.all().map(|(_, origin)| origin);
    let all = named
        .into_iter()
        .chain(origins.replicas.values().map(String::as_str));
    all.filter_map(|origin| origin.rsplit(':').next())
}

fn config(arguments: &LabArguments) -> anyhow::Result<LabConfig> {
    let config = LabConfig {
        port_base: arguments.port_base,
        keys: arguments.keys.clone(),
        names: match arguments.names {
            NamesArgument::Subdomains => Names::Subdomains,
            NamesArgument::Localhost => Names::Localhost,
        },
        experiments: arguments.experiments.clone(),
        program: std::env::current_exe().ok(),
        replicas: arguments.replicas,
        ..LabConfig::new(&arguments.data)
    };
    Ok(config.with_settings(&arguments.set)?)
}

/// Opens the page where somebody is looking; `false` where nobody is, or no browser is found.
fn open(address: &str) -> bool {
    std::io::stdout().is_terminal() && webbrowser::open(address).is_ok()
}
