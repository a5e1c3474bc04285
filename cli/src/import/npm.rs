//! What an npm lock file (version 2 or 3) says, as a graph. Pure.
//!
//! | node | id | edges |
//! | --- | --- | --- |
//! | `Package` | `npm:NAME` | |
//! | `Version` | `npm:NAME@VERSION` | `VERSION_OF` its package, `DEPENDS_ON` versions, `LICENSED_UNDER`, `MEMBER_OF` |
//! | `Licence` | `licence:ID` | |
//! | `Workspace` | `workspace:NAME` | |
//!
//! The edges are those of a cargo workspace, so that one question serves both.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Limits;
use super::assembly::Fault;
use super::graph::{Graph, Properties, flag, int, properties, text};
use super::licences;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LockFile {
    #[serde(default)]
    name: Option<String>,
    lockfile_version: u32,
    #[serde(default)]
    packages: BTreeMap<String, Entry>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Entry {
    name: Option<String>,
    version: Option<String>,
    resolved: Option<String>,
    link: bool,
    license: Option<serde_json::Value>,
    has_install_script: bool,
    deprecated: Option<serde_json::Value>,
    dependencies: BTreeMap<String, String>,
    dev_dependencies: BTreeMap<String, String>,
    optional_dependencies: BTreeMap<String, String>,
    peer_dependencies: BTreeMap<String, String>,
    peer_dependencies_meta: BTreeMap<String, PeerMeta>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PeerMeta {
    optional: bool,
}

const MODULES: &str = "node_modules/";

/// The graph of the lock file `json`; `folder` names it if it has no name.
pub(crate) fn read(json: &str, folder: &str, limits: &Limits) -> Result<Graph, Fault> {
    let lock: LockFile = serde_json::from_str(json).map_err(|error| {
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or(&why);
        Fault::new(
            error.line() as u64,
            format!("{why} (column {})", error.column()),
        )
    })?;
    if !(2..=3).contains(&lock.lockfile_version) {
        let why = format!(
            "lock files of version {} are not read; `npm install --package-lock-only --lockfile-version 3` writes one that is",
            lock.lockfile_version
        );
        return Err(Fault::new(line_of(json, "lockfileVersion"), why));
    }
    let reader = Reader {
        packages: &lock.packages,
        json,
    };
    let workspace = lock.name.as_deref().unwrap_or(folder);
    let graph = reader.graph(workspace)?;
    graph.check(limits).map_err(|why| Fault::new(0, why))?;
    Ok(graph)
}

struct Reader<'a> {
    packages: &'a BTreeMap<String, Entry>,
    json: &'a str,
}

impl Reader<'_> {
    fn graph(&self, workspace: &str) -> Result<Graph, Fault> {
        let mut graph = Graph::default();
        let workspace_id = format!("workspace:{workspace}");
        let members = self.packages.keys().filter(|path| is_member(path)).count();
        let members = int(i64::try_from(members).unwrap_or(i64::MAX));
        let about = properties([("name", text(workspace)), ("members", members)]);
        graph.node(&workspace_id, "Workspace", about);
        for (path, entry) in self.packages.iter().filter(|(_, entry)| !entry.link) {
            let id = self.put_package(&mut graph, path, entry, workspace)?;
            if is_member(path) {
                graph.edge(&id, "MEMBER_OF", &workspace_id, Properties::new());
            }
        }
        for (path, entry) in self.packages.iter().filter(|(_, entry)| !entry.link) {
            self.put_dependencies(&mut graph, path, entry, workspace)?;
        }
        Ok(graph)
    }

    fn put_package(
        &self,
        graph: &mut Graph,
        path: &str,
        entry: &Entry,
        workspace: &str,
    ) -> Result<String, Fault> {
        let (name, version) = self.name_and_version(path, entry, workspace)?;
        let (id, package_id) = (format!("npm:{name}@{version}"), format!("npm:{name}"));
        graph.node(&package_id, "Package", properties([("name", text(name))]));
        let mut about = properties([("name", text(name)), ("version", text(version))]);
        if entry.has_install_script {
            about.insert("install_script".to_owned(), flag(true));
        }
        if let Some(source) = &entry.resolved {
            about.insert("source".to_owned(), text(source));
        }
        if let Some(serde_json::Value::String(why)) = &entry.deprecated {
            about.insert("deprecated".to_owned(), text(why));
        }
        let expression = entry.license.as_ref().and_then(licence).unwrap_or_default();
        if !expression.is_empty() {
            about.insert("license".to_owned(), text(expression));
        }
        graph.node(&id, "Version", about);
        graph.edge(&id, "VERSION_OF", &package_id, Properties::new());
        for licence in licences::named(expression) {
            let licence_id = format!("licence:{licence}");
            graph.node(
                &licence_id,
                "Licence",
                properties([("name", text(licence))]),
            );
            let about = properties([("expression", text(expression))]);
            graph.edge(&id, "LICENSED_UNDER", &licence_id, about);
        }
        Ok(id)
    }

    fn put_dependencies(
        &self,
        graph: &mut Graph,
        path: &str,
        entry: &Entry,
        workspace: &str,
    ) -> Result<(), Fault> {
        let (name, version) = self.name_and_version(path, entry, workspace)?;
        let from = format!("npm:{name}@{version}");
        // What is listed in two ways is needed in the stricter one, which comes last.
        let kinds = [
            ("dev", &entry.dev_dependencies),
            ("peer", &entry.peer_dependencies),
            ("normal", &entry.dependencies),
            ("optional", &entry.optional_dependencies),
        ];
        for (kind, dependencies) in kinds {
            // npm installs no development dependencies of what it installs.
            if kind == "dev" && !is_member(path) {
                continue;
            }
            for (needed, requirement) in dependencies {
                let Some((at, found)) = self.resolve(path, needed) else {
                    let peer = kind == "peer";
                    let optional = kind == "optional"
                        || entry.optional_dependencies.contains_key(needed)
                        || peer
                            && entry
                                .peer_dependencies_meta
                                .get(needed)
                                .is_some_and(|m| m.optional);
                    // Peers may be left to whoever installs (`legacy-peer-deps`).
                    if optional || peer {
                        continue;
                    }
                    let why = format!(
                        "`{from}` needs `{needed}` {requirement}, which the lock file lacks"
                    );
                    return Err(Fault::new(line_of(self.json, path), why));
                };
                let (name, version) = self.name_and_version(at, found, workspace)?;
                let to = format!("npm:{name}@{version}");
                let about = properties([
                    ("kind", text(kind)),
                    ("req", text(requirement)),
                    ("optional", flag(kind == "optional")),
                ]);
                graph.edge(&from, "DEPENDS_ON", &to, about);
            }
        }
        Ok(())
    }

    /// Where node finds `needed` when a package at `path` asks for it: nearest first.
    fn resolve(&self, path: &str, needed: &str) -> Option<(&str, &Entry)> {
        let mut folder = path;
        loop {
            let joint = if folder.is_empty() { "" } else { "/" };
            let place = format!("{folder}{joint}{MODULES}{needed}");
            if let Some((at, entry)) = self.packages.get_key_value(&place) {
                if !entry.link {
                    return Some((at, entry));
                }
                let target = entry.resolved.as_deref()?;
                let (at, entry) = self.packages.get_key_value(target)?;
                return (!entry.link).then_some((at.as_str(), entry));
            }
            if folder.is_empty() {
                return None;
            }
            // A folder called node_modules has none of its own.
            let parent = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
            folder = parent
                .strip_suffix("node_modules")
                .map_or(parent, |it| it.trim_end_matches('/'));
        }
    }

    fn name_and_version<'e>(
        &self,
        path: &'e str,
        entry: &'e Entry,
        workspace: &'e str,
    ) -> Result<(&'e str, &'e str), Fault> {
        let by_path = path.rsplit_once(MODULES).map(|(_, name)| name);
        let own = entry.name.as_deref().or(by_path);
        let last = path.rsplit('/').next().filter(|last| !last.is_empty());
        let name = own.or(last).unwrap_or(workspace);
        match &entry.version {
            Some(version) => Ok((name, version)),
            // A workspace's member needs none; what was installed has one.
            None if is_member(path) => Ok((name, "0.0.0")),
            None => {
                let why = format!("`{path}` has no version");
                Err(Fault::new(line_of(self.json, path), why))
            }
        }
    }
}

/// Whether a path is the project's own, and not installed.
fn is_member(path: &str) -> bool {
    !path.starts_with(MODULES) && !path.contains("/node_modules/")
}

/// `"MIT"`, or the forms of long ago: `{"type": "MIT"}`.
fn licence(value: &serde_json::Value) -> Option<&str> {
    value.as_str().or_else(|| value.get("type")?.as_str())
}

/// The line on which the key stands.
fn line_of(json: &str, key: &str) -> u64 {
    let quoted = serde_json::Value::from(key).to_string();
    let mut starts = json.match_indices(&quoted).map(|(start, _)| start);
    let is_key = |start: &usize| json[start + quoted.len()..].trim_start().starts_with(':');
    match starts.find(is_key) {
        Some(start) => json[..start].matches('\n').count() as u64 + 1,
        None => 0,
    }
}

#[cfg(test)]
mod tests;
