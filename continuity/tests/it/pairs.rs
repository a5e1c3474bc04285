//! Writes by number, each of two nodes with an edge between them, and the look at what is left of them: what was acknowledged
//! is there, and nothing is torn. Who kills what meanwhile is not known here.

use std::collections::BTreeSet;

use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_api::graph::v1::{ApplyMutationsRequest, BatchGetNodesRequest};
use throughline_continuity::{Root, put_edge, put_node};
use tonic::transport::Channel;

/// Of one request that asks for nodes.
const PAIRS_AT_ONCE: usize = 100;

fn pair(number: usize) -> [String; 2] {
    [format!("{number}-from"), format!("{number}-to")]
}

/// Writes the pair of this number; whether that was acknowledged.
pub(crate) async fn write_pair(client: &mut GraphServiceClient<Channel>, number: usize) -> bool {
    let [from, to] = pair(number);
    let changes = [put_node(&from), put_node(&to), put_edge(&from, &to)];
    let asked = ApplyMutationsRequest {
        mutations: changes.into(),
        ..ApplyMutationsRequest::default()
    };
    let request = Root::sampled(&mut rand::rng()).request(asked);
    client.apply_mutations(request).await.is_ok()
}

/// Holds the first `sent` pairs to it; how many of them are there.
pub(crate) async fn check_pairs(
    client: &mut GraphServiceClient<Channel>,
    sent: usize,
    acknowledged: &BTreeSet<usize>,
) -> usize {
    let mut written = 0;
    for first in (0..sent).step_by(PAIRS_AT_ONCE) {
        let numbers = first..sent.min(first + PAIRS_AT_ONCE);
        let asked = BatchGetNodesRequest {
            ids: numbers.clone().flat_map(pair).collect(),
            read_mask: None,
        };
        let found = client.batch_get_nodes(asked).await.expect("it answers");
        let found = found.into_inner().nodes.into_iter().map(|node| node.id);
        let found: BTreeSet<String> = found.collect();
        for number in numbers {
            let [from, to] = pair(number).map(|id| found.contains(&id));
            assert_eq!(from, to, "write {number} is torn");
            assert!(
                from || !acknowledged.contains(&number),
                "write {number} was acknowledged and is gone"
            );
            written += usize::from(from);
        }
    }
    written
}
