//! What cargo knows of a workspace, as a graph. Pure.
//!
//! | node | id | edges |
//! | --- | --- | --- |
//! | `Crate` | `crate:NAME` | |
//! | `Version` | `crate:NAME@VERSION` | `VERSION_OF` its crate, `DEPENDS_ON` versions, `LICENSED_UNDER`, `AUTHORED_BY`, `MEMBER_OF` |
//! | `Licence` | `licence:ID` | |
//! | `Author` | `author:NAME` | |
//! | `Workspace` | `workspace:NAME` | |
//!
//! A version's `features` are those that it declares, `enabled_features` those that this workspace builds it with.
//!
//! A crate has no edges of its own that leave it, so that no path can step from
//! one version of a crate to another one that nobody depends on.

use std::collections::{BTreeSet, HashMap};

use cargo_metadata::{
    Dependency, DependencyKind, Metadata, NodeDep, Package, PackageId, TargetKind,
};

use super::graph::{Graph, Properties, flag, int, properties, text};
use super::licences;

/// The graph of a workspace called `workspace`.
pub(crate) fn map(metadata: &Metadata, workspace: &str) -> Graph {
    let mut graph = Graph::default();
    let workspace_id = format!("workspace:{workspace}");
    let members = i64::try_from(metadata.workspace_members.len()).unwrap_or(i64::MAX);
    let about = properties([("name", text(workspace)), ("members", int(members))]);
    graph.node(&workspace_id, "Workspace", about);

    let packages: HashMap<&PackageId, &Package> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, package))
        .collect();
    let resolved = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let enabled: HashMap<&PackageId, BTreeSet<&str>> = resolved
        .map(|node| {
            (
                &node.id,
                node.features.iter().map(|it| it.as_str()).collect(),
            )
        })
        .collect();
    for package in &metadata.packages {
        let id = version_id(package);
        let mut about = about_version(package);
        if let Some(enabled) = enabled.get(&package.id).filter(|it| !it.is_empty()) {
            about.insert("enabled_features".to_owned(), text(join(enabled, ", ")));
        }
        put_package(&mut graph, package, &id, about);
        if metadata.workspace_members.contains(&package.id) {
            graph.edge(&id, "MEMBER_OF", &workspace_id, Properties::new());
        }
    }
    for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
        let Some(package) = packages.get(&node.id) else {
            continue;
        };
        for dependency in &node.deps {
            let Some(target) = packages.get(&dependency.pkg) else {
                continue;
            };
            let about = depends_on(package, dependency, target);
            graph.edge(
                &version_id(package),
                "DEPENDS_ON",
                &version_id(target),
                about,
            );
        }
    }
    graph
}

fn version_id(package: &Package) -> String {
    format!("crate:{}@{}", package.name, package.version)
}

fn put_package(graph: &mut Graph, package: &Package, id: &str, about: Properties) {
    let name = package.name.as_str();
    let crate_id = format!("crate:{name}");
    graph.node(&crate_id, "Crate", properties([("name", text(name))]));
    graph.node(id, "Version", about);
    graph.edge(id, "VERSION_OF", &crate_id, Properties::new());

    let expression = package.license.as_deref().unwrap_or_default();
    for licence in licences::named(expression) {
        let licence_id = format!("licence:{licence}");
        graph.node(
            &licence_id,
            "Licence",
            properties([("name", text(licence))]),
        );
        let about = properties([("expression", text(expression))]);
        graph.edge(id, "LICENSED_UNDER", &licence_id, about);
    }
    for author in &package.authors {
        if let Some((author_id, about)) = about_author(author) {
            graph.node(&author_id, "Author", about);
            graph.edge(id, "AUTHORED_BY", &author_id, Properties::new());
        }
    }
}

