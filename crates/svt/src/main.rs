//! `svt`: the lab, the two servers alone, the benchmark and the token workbench, in one binary.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool speaks on its standard streams"
)]

mod bench_command;
mod bench_progress;
mod floors;
mod keys_command;
mod lab_command;
mod seed;
mod serve_command;
mod settings_command;
mod storage;
mod sweep;
mod token;
mod under_lab;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

/// Session vs Token: two real servers over one user store, and pages on which every claim is an experiment.
///
/// Without a command it starts the lab on ports from 8001, keeps its data in ./data, and opens the page.
///
/// Exit codes: 0 done, 1 failed (or an invalid token), 2 unusable input or surroundings, with a line that says how to mend it.
#[derive(Parser)]
#[command(name = "svt", version)]
#[command(after_help = "\
Examples:
  svt                                         the lab, and its page
  svt lab --port-base 9001 --no-open          the lab elsewhere, without a browser
  svt serve session --listen 127.0.0.1:8080   the session server alone, empty
  svt serve jwt --set access_lifetime=5m      the JWT server alone, with a setting
  svt bench --quick                           what each costs here, within a minute
  svt settings --find cookie                  what can be set, and what it does
  svt keys rotate                             a new signing key, without ending a login
  svt token decode eyJhbGciOi…                what a token says")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Start the lab: both servers, the neighbours, and the pages.
    Lab(lab_command::LabArguments),
    /// Start one server alone, empty, to be used for real or to be measured.
    Serve(serve_command::ServeArguments),
    /// Measure session and token side by side on this machine.
    Bench(bench_command::BenchArguments),
    /// List every setting of the servers: default, what it accepts, what it does.
    Settings(settings_command::SettingsArguments),
    /// Look at the signing keys of a server and its replicas, and replace them.
    #[command(subcommand)]
    Keys(keys_command::KeysCommand),
    /// Decode, verify and sign tokens.
    #[command(subcommand)]
    Token(token::TokenCommand),
}

/// One of the two servers.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Server {
    /// Cookie sessions
    Session,
    /// JWT access tokens and rotating refresh tokens
    Jwt,
}

fn main() -> ExitCode {
    let command = Arguments::parse()
        .command
        .unwrap_or_else(|| Command::Lab(lab_command::LabArguments::default()));
    let result = match command {
        Command::Lab(arguments) => block_on(lab_command::run(arguments)).map(done),
        Command::Serve(arguments) => block_on(serve_command::run(arguments)).map(done),
        Command::Bench(arguments) => block_on(bench_command::run(arguments)),
        Command::Keys(command) => command.run().map(done),
        Command::Token(command) => return command.run(),
        Command::Settings(arguments) => {
            settings_command::run(&arguments);
            return ExitCode::SUCCESS;
        }
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("svt: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn done((): ()) -> ExitCode {
    ExitCode::SUCCESS
}

fn block_on<T>(task: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?
        .block_on(task)
}

/// Listens from now on for Ctrl-C and for the signal by which a supervisor stops a service; what is returned waits for either. Called
/// before anybody is told that the program is up: from then on it may be asked to stop.
fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(windows)]
    {
        let mut interrupt = tokio::signal::windows::ctrl_c()?;
        Ok(async move {
            interrupt.recv().await;
        })
    }
}
