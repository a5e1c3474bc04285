//! ApplyMutations and the batches of ImportGraph.

use throughline_api::graph::v1::{self as proto, mutation, precondition::Condition};
use throughline_graph_store::{
    Applied, ApplyMutations, Change, Error, ImportBatch, ImportStep, Mutation, Precondition,
};

use super::{edge_from, node_from};
use crate::status::invalid;

pub(crate) fn apply_from(request: proto::ApplyMutationsRequest) -> Result<ApplyMutations, Error> {
    let mutations = request.mutations.into_iter().enumerate();
    Ok(ApplyMutations {
        mutations: mutations.map(mutation_from).collect::<Result<_, _>>()?,
        idempotency_key: request.idempotency_key,
    })
}

fn mutation_from((index, mutation): (usize, proto::Mutation)) -> Result<Mutation, Error> {
    let field = |name: &str| format!("mutations[{index}].{name}");
    let change = match mutation.change {
        Some(mutation::Change::PutNode(node)) => {
            Change::PutNode(node_from(&field("put_node"), node)?)
        }
        Some(mutation::Change::DeleteNode(id)) => Change::DeleteNode(id),
        Some(mutation::Change::PutEdge(edge)) => {
            Change::PutEdge(edge_from(&field("put_edge"), edge)?)
        }
        Some(mutation::Change::DeleteEdge(edge)) => {
            Change::DeleteEdge(edge_from(&field("delete_edge"), edge)?.key)
        }
        None => {
            let problem = "set one of put_node, delete_node, put_edge, delete_edge";
            return Err(invalid(field("change"), problem));
        }
    };
    let condition = mutation.precondition.and_then(|it| it.condition);
    let precondition = condition.map(|condition| match condition {
        Condition::Exists(exists) => Precondition::Exists(exists),
        Condition::Etag(etag) => Precondition::Etag(etag),
    });
    Ok(Mutation {
        precondition,
        change,
    })
}

pub(crate) fn applied_to(applied: Applied) -> proto::ApplyMutationsResponse {
    let results = applied.results.into_iter();
    let results = results.map(|result| proto::MutationResult {
        changed: result.changed,
        etag: result.etag,
    });
    proto::ApplyMutationsResponse {
        results: results.collect(),
        replayed: applied.replayed,
    }
}

pub(crate) fn import_from(
    nodes: Vec<proto::Node>,
    edges: Vec<proto::Edge>,
    step: Option<ImportStep>,
) -> Result<ImportBatch, Error> {
    let nodes = nodes.into_iter().enumerate();
    let edges = edges.into_iter().enumerate();
    let nodes = nodes.map(|(index, node)| node_from(&format!("nodes[{index}]"), node));
    let edges = edges.map(|(index, edge)| edge_from(&format!("edges[{index}]"), edge));
    Ok(ImportBatch {
        nodes: nodes.collect::<Result<_, _>>()?,
        edges: edges.collect::<Result<_, _>>()?,
        step,
    })
}
