//! Where a database is, as it is written on a command line.

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use super::{OpenError, StatementError};

/// What a URL says, if all of it can be used.
pub(super) fn config_of(url: &str) -> Result<Config, OpenError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(OpenError::Url {
            why: "it has another scheme".to_owned(),
        });
    }
    // Whatever follows the first `@` is taken for the host, and hosts are named in the log.
    if url.matches('@').count() > 1 {
        return Err(OpenError::Url {
            why: "an `@` within a name, a password or an option is written %40".to_owned(),
        });
    }
    let config: Config = url
        .parse()
        .map_err(|error: StatementError| OpenError::Url {
            why: match std::error::Error::source(&error) {
                Some(source) => source.to_string(),
                None => error.to_string(),
            },
        })?;
    if config.get_hosts().is_empty() {
        return Err(OpenError::Url {
            why: "it names no host".to_owned(),
        });
    }
    if config.get_user().is_none() {
        return Err(OpenError::Url {
            why: "it names no user".to_owned(),
        });
    }
    match config.get_ssl_mode() {
        SslMode::Disable | SslMode::Prefer => Ok(config),
        _ => Err(OpenError::NeedsTls),
    }
}

/// Host and port of each server of a URL.
pub(super) fn address_of(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate();
    let addresses = hosts.map(|(index, host)| {
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            #[cfg(unix)]
            Host::Unix(path) => format!("{} (port {port})", path.display()),
        }
    });
    addresses.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_cannot_be_used_is_refused_in_one_line_without_its_password() {
        for (url, why) in [
            ("mysql://svt@localhost/bank", "another scheme"),
            ("postgres://svt:hunter2@/bank", "no host"),
            ("postgres://localhost/bank", "no user"),
            ("postgres://svt:secret@hunter2@localhost/bank", "%40"),
            ("postgres://svt:secret@a?hunter2=@localhost/bank", "%40"),
            ("postgres://svt:hunter2@localhost:port/bank", "port"),
            (
                "postgres://svt:hunter2@localhost/bank?sslmode=require",
                "TLS",
            ),
        ] {
            let error = config_of(url).unwrap_err().to_string();
            assert!(error.contains(why), "{url}: {error}");
            assert!(
                !error.contains("hunter2") && !error.contains('\n'),
                "{error}"
            );
        }
    }

    #[test]
    fn an_address_names_every_host_and_no_user() {
        let address = |url| address_of(&config_of(url).unwrap());
        assert_eq!(address("postgres://svt:s@db/bank"), "db:5432");
        assert_eq!(address("postgres://svt@a:1,b:2/bank"), "a:1, b:2");
        assert_eq!(address("postgres://svt@[::1]:5433/bank"), "::1:5433");
    }
}
