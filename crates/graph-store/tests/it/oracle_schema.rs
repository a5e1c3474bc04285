//! The oracle's schema: what does not fit it, and who is at fault.

use throughline_graph_store::{Change, EdgeKey, Error, Mutation, Violation};

use crate::fitting;
use crate::oracle::Graph;

impl Graph {
    /// After the call the graph must fit; at fault is the first mutation that
    /// had a part in it, of two that share a value the later one.
    pub(crate) fn must_fit(
        &self,
        mutations: &[Mutation],
        subject: impl Fn(usize) -> String,
    ) -> Result<(), Error> {
        let put_node = |id: &String| {
            let puts =
                |it: &Mutation| matches!(&it.change, Change::PutNode(node) if node.id == *id);
            mutations.iter().rposition(puts)
        };
        let put_edge = |key: &EdgeKey| {
            let puts = |it: &Mutation| matches!(&it.change, Change::PutEdge(it) if it.key == *key);
            mutations.iter().rposition(puts)
        };
        let misfits = fitting::misfits(&self.schema, &self.nodes, &self.edges);
        let indexes = misfits.iter().map(|misfit| match misfit {
            fitting::Misfit::Node(id) => put_node(id),
            fitting::Misfit::Shared(one, other) => put_node(one).max(put_node(other)),
            fitting::Misfit::Edge(key) => {
                let all = [put_edge(key), put_node(&key.from), put_node(&key.to)];
                all.into_iter().flatten().min()
            }
        });
        match indexes.map(Option::unwrap).min() {
            None => Ok(()),
            Some(index) => Err(Error::FailedPrecondition {
                index,
                subject: subject(index),
                problem: String::new(),
            }),
        }
    }
}

/// What a schema finds wrong, as a backend says it: each subject once, at most `most`.
pub(crate) fn violations(misfits: Vec<fitting::Misfit>, most: usize) -> Vec<Violation> {
    let mut violations: Vec<_> = misfits
        .into_iter()
        .map(|misfit| Violation {
            subject: match misfit {
                fitting::Misfit::Node(id) | fitting::Misfit::Shared(id, _) => {
                    format!("node {id:?}")
                }
                fitting::Misfit::Edge(key) => {
                    format!("edge {:?} -[{}]-> {:?}", key.from, key.edge_type, key.to)
                }
            },
            problem: String::new(),
        })
        .collect();
    violations.dedup();
    violations.truncate(most);
    violations
}
