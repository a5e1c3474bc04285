//! What a person calls a node, as the node itself.

use throughline_api::graph::v1::{GetNodeRequest, GetNodeResponse};
use tonic::Code;

use super::service::Graph;
use crate::failure::CallFailed;

/// The ids that `name` may stand for, the likeliest first.
pub(crate) fn candidates(name: &str) -> Vec<String> {
    if name.contains(':') {
        // It has a kind already; a crate called so cannot be.
        return vec![name.to_owned()];
    }
    vec![
        format!("crate:{name}"),
        format!("npm:{name}"),
        name.to_owned(),
    ]
}

/// The node that `name` stands for; with at most `edges` edges either way, or
/// with none.
pub(crate) async fn node(
    graph: &mut Graph,
    name: &str,
    edges: Option<i32>,
) -> Result<GetNodeResponse, CallFailed> {
    let mut first_failure = None;
    for id in candidates(name) {
        let request = GetNodeRequest {
            id,
            include_edges: edges.is_some(),
            max_edges: edges.unwrap_or_default(),
            ..Default::default()
        };
        let answer = graph.client.get_node(request).await;
        match graph.answer(answer) {
            Ok(node) => return Ok(node),
            Err(failed) if failed.code() == Code::NotFound => {
                first_failure.get_or_insert(failed);
            }
            Err(failed) => return Err(failed),
        }
    }
    // There is always a first candidate, so there is a first failure.
    Err(first_failure.unwrap_or_else(|| graph.failed(tonic::Status::not_found(name))))
}

/// The nodes that a path may start from: the node itself, or a crate's or package's versions,
/// since it is versions that depend on one another.
pub(crate) fn starts(node: &GetNodeResponse) -> Vec<String> {
    let Some(of) = &node.node else {
        return Vec::new();
    };
    if matches!(of.r#type.as_str(), "Crate" | "Package") {
        let versions = node
            .incoming
            .iter()
            .filter(|edge| edge.r#type == "VERSION_OF");
        let versions: Vec<_> = versions.map(|edge| edge.from.clone()).collect();
        if !versions.is_empty() {
            return versions;
        }
    }
    vec![of.id.clone()]
}

#[cfg(test)]
mod tests {
    use throughline_api::graph::v1::{Edge, Node};

    use super::*;

    #[test]
    fn a_bare_name_is_a_crate_first_and_then_a_package() {
        assert_eq!(candidates("serde"), ["crate:serde", "npm:serde", "serde"]);
        assert_eq!(
            candidates("serde@1.0.0"),
            ["crate:serde@1.0.0", "npm:serde@1.0.0", "serde@1.0.0"]
        );
        assert_eq!(candidates("licence:MIT"), ["licence:MIT"]);
    }

    fn check(node_type: &str, edges: &[(&str, &str)], expected: &[&str]) {
        let edge = |(from, edge_type): &(&str, &str)| Edge {
            from: (*from).into(),
            r#type: (*edge_type).into(),
            to: "it".into(),
            ..Default::default()
        };
        let node = GetNodeResponse {
            node: Some(Node {
                id: "it".into(),
                r#type: node_type.into(),
                ..Default::default()
            }),
            incoming: edges.iter().map(edge).collect(),
            ..Default::default()
        };
        assert_eq!(starts(&node), expected);
    }

    #[test]
    fn a_path_starts_from_a_crates_versions() {
        check(
            "Crate",
            &[("v1", "VERSION_OF"), ("x", "OTHER"), ("v2", "VERSION_OF")],
            &["v1", "v2"],
        );
        check("Crate", &[], &["it"]);
        check("Version", &[("x", "VERSION_OF")], &["it"]);
    }
}
