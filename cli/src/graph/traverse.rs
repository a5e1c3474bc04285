//! `graph traverse`: what can be reached, level by level, drawn as a tree.

use std::collections::{HashMap, HashSet};

use throughline_api::graph::v1::{
    Direction, Edge, TraverseRequest, TraverseResponse, TraverseSummary,
};

use super::service::Graph;
use super::{draw, resolve};
use crate::json;
use crate::options::{Follow, TraverseOptions};
use crate::output::Output;
use crate::render::Canvas;
use crate::render::branches::Branch;
use crate::render::palette::paint;
use crate::render::text::{clean, plural};

pub(crate) async fn run(
    graph: &mut Graph,
    options: TraverseOptions,
    output: &Output,
) -> anyhow::Result<()> {
    let mut start = Vec::new();
    for name in &options.start {
        let node = resolve::node(graph, name, Some(1_000)).await?;
        start.extend(resolve::starts(&node));
    }
    let request = TraverseRequest {
        start: start.clone(),
        edge_types: options.edges,
        direction: Direction::from(options.direction).into(),
        max_depth: options.depth,
        max_fan_out: options.fan_out,
        max_nodes: options.nodes,
        node_types: options.types,
    };
    let answer = graph.client.traverse(request).await;
    let mut levels = graph.answer(answer)?;
    let mut walk = Walk::new(start, options.direction);
    while let Some(part) = graph.next(&mut levels).await? {
        if options.read.json {
            let line = json::line("throughline.graph.v1.TraverseResponse", &part)?;
            output.print(&line)?;
        }
        walk.add(part);
    }
    if !options.read.json {
        output.print(&walk.draw(output.canvas()))?;
    }
    for line in walk.remarks() {
        output.say(&line);
    }
    Ok(())
}

/// What came so far.
struct Walk {
    start: Vec<String>,
    direction: Follow,
    /// The level on which each node was first seen.
    seen: HashMap<String, i32>,
    /// Edges by the end from which they were followed, with the other end.
    followed: HashMap<String, Vec<(String, Edge)>>,
    summary: Option<TraverseSummary>,
}

impl Walk {
    fn new(start: Vec<String>, direction: Follow) -> Self {
        Self {
            start,
            direction,
            seen: HashMap::new(),
            followed: HashMap::new(),
            summary: None,
        }
    }

    fn add(&mut self, part: TraverseResponse) {
        for node in part.nodes {
            self.seen.entry(node.id).or_insert(part.level);
        }
        for edge in part.edges {
            let above = |end: &str| self.seen.get(end).is_some_and(|level| *level < part.level);
            let outwards = match self.direction {
                Follow::Out => true,
                Follow::In => false,
                Follow::Both => above(&edge.from),
            };
            let (near, far) = match outwards {
                true => (edge.from.clone(), edge.to.clone()),
                false => (edge.to.clone(), edge.from.clone()),
            };
            self.followed.entry(near).or_default().push((far, edge));
        }
        self.summary = part.summary.or(self.summary.take());
    }

    fn draw(&self, canvas: &Canvas) -> String {
        let parents = self.parents();
        let mut drawn = String::new();
        for id in &self.start {
            if self.seen.contains_key(id) {
                let mut root = self.branch(id, &parents, canvas);
                root.text = paint(canvas.palette.strong(), clean(id));
                drawn.push_str(&root.draw(canvas.palette));
            }
        }
        drawn
    }

