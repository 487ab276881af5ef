//! `svt settings`.

use bank::{Setting, settings_of};
use clap::Args;
use jwt_server::JwtConfig;
use session_server::SessionConfig;

/// Which settings, and in which form.
#[derive(Args)]
pub(crate) struct SettingsArguments {
    /// Of one server alone
    #[arg(value_enum)]
    server: Option<super::Server>,
    /// Only those whose name contains this
    #[arg(long, value_name = "PART")]
    find: Option<String>,
    /// As the tables of the reference, in Markdown
    #[arg(long)]
    markdown: bool,
}

const INTRODUCTION: &str = "\
# Settings

Both servers read the same settings from `--config FILE` (TOML) and from `--set key=value`; in the lab the name of the server stands in
front, `--set jwt.revocation=denylist`. A setting named `dangerously_…`, or a value named `dangerously-…`, exists to be shown: `svt serve`
refuses it unless `--dangerously-allow` is given too. Marked ⚠ below.

This page is written by `svt settings --markdown` from the types that the settings are read into.
";

/// Prints every setting, from the types themselves.
pub(crate) fn run(arguments: &SettingsArguments) {
    let is_wanted = |setting: &Setting| {
        let part = arguments.find.as_deref().unwrap_or_default();
        setting.key.contains(part)
    };
    if arguments.markdown {
        print!("{INTRODUCTION}");
    }
    for (server, title, settings) in [
        (
            super::Server::Session,
            "Session server",
            settings_of::<SessionConfig>(),
        ),
        (super::Server::Jwt, "JWT server", settings_of::<JwtConfig>()),
    ] {
        if arguments.server.is_some_and(|only| only != server) {
            continue;
        }
        let settings = settings.into_iter().filter(is_wanted);
        if arguments.markdown {
            println!(
                "\n## {title}\n\n| setting | default | accepts | what it does |\n|---|---|---|---|"
            );
            settings.for_each(|setting| println!("{}", row(&setting)));
        } else {
            println!("{title}\n");
            settings.for_each(|setting| println!("{}", lines(&setting)));
        }
    }
}

fn row(setting: &Setting) -> String {
    let Setting {
        key,
        accepts,
        default,
        meaning,
        dangerous,
    } = setting;
    let mark = if *dangerous { " ⚠" } else { "" };
    let default = if default.is_empty() {
        "–".to_owned()
    } else {
        format!("`{default}`")
    };
    let cells = [
        format!("`{key}`{mark}"),
        default,
        accepts.clone(),
        meaning.clone(),
    ];
    format!(
        "| {} |",
        cells.map(|cell| cell.replace('|', "\\|")).join(" | ")
    )
}

fn lines(setting: &Setting) -> String {
    let Setting {
        key,
        accepts,
        default,
        meaning,
        ..
    } = setting;
    format!(
        "  {key}={default}\n      {meaning}\n      accepts {}\n",
        accepts.replace('`', "")
    )
}
