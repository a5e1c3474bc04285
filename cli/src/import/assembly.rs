//! A graph put together from the lines of a file, each thing checked where its
//! line is still known.

use std::fmt;

use throughline_api::graph::v1::{Edge, Node};

use super::Limits;
use super::graph::{self, Graph, Key};

/// What is wrong, and on which line.
#[derive(Debug, PartialEq)]
pub(crate) struct Fault {
    /// From 1; 0 where no one line is at fault.
    pub(crate) line: u64,
    pub(crate) why: String,
}

impl Fault {
    pub(crate) fn new(line: u64, why: impl Into<String>) -> Self {
        let why = why.into();
        Self { line, why }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.why),
            line => write!(f, "line {line}: {}", self.why),
        }
    }
}

/// A graph in the making.
pub(crate) struct Assembly<'a> {
    limits: &'a Limits,
    graph: Graph,
    /// Edges that came before a node of theirs.
    early: Vec<(u64, Key)>,
}

impl<'a> Assembly<'a> {
    pub(crate) fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            graph: Graph::default(),
            early: Vec::new(),
        }
    }

    /// Puts a node; that there is one of its id already is a fault.
    pub(crate) fn node(&mut self, line: u64, node: Node) -> Result<(), Fault> {
        graph::check_node(&node, self.limits).map_err(|why| Fault::new(line, why))?;
        if self.graph.nodes.contains_key(&node.id) {
            let why = format!("the node `{}` is there already", node.id);
            return Err(Fault::new(line, why));
        }
        self.room(line)?;
        self.graph.nodes.insert(node.id.clone(), node);
        Ok(())
    }

    /// Puts an edge; its nodes may still come.
    pub(crate) fn edge(&mut self, line: u64, edge: Edge) -> Result<(), Fault> {
        graph::check_edge(&edge, self.limits).map_err(|why| Fault::new(line, why))?;
        let key = graph::key(&edge);
        if self.graph.edges.contains_key(&key) {
            let (from, edge_type, to) = key;
            let why = format!("the edge `{from}` {edge_type} `{to}` is there already");
            return Err(Fault::new(line, why));
        }
        self.room(line)?;
        if self.graph.missing_end(&key).is_some() {
            self.early.push((line, key.clone()));
        }
        self.graph.edges.insert(key, edge);
        Ok(())
    }

    /// The graph, if no edge hangs in the air.
    pub(crate) fn finish(self) -> Result<Graph, Fault> {
        for (line, key) in &self.early {
            if let Some(end) = self.graph.missing_end(key) {
                let why = format!("the edge names the node `{end}`, which is not there");
                return Err(Fault::new(*line, why));
            }
        }
        Ok(self.graph)
    }

    fn room(&self, line: u64) -> Result<(), Fault> {
        let most = self.limits.items;
        if self.graph.nodes.len() + self.graph.edges.len() >= most {
            let why = format!("there are more than {most} nodes and edges");
            return Err(Fault::new(line, why));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str) -> Node {
        Node {
            id: id.into(),
            r#type: "T".into(),
            ..Default::default()
        }
    }

    fn edge(from: &str, to: &str) -> Edge {
        Edge {
            from: from.into(),
            r#type: "E".into(),
            to: to.into(),
            ..Default::default()
        }
    }

    fn check(nodes: &[&str], edges: &[(&str, &str)], expected: Result<usize, &str>) {
        let limits = Limits {
            items: 4,
            ..Limits::default()
        };
        let made = || {
            let mut assembly = Assembly::new(&limits);
            let mut line = 0;
            // Edges first: their nodes may come later.
            for (from, to) in edges {
                line += 1;
                assembly.edge(line, edge(from, to))?;
            }
            for id in nodes {
                line += 1;
                assembly.node(line, node(id))?;
            }
            assembly.finish()
        };
        let found = made()
            .map(|graph| graph.edges.len())
            .map_err(|fault| fault.to_string());
        assert_eq!(found, expected.map_err(str::to_owned));
    }

    #[test]
    fn each_fault_names_its_line() {
        check(&["a", "b"], &[("a", "b")], Ok(1));
        check(
            &["a"],
            &[("a", "a"), ("a", "x")],
            Err("line 2: the edge names the node `x`, which is not there"),
        );
        check(
            &["a", "a"],
            &[],
            Err("line 2: the node `a` is there already"),
        );
        check(
            &["a"],
            &[("a", "a"), ("a", "a")],
            Err("line 2: the edge `a` E `a` is there already"),
        );
        check(
            &["a", "b", "c", "d", "e"],
            &[],
            Err("line 5: there are more than 4 nodes and edges"),
        );
        check(
            &[""],
            &[],
            Err("line 1: the id `` is empty or has more than 512 bytes"),
        );
    }
}