fn about_version(package: &Package) -> Properties {
    let has = |kind: &TargetKind| package.targets.iter().any(|t| t.kind.contains(kind));
    let mut about = properties([
        ("name", text(package.name.as_str())),
        ("version", text(package.version.to_string())),
        ("edition", text(package.edition.to_string())),
        ("proc_macro", flag(has(&TargetKind::ProcMacro))),
        ("build_script", flag(has(&TargetKind::CustomBuild))),
    ]);
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            about.insert(name.to_owned(), text(value));
        }
    };
    put(
        "description",
        package.description.as_deref().map(|d| d.trim().to_owned()),
    );
    put("license", package.license.clone());
    put("repository", package.repository.clone());
    put(
        "source",
        package.source.as_ref().map(|source| source.repr.clone()),
    );
    put("links", package.links.clone());
    put(
        "rust_version",
        package.rust_version.as_ref().map(ToString::to_string),
    );
    put("keywords", Some(package.keywords.join(", ")));
    put("categories", Some(package.categories.join(", ")));
    let features: BTreeSet<_> = package.features.keys().collect();
    put("features", Some(join(&features, ", ")));
    about
}

/// `Name <mail>` as an author; the mail stays out of the id, since one person
/// uses several.
fn about_author(author: &str) -> Option<(String, Properties)> {
    let printable: String = author.chars().filter(|c| !c.is_control()).collect();
    let (name, mail) = match printable.split_once('<') {
        Some((name, mail)) => (name.trim(), mail.trim_end_matches('>').trim()),
        None => (printable.trim(), ""),
    };
    let name = if name.is_empty() { mail } else { name };
    if name.is_empty() {
        return None;
    }
    Some((format!("author:{name}"), properties([("name", text(name))])))
}

/// What is said of a dependency: one package may depend on another in several
/// ways (normal and dev, by platform), which together are one edge.
fn depends_on(package: &Package, resolved: &NodeDep, target: &Package) -> Properties {
    let declared: Vec<&Dependency> = package
        .dependencies
        .iter()
        .filter(|declared| is_declaration_of(declared, resolved, target))
        .collect();
    let kinds: BTreeSet<&str> = resolved
        .dep_kinds
        .iter()
        .map(|k| kind_name(k.kind))
        .collect();
    let platforms: BTreeSet<String> = resolved
        .dep_kinds
        .iter()
        .filter_map(|kind| kind.target.as_ref().map(ToString::to_string))
        .collect();
    let everywhere = resolved.dep_kinds.iter().any(|kind| kind.target.is_none());
    let requirements: BTreeSet<String> = declared.iter().map(|d| d.req.to_string()).collect();
    let features: BTreeSet<&str> = declared
        .iter()
        .flat_map(|d| &d.features)
        .map(String::as_str)
        .collect();

    let mut about = properties([
        ("kind", text(join(&kinds, ", "))),
        (
            "optional",
            flag(!declared.is_empty() && declared.iter().all(|d| d.optional)),
        ),
    ]);
    let mut put = |name: &str, value: String| {
        if !value.is_empty() {
            about.insert(name.to_owned(), text(value));
        }
    };
    put("req", join(&requirements, " | "));
    put("features", join(&features, ", "));
    if !everywhere {
        put("target", join(&platforms, " | "));
    }
    about
}

fn is_declaration_of(declared: &Dependency, resolved: &NodeDep, target: &Package) -> bool {
    if declared.name != target.name.as_str() {
        return false;
    }
    let by_kind = resolved
        .dep_kinds
        .iter()
        .any(|kind| kind.kind == declared.kind);
    // Two versions of one crate can only be told apart by what each allows;
    // a path dependency without a requirement allows all.
    by_kind && declared.req.matches(&target.version)
}

fn kind_name(kind: DependencyKind) -> &'static str {
    match kind {
        DependencyKind::Development => "dev",
        DependencyKind::Build => "build",
        _ => "normal",
    }
}

fn join<T: AsRef<str>>(parts: &BTreeSet<T>, with: &str) -> String {
    parts
        .iter()
        .map(AsRef::as_ref)
        .collect::<Vec<_>>()
        .join(with)
}

#[cfg(test)]
mod tests;
