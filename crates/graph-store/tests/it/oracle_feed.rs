//! The oracle's change feed and exports: what a commit came to, by comparing the
//! graph before it with the graph after it.

use std::collections::BTreeSet;

use throughline_graph_store::{
    Change, ChangesPart, Edge, EdgeKey, Error, ExportGraph, ExportPart, Limits, Node, ReadChanges,
};

use crate::oracle::Graph;

/// A change with the node types that it is of interest to.
type Typed = (Change, BTreeSet<String>);

/// Changes with the node types that they are of interest to, in parts.
#[derive(Clone, Default)]
pub(crate) struct Feed {
    /// Each with the number of its last change.
    parts: Vec<(u64, Vec<Typed>)>,
    end: u64,
}

impl Feed {
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    pub(crate) fn append(&mut self, before: &Graph, after: &Graph, limits: &Limits) {
        let changes = difference(before, after);
        for part in changes.chunks(limits.feed_part_changes) {
            self.end += part.len() as u64;
            self.parts.push((self.end, part.to_vec()));
        }
        let kept = self.end.saturating_sub(limits.feed_changes as u64);
        self.parts.retain(|(place, _)| *place > kept);
    }

    pub(crate) fn read(
        &self,
        request: &ReadChanges,
        limits: &Limits,
    ) -> Result<ChangesPart, Error> {
        request.check(limits)?;
        let after = match request.resume_token.strip_prefix("place ") {
            Some(place) => place.parse().unwrap(),
            None if request.resume_token.is_empty() => self.end,
            None => return Err(malformed()),
        };
        let first = self.parts.first();
        let kept = first.map_or(self.end, |(place, part)| place - part.len() as u64);
        if after < kept || after > self.end {
            let problem = String::new();
            let field = "resume_token";
            return Err(Error::OutOfRange { field, problem });
        }
        let types = &request.node_types;
        let mut found = ChangesPart::default();
        let mut at = after;
        for (place, part) in self.parts.iter().filter(|(place, _)| *place > after) {
            at = *place;
            let wanted = part.iter().filter(|(_, of)| {
                types.is_empty() || types.iter().any(|wanted| of.contains(wanted))
            });
            found.changes = wanted.map(|(change, _)| change.clone()).collect();
            if !found.changes.is_empty() {
                break;
            }
        }
        found.caught_up = at == self.end;
        found.resume_token = token(at);
        Ok(found)
    }
}

pub(crate) fn token(place: u64) -> String {
    format!("place {place}")
}

pub(crate) fn malformed() -> Error {
    Error::Invalid {
        field: "resume_token".into(),
        problem: "no token".into(),
    }
}

fn difference(before: &Graph, after: &Graph) -> Vec<(Change, BTreeSet<String>)> {
    let of = |graph: &Graph, id: &str| graph.nodes.get(id).map(|node| node.node_type.clone());
    let types = |ids: [&str; 2]| -> BTreeSet<String> {
        let each = ids.into_iter();
        each.flat_map(|id| [of(before, id), of(after, id)])
            .flatten()
            .collect()
    };
    let gone: BTreeSet<&String> = before
        .nodes
        .keys()
        .filter(|id| after.removed.contains(*id))
        .collect();
    let falls = |key: &EdgeKey| gone.contains(&key.from) || gone.contains(&key.to);
    let mut changes = Vec::new();
    for id in &gone {
        let mut types = types([id, id]);
        for key in before
            .edges
            .keys()
            .filter(|key| key.from == **id || key.to == **id)
        {
            types.extend(
                [of(before, &key.from), of(before, &key.to)]
                    .into_iter()
                    .flatten(),
            );
        }
        changes.push((Change::DeleteNode((*id).clone()), types));
    }
    for (id, node) in &after.nodes {
        if before.nodes.get(id).is_none_or(|old| old.etag != node.etag) {
            changes.push((Change::PutNode(node.clone()), types([id, id])));
        }
    }
    for key in before.edges.keys().filter(|key| !falls(key)) {
        if !after.edges.contains_key(key) {
            changes.push((Change::DeleteEdge(key.clone()), types([&key.from, &key.to])));
        }
    }
    for (key, properties) in &after.edges {
        if falls(key) || before.edges.get(key) != Some(properties) {
            let (key, properties) = (key.clone(), properties.clone());
            let types = types([&key.from, &key.to]);
            changes.push((Change::PutEdge(Edge { key, properties }), types));
        }
    }
    changes
}

/// Copies of the whole graph, by number.
pub(crate) type Snapshots = Vec<(Graph, u64)>;

pub(crate) fn export(
    snapshots: &Snapshots,
    number: usize,
    offset: usize,
    request: &ExportGraph,
    limits: &Limits,
) -> Result<ExportPart, Error> {
    let Some((graph, place)) = snapshots.get(number) else {
        return Err(malformed());
    };
    let typed = |id: &String| {
        let types = &request.node_types;
        types.is_empty() || types.contains(&graph.nodes[id].node_type)
    };
    let nodes: Vec<Node> = graph
        .nodes
        .values()
        .filter(|it| typed(&it.id))
        .cloned()
        .collect();
    let edges = graph.edges(|key| {
        let types = &request.edge_types;
        typed(&key.from) && typed(&key.to) && (types.is_empty() || types.contains(&key.edge_type))
    });
    let end = (offset + limits.export_part).min(nodes.len() + edges.len());
    let split = nodes.len();
    Ok(ExportPart {
        nodes: nodes[offset.min(split)..end.min(split)].to_vec(),
        edges: edges[offset.max(split) - split..end.max(split) - split].to_vec(),
        resume_token: format!(
            "{number}|{end}|{:?}{:?}",
            request.node_types, request.edge_types
        ),
        watch_token: token(*place),
        last: end == split + edges.len(),
    })
}
