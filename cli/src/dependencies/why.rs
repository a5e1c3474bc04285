//! Why a version is here: the shortest ways to it from the workspace's members,
//! drawn from its end. Pure.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};
use throughline_api::graph::v1::Edge;

use super::snapshot::{Snapshot, kinds};
use crate::render::Canvas;
use crate::render::branches::Branch;
use crate::render::palette::paint;
use crate::render::text::clean;

/// A version, and by which edges the members come to it.
#[derive(Debug)]
pub(crate) struct Reason<'a> {
    snapshot: &'a Snapshot,
    id: &'a str,
    /// By the version that is needed: who needs it, on a shortest way.
    ways: BTreeMap<&'a str, Vec<&'a Edge>>,
}

/// Of each member one shortest way to `id`. What a member is only tested with is
/// no need of whoever needs that member: such a step can only be the first, and
/// is taken where there is no other.
pub(crate) fn reason<'a>(snapshot: &'a Snapshot, id: &'a str) -> Reason<'a> {
    // Backwards and breadth first, so the first edge to reach a version is the
    // beginning of a shortest way from it.
    let mut first: BTreeMap<&str, &Edge> = BTreeMap::new();
    let mut tested: BTreeMap<&str, &Edge> = BTreeMap::new();
    let mut waiting = VecDeque::from([id]);
    while let Some(needed) = waiting.pop_front() {
        for edge in snapshot.needed_by.get(needed).into_iter().flatten() {
            if edge.from == id {
                continue;
            }
            if kinds(edge).all(|kind| kind == "dev") {
                tested.entry(&edge.from).or_insert(edge);
            } else if !first.contains_key(edge.from.as_str()) {
                first.insert(&edge.from, edge);
                waiting.push_back(&edge.from);
            }
        }
    }
    let mut ways: BTreeMap<&str, Vec<&Edge>> = BTreeMap::new();
    for member in &snapshot.members {
        let mut step = first.get(member.as_str()).or(tested.get(member.as_str()));
        while let Some(edge) = step {
            let there = ways.entry(edge.to.as_str()).or_default();
            if there.iter().any(|known| known.from == edge.from) {
                break;
            }
            there.push(edge);
            step = first.get(edge.to.as_str());
        }
    }
    for edges in ways.values_mut() {
        edges.sort_by_key(|edge| &edge.from);
    }
    Reason { snapshot, id, ways }
}

impl Reason<'_> {
    pub(crate) fn draw(&self, canvas: &Canvas) -> String {
        let mut root = self.branch(self.id, canvas);
        if root.children.is_empty() && !self.snapshot.members.contains(self.id) {
            root.text += "  nothing of a workspace needs it";
        }
        root.draw(canvas.palette)
    }

    fn branch(&self, id: &str, canvas: &Canvas) -> Branch {
        let palette = canvas.palette;
        let mut text = paint(palette.strong(), clean(id));
        if self.snapshot.members.contains(id) {
            text += &paint(palette.good(), "  member of the workspace");
        }
        let needing = self.ways.get(id).into_iter().flatten();
        let children = needing.map(|edge| {
            let mut child = self.branch(&edge.from, canvas);
            let kinds: Vec<_> = kinds(edge).collect();
            let how = match kinds.contains(&"normal") {
                true => "needed by ".to_owned(),
                false => format!("needed by ({}) ", clean(&kinds.join(", "))),
            };
            child.text = paint(palette.faint(), how) + &child.text;
            child
        });
        Branch {
            children: children.collect(),
            text,
        }
    }

    pub(crate) fn json(&self) -> Value {
        let ways = self.ways.values().flatten().map(|edge| {
            json!({ "from": edge.from, "to": edge.to, "kinds": kinds(edge).collect::<Vec<_>>() })
        });
        json!({ "id": self.id, "edges": ways.collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::snapshot::samples::workspace;
    use super::*;

    fn check(id: &str, expected: &str) {
        let snapshot = workspace();
        assert_eq!(reason(&snapshot, id).draw(&Canvas::PIPE), expected);
    }

    #[test]
    fn the_shortest_way_of_each_member_is_drawn() {
        check(
            "crate:x@1.0.0",
            "crate:x@1.0.0\n└─ needed by crate:a@0.1.0  member of the workspace\n",
        );
        check(
            "crate:x@2.0.0",
            "\
crate:x@2.0.0
└─ needed by crate:y@1.0.0
   └─ needed by crate:b@0.1.0  member of the workspace
      └─ needed by crate:a@0.1.0  member of the workspace
",
        );
        // Whoever needs `b` does not need what `b` is tested with.
        check(
            "crate:t@1.0.0",
            "crate:t@1.0.0\n└─ needed by (dev) crate:b@0.1.0  member of the workspace\n",
        );
        check("crate:a@0.1.0", "crate:a@0.1.0  member of the workspace\n");
        let mut lonely = workspace();
        lonely.members.clear();
        let drawn = reason(&lonely, "crate:x@1.0.0").draw(&Canvas::PIPE);
        assert_eq!(drawn, "crate:x@1.0.0  nothing of a workspace needs it\n");
    }
}
