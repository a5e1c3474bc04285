//! The mapping, held against a small workspace that has each case once.

use cargo_metadata::Metadata;
use serde_json::{Value as Json, json};

use super::super::Limits;
use super::super::graph::{Graph, flag, text};
use super::map;

fn package(name: &str, version: &str, more: Json) -> Json {
    let mut package = json!({
        "name": name, "version": version,
        "id": format!("registry+https://example.test#{name}@{version}"),
        "source": "registry+https://example.test",
        "license": "MIT OR Apache-2.0", "license_file": null, "description": " Text. ",
        "dependencies": [], "targets": [], "features": {}, "manifest_path": "/x/Cargo.toml",
        "metadata": null, "publish": null, "authors": ["A Person <a@example.test>"],
        "categories": [], "keywords": [], "readme": null, "repository": null,
        "homepage": null, "documentation": null, "edition": "2021", "links": null,
        "default_run": null, "rust_version": null,
    });
    for (key, value) in more.as_object().unwrap() {
        package[key] = value.clone();
    }
    package
}

fn dependency(name: &str, req: &str, kind: Json, optional: bool, features: &[&str]) -> Json {
    json!({
        "name": name, "source": null, "req": req, "kind": kind, "rename": null,
        "optional": optional, "uses_default_features": true, "features": features,
        "target": null, "registry": null, "path": null,
    })
}

fn resolved(name: &str, version: &str, kinds: Json) -> Json {
    json!({
        "name": name, "dep_kinds": kinds,
        "pkg": format!("registry+https://example.test#{name}@{version}"),
    })
}

fn graph() -> Graph {
    let app = package(
        "app",
        "0.1.0",
        json!({
            "source": null,
            "dependencies": [
                dependency("lib", "^1.0", Json::Null, false, &["std"]),
                dependency("lib", "^1.0", json!("dev"), false, &["test"]),
                dependency("lib", "^2.0", Json::Null, true, &[]),
            ],
        }),
    );
    let one = package(
        "lib",
        "1.2.0",
        json!({
            "authors": ["", "A Person <b@example.test>"],
            "features": {"std": [], "default": ["std"], "async": ["dep:tokio"]},
        }),
    );
    let two = package(
        "lib",
        "2.0.1",
        json!({"license": null, "authors": ["<only@example.test>"]}),
    );
    let metadata = json!({
        "packages": [app, one, two],
        "workspace_members": ["registry+https://example.test#app@0.1.0"],
        "resolve": {"root": null, "nodes": [{
            "id": "registry+https://example.test#lib@1.2.0",
            "dependencies": [], "features": ["std", "default"], "deps": [],
        }, {
            "id": "registry+https://example.test#app@0.1.0",
            "dependencies": [], "features": [],
            "deps": [
                resolved("lib", "1.2.0", json!([
                    {"kind": null, "target": null},
                    {"kind": "dev", "target": "cfg(unix)"},
                ])),
                resolved("lib", "2.0.1", json!([{"kind": null, "target": "cfg(windows)"}])),
            ],
        }]},
        "workspace_root": "/x/demo", "target_directory": "/x/demo/target", "version": 1,
        "workspace_default_members": [], "metadata": null,
    });
    let metadata: Metadata = serde_json::from_value(metadata).unwrap();
    map(&metadata, "demo")
}

#[test]
fn packages_become_crates_versions_licences_and_authors() {
    let graph = graph();
    let ids: Vec<_> = graph.nodes.keys().map(String::as_str).collect();
    let expected = [
        "author:A Person",
        "author:only@example.test",
        "crate:app",
        "crate:app@0.1.0",
        "crate:lib",
        "crate:lib@1.2.0",
        "crate:lib@2.0.1",
        "licence:Apache-2.0",
        "licence:MIT",
        "workspace:demo",
    ];
    assert_eq!(ids, expected);
    assert_eq!(
        graph.nodes["crate:lib@1.2.0"].properties["description"],
        text("Text.")
    );
    assert_eq!(graph.check(&Limits::default()), Ok(()));
}

#[test]
fn a_version_has_its_features() {
    let graph = graph();
    let one = &graph.nodes["crate:lib@1.2.0"].properties;
    assert_eq!(one["features"], text("async, default, std"));
    assert_eq!(one["enabled_features"], text("default, std"));
    let two = &graph.nodes["crate:lib@2.0.1"].properties;
    assert!(!two.contains_key("features") && !two.contains_key("enabled_features"));
}

#[test]
fn edges_say_who_depends_on_whom_and_how() {
    let graph = graph();
    let edges: Vec<_> = graph
        .edges
        .keys()
        .filter(|(_, edge_type, _)| !edge_type.ends_with("_BY") && edge_type != "LICENSED_UNDER")
        .map(|(from, edge_type, to)| format!("{from} {edge_type} {to}"))
        .collect();
    let expected = [
        "crate:app@0.1.0 DEPENDS_ON crate:lib@1.2.0",
        "crate:app@0.1.0 DEPENDS_ON crate:lib@2.0.1",
        "crate:app@0.1.0 MEMBER_OF workspace:demo",
        "crate:app@0.1.0 VERSION_OF crate:app",
        "crate:lib@1.2.0 VERSION_OF crate:lib",
        "crate:lib@2.0.1 VERSION_OF crate:lib",
    ];
    assert_eq!(edges, expected);

    let edge = |to: &str| {
        let key = (
            "crate:app@0.1.0".to_owned(),
            "DEPENDS_ON".to_owned(),
            to.to_owned(),
        );
        &graph.edges[&key].properties
    };
    let one = edge("crate:lib@1.2.0");
    assert_eq!(one["kind"], text("dev, normal"));
    assert_eq!(one["req"], text("^1.0"));
    assert_eq!(one["features"], text("std, test"));
    assert_eq!(one["optional"], flag(false));
    assert_eq!(
        one.get("target"),
        None,
        "needed everywhere, by one of its kinds"
    );
    let two = edge("crate:lib@2.0.1");
    assert_eq!(two["optional"], flag(true));
    assert_eq!(two["target"], text("cfg(windows)"));
}
