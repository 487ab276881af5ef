//! Routes that an embedding application adds to a server.

use std::sync::Arc;

use actix_web::web::ServiceConfig;

/// Where the routes of an [`Extension`] live.
const BELOW: &str = "/stage/";

/// Routes of an embedding application, such as the pages on which the lab's experiments play.
///
/// They are served behind everything that [`crate::harden`] does but the CSRF defence, which leaves out the paths below
/// `/stage/` where there is an extension. A route registered elsewhere is defended like the server's own.
///
/// # Security
/// What a route below `/stage/` changes can be changed by any page on the web: it must check for itself who asks.
#[derive(Clone)]
pub struct Extension(Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>);

impl Extension {
    /// An extension whose routes `register` registers, once for every worker, under their whole paths.
    pub fn new(register: impl Fn(&mut ServiceConfig) + Send + Sync + 'static) -> Self {
        Self(Arc::new(register))
    }

    pub(super) fn register(&self, config: &mut ServiceConfig) {
        (self.0)(config);
    }
}

impl std::fmt::Debug for Extension {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extension").finish_non_exhaustive()
    }
}

/// The paths that need no CSRF defence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exempt {
    /// Whole paths: OAuth endpoints, which take forms and read no cookie.
    pub(super) paths: &'static [&'static str],
    /// Whether there is an extension.
    pub(super) extended: bool,
}

impl Exempt {
    pub(super) fn contains(self, path: &str) -> bool {
        self.paths.contains(&path) || (self.extended && path.starts_with(BELOW))
    }
}

#[cfg(test)]
mod tests {
    use super::Exempt;

    #[test]
    fn only_whole_paths_and_what_is_below_the_stage_of_an_extension_are_exempt() {
        let plain = Exempt {
            paths: &["/token"],
            extended: false,
        };
        let extended = Exempt {
            extended: true,
            ..plain
        };
        for (path, of_plain, of_extended) in [
            ("/token", true, true),
            ("/token/", false, false),
            ("/stage", false, false),
            ("/stage/", false, true),
            ("/stage/report/a", false, true),
            ("/stages/a", false, false),
            ("/Stage/a", false, false),
            ("/transfers", false, false),
            ("/a/stage/b", false, false),
        ] {
            assert_eq!(plain.contains(path), of_plain, "{path}");
            assert_eq!(extended.contains(path), of_extended, "{path}");
        }
    }
}