    /// Of each node the one edge under which what is behind it hangs: the first
    /// from the level above.
    fn parents(&self) -> HashSet<(&str, &str, &str)> {
        let mut parents = HashSet::new();
        let mut hung: HashSet<&str> = self.start.iter().map(String::as_str).collect();
        let mut nears: Vec<_> = self.followed.iter().collect();
        nears.sort_by_key(|(near, _)| (self.seen.get(*near), *near));
        for (near, edges) in nears {
            for (far, edge) in edges {
                let deeper = self.seen.get(far) > self.seen.get(near);
                if deeper && hung.insert(far) {
                    parents.insert((edge.from.as_str(), edge.r#type.as_str(), edge.to.as_str()));
                }
            }
        }
        parents
    }

    /// At most as deep as a walk may be: 16 levels.
    fn branch(&self, id: &str, parents: &HashSet<(&str, &str, &str)>, canvas: &Canvas) -> Branch {
        let palette = canvas.palette;
        let mut branch = Branch::default();
        for (far, edge) in self.followed.get(id).into_iter().flatten() {
            let is_parent =
                parents.contains(&(edge.from.as_str(), edge.r#type.as_str(), edge.to.as_str()));
            let mut child = match is_parent {
                true => self.branch(far, parents, canvas),
                false => Branch::default(),
            };
            let step = draw::step(edge, far);
            let about = draw::about(edge);
            let elsewhere = if is_parent { "" } else { "  (*)" };
            child.text = format!(
                "{}{}{}",
                paint(palette.faint(), step),
                paint(palette.strong(), clean(far)),
                paint(palette.faint(), format_args!("{about}{elsewhere}"))
            );
            branch.children.push(child);
        }
        branch
    }

    fn remarks(&self) -> Vec<String> {
        let Some(summary) = &self.summary else {
            return vec!["the walk was cut off: its end did not come".to_owned()];
        };
        let mut remarks = vec![format!(
            "{}, {} on {}; (*) hangs elsewhere in the tree",
            plural(summary.node_count, "node"),
            plural(summary.edge_count, "edge"),
            plural(summary.levels, "level")
        )];
        if summary.cut_by_depth {
            remarks.push("cut by depth: --depth N goes deeper".to_owned());
        }
        if summary.cut_by_nodes {
            remarks.push("cut by the number of nodes: --nodes N allows more".to_owned());
        }
        if !summary.cut_by_fan_out.is_empty() {
            let ids: Vec<_> = summary.cut_by_fan_out.iter().map(|id| clean(id)).collect();
            remarks.push(format!(
                "cut by fan-out at {}: --fan-out N allows more",
                ids.join(", ")
            ));
        }
        remarks
    }
}

#[cfg(test)]
mod tests {
    use throughline_api::graph::v1::Node;

    use super::*;

    fn part(level: i32, nodes: &[&str], edges: &[(&str, &str)]) -> TraverseResponse {
        let node = |id: &&str| Node {
            id: (*id).into(),
            ..Default::default()
        };
        let edge = |(from, to): &(&str, &str)| Edge {
            from: (*from).into(),
            r#type: "E".into(),
            to: (*to).into(),
            ..Default::default()
        };
        TraverseResponse {
            level,
            nodes: nodes.iter().map(node).collect(),
            edges: edges.iter().map(edge).collect(),
            summary: None,
        }
    }

    fn check(direction: Follow, parts: Vec<TraverseResponse>, expected: &str) {
        let mut walk = Walk::new(vec!["a".to_owned()], direction);
        parts.into_iter().for_each(|part| walk.add(part));
        assert_eq!(walk.draw(&Canvas::PIPE), expected);
    }

    #[test]
    fn a_walk_is_a_tree() {
        let parts = vec![
            part(0, &["a"], &[]),
            part(1, &["b", "c"], &[("a", "b"), ("a", "c")]),
            part(2, &["d"], &[("b", "d"), ("c", "d"), ("c", "a"), ("c", "c")]),
        ];
        let expected = "\
a
├─ E ─▶ b
│  └─ E ─▶ d
└─ E ─▶ c
   ├─ E ─▶ d  (*)
   ├─ E ─▶ a  (*)
   └─ E ─▶ c  (*)
";
        check(Follow::Out, parts, expected);
        let against = vec![part(0, &["a"], &[]), part(1, &["b"], &[("b", "a")])];
        check(Follow::In, against.clone(), "a\n└─ ◀─ E ─ b\n");
        check(Follow::Both, against, "a\n└─ ◀─ E ─ b\n");
    }
}
