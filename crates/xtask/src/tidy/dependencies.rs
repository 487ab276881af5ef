//! Which crate may know of which, from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata};

use super::tree::Violation;

/// The drawing of ARCHITECTURE.md: each crate of the workspace and those of ours that it may name, tests included.
///
/// The two servers stand in neither's list, nor in that of the benchmark, which measures whatever it finds at a URL.
const ALLOWED: &[(&str, &[&str])] = &[
    ("token-core", &[]),
    ("engines", &[]),
    ("user-store", &["token-core", "engines"]),
    ("wiretap", &["token-core"]),
    ("bank", &["token-core", "user-store", "wiretap"]),
    (
        "session-server",
        &["token-core", "user-store", "bank", "wiretap", "engines"],
    ),
    (
        "jwt-server",
        &["token-core", "user-store", "bank", "wiretap", "engines"],
    ),
    (
        "lab",
        &[
            "token-core",
            "user-store",
            "bank",
            "wiretap",
            "session-server",
            "jwt-server",
            "bench",
            "engines",
        ],
    ),
    ("bench", &["engines"]),
    (
        "svt",
        &[
            "token-core",
            "user-store",
            "bank",
            "wiretap",
            "session-server",
            "jwt-server",
            "lab",
            "bench",
            "engines",
        ],
    ),
    (
        "tests",
        &[
            "token-core",
            "user-store",
            "bank",
            "wiretap",
            "session-server",
            "jwt-server",
            "lab",
            "bench",
            "svt",
            "engines",
        ],
    ),
    ("xtask", &[]),
];

/// Crates that speak to a database; names that begin with one of these and a dash count too.
const DATABASES: &[&str] = &[
    "rusqlite",
    "libsqlite3",
    "sqlite",
    "sqlx",
    "diesel",
    "sea-orm",
    "postgres",
    "tokio-postgres",
    "deadpool",
    "redis",
    "fred",
];

/// Crates that speak HTTP; names that begin with one of these and a dash count too.
const HTTP: &[&str] = &[
    "actix", "hyper", "http", "h2", "reqwest", "ureq", "axum", "tower", "awc", "warp",
];

/// The part of `cargo metadata` that the rules look at.
#[derive(Default)]
pub(crate) struct Graph {
    /// By package id.
    packages: BTreeMap<String, Package>,
}

#[derive(Default)]
struct Package {
    name: String,
    /// Of a crate of the workspace: its Cargo.toml from the root, and the text of it.
    manifest: Option<(String, String)>,
    /// Package ids that become a part of it.
    built_from: BTreeSet<String>,
    /// Package ids that its tests alone need.
    tested_with: BTreeSet<String>,
}

impl Graph {
    pub(crate) fn of(metadata: &Metadata, root: &Path) -> Result<Self> {
        let mut graph = Self::default();
        for package in &metadata.packages {
            let manifest = if metadata.workspace_members.contains(&package.id) {
                let path = package.manifest_path.as_std_path();
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                let shown = path
                    .strip_prefix(root)
                    .unwrap_or(path)
                    .display()
                    .to_string();
                Some((shown, text))
            } else {
                None
            };
            let named = Package {
                name: package.name.to_string(),
                manifest,
                ..Package::default()
            };
            graph.packages.insert(package.id.repr.clone(), named);
        }
        for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
            let Some(package) = graph.packages.get_mut(&node.id.repr) else {
                continue;
            };
            for dependency in &node.deps {
                let for_tests_alone = dependency
                    .dep_kinds
                    .iter()
                    .all(|kind| kind.kind == DependencyKind::Development);
                let list = if for_tests_alone {
                    &mut package.tested_with
                } else {
                    &mut package.built_from
                };
                list.insert(dependency.pkg.repr.clone());
            }
        }
        Ok(graph)
    }

    /// Everything that is wrong, all rules together.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let mut found = self.neighbours_are_allowed();
        found.extend(self.only_user_store_names_a_database());
        found.extend(self.token_core_knows_neither_http_nor_sql());
        found
    }

    fn members(&self) -> impl Iterator<Item = (&String, &Package)> {
        self.packages
            .iter()
            .filter(|(_, package)| package.manifest.is_some())
    }

    fn direct<'a>(&'a self, package: &'a Package) -> impl Iterator<Item = &'a Package> {
        package
            .built_from
            .iter()
            .chain(&package.tested_with)
            .filter_map(|id| self.packages.get(id))
    }

    fn neighbours_are_allowed(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        for (_, package) in self.members() {
            let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == package.name) else {
                let reason = format!(
                    "{} has no row in the table of tidy/dependencies.rs",
                    package.name
                );
                found.push(package.violation("name", reason));
                continue;
            };
            for other in self
                .direct(package)
                .filter(|other| other.manifest.is_some())
            {
                // A crate may test itself with another set of its own features.
                if other.name != package.name && !allowed.contains(&other.name.as_str()) {
                    let reason = format!("{} must not depend on {}", package.name, other.name);
                    found.push(package.violation(&other.name, reason));
                }
            }
        }
        found
    }

    fn only_user_store_names_a_database(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        for (_, package) in self
            .members()
            .filter(|(_, package)| package.name != "user-store")
        {
            for other in self
                .direct(package)
                .filter(|other| is_one_of(&other.name, DATABASES))
            {
                let reason = format!(
                    "only user-store names a database, and this is {}",
                    other.name
                );
                found.push(package.violation(&other.name, reason));
            }
        }
        found
    }

    fn token_core_knows_neither_http_nor_sql(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        for (id, package) in self
            .members()
            .filter(|(_, package)| package.name == "token-core")
        {
            for chain in self.reached_from(id) {
                let Some(last) = chain.last() else { continue };
                if is_one_of(last, HTTP) || is_one_of(last, DATABASES) {
                    let first = chain.get(1).copied().unwrap_or(last);
                    let reason = format!(
                        "token-core knows neither HTTP nor SQL: {}",
                        chain.join(" → ")
                    );
                    found.push(package.violation(first, reason));
                }
            }
        }
        found
    }

    /// Every package that becomes a part of this one, as the names on the shortest way to it.
    fn reached_from<'a>(&'a self, id: &'a str) -> Vec<Vec<&'a str>> {
        let mut seen = BTreeSet::from([id]);
        let mut queue = VecDeque::from([(id, Vec::new())]);
        let mut chains = Vec::new();
        while let Some((id, way)) = queue.pop_front() {
            let Some(package) = self.packages.get(id) else {
                continue;
            };
            let mut chain = way.clone();
            chain.push(package.name.as_str());
            for next in &package.built_from {
                if seen.insert(next) {
                    queue.push_back((next, chain.clone()));
                }
            }
            chains.push(chain);
        }
        chains
    }
}

