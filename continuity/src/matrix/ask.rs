//! What the matrix asks of a chain.

use std::collections::HashMap;

use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_api::graph::v1::{
    ApplyMutationsRequest, BatchGetNodesRequest, FindPathRequest, Mutation, Node, Value,
    mutation::Change, value::Kind,
};
use tonic::Code;

use super::Call;
use crate::{Chain, Root, Transport, put_node};

/// Nodes of a batch, and the bytes of each.
const BATCH: usize = 24;
const NODE_BYTES: usize = 48 << 10;

/// Calls, through the gateway.
pub(super) async fn ask(chain: &Chain, root: &Root, call: Call) -> Code {
    let mut client = chain.client();
    let answer = match call {
        Call::Read => client.find_path(root.request(a_to_c())).await.map(drop),
        Call::Write => {
            let request = root.request(mutations(vec![put_node("forbidden")]));
            client.apply_mutations(request).await.map(drop)
        }
        Call::Batch => {
            let request = root.request(mutations((0..BATCH).map(large).collect()));
            client.apply_mutations(request).await.map(drop)
        }
    };
    answer.map_or_else(|status| status.code(), |()| Code::Ok)
}

/// Asks for a path by a client that leaves a deadline to the callee: tonic's own would be the first to give up, and call
/// that cancelled.
pub(super) async fn path(mut client: GraphServiceClient<Transport>, root: &Root) -> Code {
    let answer = client.find_path(root.request(a_to_c())).await;
    answer.map_or_else(|status| status.code(), |_| Code::Ok)
}

/// What does not hold of the batch: that all of it is there, or nothing.
pub(super) async fn batch_is_there(chain: &Chain, all: bool) -> Option<String> {
    let root = Root {
        sampled: Some(false),
        ..Root::sampled(&mut rand::rng())
    };
    let request = BatchGetNodesRequest {
        ids: (0..BATCH).map(id).collect(),
        read_mask: None,
    };
    let found = chain.client().batch_get_nodes(root.request(request)).await;
    let expected = if all { BATCH } else { 0 };
    match found.map(|found| found.into_inner().nodes.len()) {
        Ok(found) if found == expected => None,
        found => Some(format!("{found:?} nodes of the batch, not {expected}")),
    }
}

fn a_to_c() -> FindPathRequest {
    FindPathRequest {
        from: "a".to_owned(),
        to: "c".to_owned(),
        ..FindPathRequest::default()
    }
}

fn mutations(mutations: Vec<Mutation>) -> ApplyMutationsRequest {
    ApplyMutationsRequest {
        mutations,
        ..ApplyMutationsRequest::default()
    }
}

fn id(number: usize) -> String {
    format!("batch-{number}")
}

fn large(number: usize) -> Mutation {
    let text = Value {
        kind: Some(Kind::StringValue("word ".repeat(NODE_BYTES / 5))),
    };
    Mutation {
        change: Some(Change::PutNode(Node {
            id: id(number),
            r#type: "Letter".to_owned(),
            properties: HashMap::from([("text".to_owned(), text)])
                .into_iter()
                .collect(),
            ..Node::default()
        })),
        ..Mutation::default()
    }
}
