//! Read masks (AIP-157): which fields of a node to return.

use throughline_api::graph::v1::Node;
use throughline_graph_store::Error;

use crate::{Limits, status};

/// A checked read mask.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeMask {
    everything: bool,
    id: bool,
    node_type: bool,
    etag: bool,
    properties: bool,
    /// Single properties by name.
    named: Vec<String>,
}

impl NodeMask {
    /// No mask, an empty one and `*` all mean everything.
    pub(crate) fn new(
        mask: Option<prost_types::FieldMask>,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let paths = mask.map(|mask| mask.paths).unwrap_or_default();
        if paths.len() > limits.mask_paths {
            let problem = format!("it has more than {} paths", limits.mask_paths);
            return Err(status::invalid("read_mask", problem));
        }
        let mut mask = Self {
            everything: paths.is_empty(),
            ..Self::default()
        };
        for path in paths {
            match path.as_str() {
                "*" => mask.everything = true,
                "id" => mask.id = true,
                "type" => mask.node_type = true,
                "etag" => mask.etag = true,
                "properties" => mask.properties = true,
                other => match other.strip_prefix("properties.") {
                    Some(name) if !name.is_empty() => mask.named.push(name.to_owned()),
                    _ => {
                        let problem = format!(
                            "{other:?} is no field of a node; there are id, type, etag, \
                             properties and properties.<name>"
                        );
                        return Err(status::invalid("read_mask", problem));
                    }
                },
            }
        }
        Ok(mask)
    }

    /// Leaves only what the mask names.
    pub(crate) fn apply(&self, node: Node) -> Node {
        if self.everything {
            return node;
        }
        let mut properties = node.properties;
        if !self.properties {
            properties.retain(|name, _| self.named.contains(name));
        }
        let text = |wanted: bool, text: String| if wanted { text } else { String::new() };
        Node {
            id: text(self.id, node.id),
            r#type: text(self.node_type, node.r#type),
            properties,
            etag: text(self.etag, node.etag),
        }
    }
}

#[cfg(test)]
mod tests {
    use throughline_api::graph::v1::Value;

    use super::*;

    fn check(paths: &[&str], id: &str, properties: &[&str]) {
        let node = Node {
            id: "a".into(),
            r#type: "T".into(),
            properties: ["x", "y"]
                .map(|name| (name.into(), Value::default()))
                .into(),
            etag: "1".into(),
        };
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let mask = NodeMask::new(Some(prost_types::FieldMask { paths }), &Limits::default());
        let node = mask.unwrap().apply(node);
        let mut names: Vec<_> = node.properties.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!((node.id.as_str(), names.as_slice()), (id, properties));
    }

    #[test]
    fn a_mask_leaves_what_it_names() {
        check(&[], "a", &["x", "y"]);
        check(&["*"], "a", &["x", "y"]);
        check(&["id"], "a", &[]);
        check(&["type", "properties"], "", &["x", "y"]);
        check(&["id", "properties.y", "properties.z"], "a", &["y"]);
    }

    #[test]
    fn a_field_that_is_none_is_refused() {
        for path in ["", "name", "properties.", "id.x"] {
            let paths = vec![path.to_owned()];
            let mask = Some(prost_types::FieldMask { paths });
            let error = NodeMask::new(mask, &Limits::default()).unwrap_err();
            assert!(error.to_string().starts_with("read_mask: "), "{error}");
        }
    }
}
