//! What every backend keeps, written against the trait alone.

mod bad_input;
mod batch;
mod export;
mod feed;
mod import;
mod list;
mod mutate;
mod node;
mod path;
mod schema;
mod search;
mod text;
mod traverse;

use throughline_graph_store::{
    Applied, ApplyMutations, Change, Edge, Error, GraphStore, Mutation, Node, Traverse,
    TraversePart, TraverseSummary,
};

use crate::backends::suite;

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

/// The levels of a walk, each whole and in order, and the summary.
pub(crate) async fn levels(
    store: &impl GraphStore,
    request: Traverse,
) -> Result<(Vec<TraversePart>, TraverseSummary), Error> {
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<TraversePart>(1);
    let receive = async {
        let mut levels: Vec<TraversePart> = Vec::new();
        while let Some(mut part) = receiver.recv().await {
            assert!(part.nodes.is_sorted_by_key(|node| node.id.clone()));
            assert!(part.edges.is_sorted_by_key(|edge| edge.key.clone()));
            match levels.last_mut().filter(|last| last.level == part.level) {
                Some(last) => {
                    last.nodes.append(&mut part.nodes);
                    last.edges.append(&mut part.edges);
                }
                None => levels.push(part),
            }
        }
        for level in &mut levels {
            level.nodes.sort_by_key(|node| node.id.clone());
            level.edges.sort_by_key(|edge| edge.key.clone());
        }
        levels
    };
    let (summary, levels) = tokio::join!(store.traverse(request, sender), receive);
    Ok((levels, summary?))
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
