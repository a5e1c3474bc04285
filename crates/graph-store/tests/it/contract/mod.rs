//! What every backend keeps, written against the trait alone.

mod bad_input;
mod batch;
mod import;
mod list;
mod mutate;
mod node;
mod path;
mod search;
mod text;

use throughline_graph_store::{
    Applied, ApplyMutations, Change, Edge, Error, GraphStore, Mutation, Node,
};

/// Runs each test of a module on a fresh store of each backend.
macro_rules! suite {
    ($($test:ident)*) => {
        mod memory {
            $(
                #[tokio::test]
                async fn $test() {
                    use crate::backends::{Backend as _, Memory};
                    super::$test(Memory.fresh(super::limits())).await;
                }
            )*
        }
        mod sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    use crate::backends::{Backend as _, Sqlite};
                    let backend = Sqlite::default();
                    super::$test(backend.fresh(super::limits())).await;
                }
            )*
        }
    };
}
use suite;

/// The defaults; a module may have its own.
fn limits() -> throughline_graph_store::Limits {
    throughline_graph_store::Limits::default()
}

fn put(node: Node) -> Mutation {
    Change::PutNode(node).into()
}

fn link(edge: Edge) -> Mutation {
    Change::PutEdge(edge).into()
}

async fn apply(store: &impl GraphStore, mutations: Vec<Mutation>) -> Result<Applied, Error> {
    let request = ApplyMutations {
        mutations,
        ..ApplyMutations::default()
    };
    store.apply_mutations(request).await
}

/// Nodes of type `T` for every letter, and edges of type `E` written `a>b`.
async fn draw(store: &impl GraphStore, nodes: &str, edges: &str) {
    let nodes = nodes.split_whitespace().map(|id| put(Node::new(id, "T")));
    let edges = edges.split_whitespace().map(|edge| {
        let (from, to) = edge.split_once('>').unwrap();
        link(Edge::new(from, "E", to))
    });
    apply(store, nodes.chain(edges).collect()).await.unwrap();
}
