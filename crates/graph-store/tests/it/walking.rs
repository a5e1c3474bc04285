//! What a walk finds, as plainly as it can be said.

use std::collections::{BTreeMap, BTreeSet};

use throughline_graph_store::{EdgeKey, Traverse, TraverseBounds, TraverseSummary};

/// The ids and keys of a level.
pub(crate) type Level = (BTreeSet<String>, BTreeSet<EdgeKey>);

/// The ids and keys of each level, and the summary.
pub(crate) fn walk(
    types: &BTreeMap<String, String>,
    edges: &[EdgeKey],
    request: &Traverse,
    bounds: TraverseBounds,
) -> (Vec<Level>, TraverseSummary) {
    let mut summary = TraverseSummary::default();
    let start: BTreeSet<_> = request.start.iter().cloned().collect();
    summary.cut_by_nodes = start.len() > bounds.nodes;
    let first: BTreeSet<_> = start.into_iter().take(bounds.nodes).collect();
    let (mut seen, mut followed) = (first.clone(), BTreeSet::new());
    let mut levels = vec![(first, BTreeSet::new())];
    let allowed = |list: &[String], name: &String| list.is_empty() || list.contains(name);
    // The edges of a node in the order in which they are followed, with their far ends.
    let of = |near: &String| {
        let mut out: Vec<_> = edges.iter().filter(|key| key.from == *near).collect();
        let mut back: Vec<_> = edges.iter().filter(|key| key.to == *near).collect();
        out.sort_by_key(|key| (&key.edge_type, &key.to));
        back.sort_by_key(|key| (&key.edge_type, &key.from));
        if !request.direction.goes_out() {
            out.clear();
        }
        if !request.direction.goes_in() {
            back.clear();
        } else if request.direction.goes_out() {
            back.retain(|key| key.from != key.to);
        }
        let out = out.into_iter().map(|key| (key.clone(), key.to.clone()));
        let back = back.into_iter().map(|key| (key.clone(), key.from.clone()));
        let mut all: Vec<_> = out.chain(back).collect();
        all.retain(|(key, far)| {
            allowed(&request.edge_types, &key.edge_type)
                && allowed(&request.node_types, &types[far])
        });
        all
    };
    for depth in 0..=bounds.depth {
        if summary.cut_by_nodes {
            break;
        }
        let (mut nodes, mut keys) = (BTreeSet::new(), BTreeSet::new());
        for near in &levels[levels.len() - 1].0.clone() {
            let all = of(near);
            let within = all.iter().take(bounds.fan_out);
            if depth == bounds.depth {
                summary.cut_by_depth |= within.into_iter().any(|(key, _)| !followed.contains(key));
                continue;
            }
            if all.len() > bounds.fan_out && summary.cut_by_fan_out.len() < 100 {
                summary.cut_by_fan_out.push(near.clone());
            }
            for (key, far) in within {
                if !seen.contains(far) {
                    if seen.len() >= bounds.nodes {
                        summary.cut_by_nodes = true;
                        continue;
                    }
                    seen.insert(far.clone());
                    nodes.insert(far.clone());
                }
                if followed.insert(key.clone()) {
                    keys.insert(key.clone());
                }
            }
        }
        if keys.is_empty() {
            break;
        }
        levels.push((nodes, keys));
    }
    summary.levels = levels.len();
    summary.node_count = seen.len() as u64;
    summary.edge_count = followed.len() as u64;
    (levels, summary)
}