impl Package {
    /// A violation at the line of the manifest that begins with this key.
    fn violation(&self, key: &str, reason: String) -> Violation {
        let (path, text) = self.manifest.clone().unwrap_or_default();
        let line = text
            .lines()
            .position(|line| {
                line.strip_prefix(key)
                    .is_some_and(|rest| !rest.starts_with(['-', '_']))
            })
            .map_or(1, |index| index + 1);
        Violation { path, line, reason }
    }
}

fn is_one_of(name: &str, families: &[&str]) -> bool {
    families.iter().any(|family| {
        name.strip_prefix(family)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph of our crates and foreign ones, from `name: what it is built from | what it is tested with`.
    fn graph(lines: &[&str]) -> Graph {
        let mut graph = Graph::default();
        for line in lines {
            let (name, rest) = line.split_once(':').unwrap();
            let (built, tested) = rest.split_once('|').unwrap_or((rest, ""));
            let ids = |text: &str| {
                text.split_whitespace()
                    .map(str::to_owned)
                    .collect::<BTreeSet<_>>()
            };
            let is_ours = ALLOWED.iter().any(|(ours, _)| *ours == name) || name == "newcomer";
            let manifest = format!(
                "[package]\nname = \"{name}\"\n[dependencies]\n{}",
                rest.trim().replace(' ', "\n")
            );
            let package = Package {
                name: name.to_owned(),
                manifest: is_ours.then(|| (format!("crates/{name}/Cargo.toml"), manifest)),
                built_from: ids(built),
                tested_with: ids(tested),
            };
            graph.packages.insert(name.to_owned(), package);
        }
        graph
    }

    fn reasons(lines: &[&str]) -> Vec<String> {
        graph(lines)
            .violations()
            .into_iter()
            .map(|violation| violation.reason)
            .collect()
    }

    #[test]
    fn the_crates_as_they_are_drawn_pass() {
        let drawn = [
            "token-core: aws-lc-rs",
            "aws-lc-rs: libc",
            "libc:",
            "user-store: token-core rusqlite",
            "rusqlite:",
            "bank: token-core user-store actix-web",
            "actix-web: libc",
            "session-server: bank",
            "jwt-server: bank",
            "lab: session-server jwt-server",
        ];
        assert_eq!(reasons(&drawn), [""; 0]);
    }

    #[test]
    fn http_in_token_core_is_found_through_any_chain() {
        let found = reasons(&["token-core: jose", "jose: hyper-util", "hyper-util:"]);
        assert_eq!(
            found,
            ["token-core knows neither HTTP nor SQL: token-core → jose → hyper-util"]
        );
    }

    #[test]
    fn what_only_the_tests_of_token_core_need_is_no_part_of_it() {
        assert_eq!(reasons(&["token-core: | reqwest", "reqwest:"]), [""; 0]);
    }

    #[test]
    fn a_database_outside_user_store_is_found_at_its_line() {
        let found = graph(&["bank: serde rusqlite", "serde:", "rusqlite:"]).violations();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "crates/bank/Cargo.toml");
        assert_eq!(found[0].line, 5);
    }

    #[test]
    fn neither_server_may_name_the_other_even_in_tests() {
        let found = reasons(&["session-server: jwt-server", "jwt-server: | session-server"]);
        assert_eq!(found.len(), 2);
        assert_eq!(
            reasons(&["bench: session-server", "session-server:"]).len(),
            1
        );
    }

    #[test]
    fn a_crate_that_the_table_does_not_know_is_found() {
        assert_eq!(reasons(&["newcomer:"]).len(), 1);
    }
}
