//! Versions and what each needs. Pure.

use std::collections::{BTreeMap, BTreeSet};

use throughline_api::graph::v1::{Edge, ExportGraphResponse, Node, Value, value::Kind};

/// The versions of one or more workspaces, by id.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) versions: BTreeMap<String, Node>,
    pub(crate) members: BTreeSet<String>,
    /// By the version that needs.
    pub(crate) needs: BTreeMap<String, Vec<Edge>>,
    /// By the version that is needed.
    pub(crate) needed_by: BTreeMap<String, Vec<Edge>>,
}

impl Snapshot {
    pub(crate) fn add(&mut self, part: ExportGraphResponse) {
        for node in part.nodes {
            if node.r#type == "Version" {
                self.versions.insert(node.id.clone(), node);
            }
        }
        for edge in part.edges {
            if edge.r#type == "MEMBER_OF" {
                self.members.insert(edge.from);
            } else if edge.r#type == "DEPENDS_ON" {
                let by = self.needed_by.entry(edge.to.clone()).or_default();
                by.push(edge.clone());
                self.needs.entry(edge.from.clone()).or_default().push(edge);
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// The versions that a person means: an id, a name, or a name and version.
    pub(crate) fn named(&self, name: &str) -> Vec<&str> {
        let is_meant = |(id, node): &(&String, &Node)| {
            let bare = id.split_once(':').map_or(id.as_str(), |(_, bare)| bare);
            let own = text(node, "name");
            id.as_str() == name
                || bare == name
                || own == Some(name)
                || id
                    .strip_suffix(text(node, "version").unwrap_or_default())
                    .is_some_and(|of| of.strip_suffix('@') == Some(name))
        };
        let meant = self.versions.iter().filter(is_meant);
        meant.map(|(id, _)| id.as_str()).collect()
    }

    /// What the members need, they included; only what they ship with, if so asked.
    pub(crate) fn reached(&self, shipped: bool) -> BTreeSet<&str> {
        let mut reached: BTreeSet<&str> = self.members.iter().map(String::as_str).collect();
        let mut waiting: Vec<&str> = reached.iter().copied().collect();
        while let Some(id) = waiting.pop() {
            for edge in self.needs.get(id).into_iter().flatten() {
                if (!shipped || is_shipped(edge)) && reached.insert(&edge.to) {
                    waiting.push(&edge.to);
                }
            }
        }
        reached
    }
}

/// Whether what an edge leads to becomes part of what is shipped.
fn is_shipped(edge: &Edge) -> bool {
    kinds(edge).any(|kind| kind != "dev" && kind != "build")
}

/// `normal`, `dev`, `build`; npm adds `peer` and `optional`.
pub(crate) fn kinds(edge: &Edge) -> impl Iterator<Item = &str> {
    string(edge.properties.get("kind"))
        .unwrap_or("normal")
        .split(", ")
}

/// A text property of a node.
pub(crate) fn text<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    string(node.properties.get(name))
}

fn string(value: Option<&Value>) -> Option<&str> {
    match &value?.kind {
        Some(Kind::StringValue(text)) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;

    fn property(name: &str, value: &str) -> (String, Value) {
        let kind = Some(Kind::StringValue(value.to_owned()));
        (name.to_owned(), Value { kind })
    }

    /// `a` and `b` are members; `a` needs `x` 1, `b` needs `y`, which needs `x` 2,
    /// and `b` is tested with `t`, which needs `x` 2 too.
    pub(crate) fn workspace() -> Snapshot {
        let version = |(name, version, licence): (&str, &str, &str)| Node {
            id: format!("crate:{name}@{version}"),
            r#type: "Version".into(),
            properties: [
                property("name", name),
                property("version", version),
                property("license", licence),
            ]
            .into(),
            etag: String::new(),
        };
        let edge = |(from, edge_type, to, kind): (&str, &str, &str, &str)| Edge {
            from: format!("crate:{from}"),
            r#type: edge_type.into(),
            to: format!("crate:{to}"),
            properties: [property("kind", kind)].into(),
        };
        let mut snapshot = Snapshot::default();
        snapshot.add(ExportGraphResponse {
            nodes: [
                ("a", "0.1.0", "MIT"),
                ("b", "0.1.0", "MIT"),
                ("t", "1.0.0", "GPL-3.0"),
                ("x", "1.0.0", "MIT OR Apache-2.0"),
                ("x", "2.0.0", "MIT OR Apache-2.0"),
                ("y", "1.0.0", ""),
            ]
            .map(version)
            .to_vec(),
            edges: [
                ("a@0.1.0", "MEMBER_OF", "w", ""),
                ("b@0.1.0", "MEMBER_OF", "w", ""),
                ("a@0.1.0", "DEPENDS_ON", "b@0.1.0", "normal"),
                ("a@0.1.0", "DEPENDS_ON", "x@1.0.0", "normal"),
                ("b@0.1.0", "DEPENDS_ON", "y@1.0.0", "build, normal"),
                ("b@0.1.0", "DEPENDS_ON", "t@1.0.0", "dev"),
                ("t@1.0.0", "DEPENDS_ON", "x@2.0.0", "normal"),
                ("y@1.0.0", "DEPENDS_ON", "x@2.0.0", "normal"),
            ]
            .map(edge)
            .to_vec(),
            ..Default::default()
        });
        snapshot
    }
}

#[cfg(test)]
mod tests {
    use super::samples::workspace;

    #[test]
    fn versions_are_found_by_what_they_are_called() {
        let both = ["crate:x@1.0.0", "crate:x@2.0.0"];
        let all = workspace();
        assert_eq!(all.named("x"), both);
        assert_eq!(all.named("crate:x"), both);
        assert_eq!(all.named("x@2.0.0"), both[1..]);
        assert_eq!(all.named("crate:x@1.0.0"), both[..1]);
        assert!(all.named("@").is_empty());
    }

    #[test]
    fn what_is_only_tested_with_is_not_shipped() {
        let all = workspace();
        assert_eq!(all.reached(false).len(), 6);
        let shipped = all.reached(true);
        assert_eq!(shipped.len(), 5);
        assert!(!shipped.contains("crate:t@1.0.0"));
    }
}
