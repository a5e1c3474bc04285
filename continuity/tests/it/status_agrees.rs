//! The status that the caller sees is the status in the trace, at every hop, whatever happens on the way: faults at
//! random, unary calls and streams. `THROUGHLINE_CALLS` says how many.

use std::collections::HashMap;

use rand::Rng;
use rand::seq::IndexedRandom as _;
use throughline_api::graph::v1::{FindPathRequest, GetNodeRequest, ImportGraphRequest};
use throughline_continuity::{Chain, ChainOptions, Root, count, letters, seeded};
use throughline_trace_model::{Record, Span};
use tokio::task::JoinSet;
use tonic::{Code, Status};

/// Calls under way at once.
const AT_ONCE: usize = 8;

#[derive(Debug, Clone, Copy)]
enum Kind {
    Path,
    /// A node that may not be there: a status that the service itself gives.
    Node(&'static str),
    Write,
    /// A client's stream, of which the second batch may be out of turn.
    Import(i64),
}

/// One call, and what the hops must do in it.
#[derive(Debug, Clone)]
struct Plan {
    root: Root,
    kind: Kind,
    /// Which hops are asked for a fault, and obey it.
    faults: Vec<&'static str>,
}

fn plan(chance: &mut impl Rng) -> Plan {
    let mut fault = || match chance.random_range(0..8) {
        0 | 1 => Some((format!("error:{}", chance.random_range(1..=16)), true)),
        2 => Some(("panic".to_owned(), true)),
        3 => Some((format!("delay:{}", chance.random_range(0..5)), false)),
        _ => None,
    };
    let (gateway, graph) = (fault(), fault());
    let mut faults = Vec::new();
    let mut header = Vec::new();
    // What ends at the gateway never asks the graph service.
    let reaches = !gateway.as_ref().is_some_and(|(_, ends)| *ends);
    for (hop, fault, fires) in [("gateway", gateway, true), ("graph", graph, reaches)] {
        let Some((fault, _)) = fault else { continue };
        header.push(format!("{hop}={fault}"));
        faults.extend(fires.then_some(hop));
    }
    let kinds = [
        Kind::Path,
        Kind::Node("a"),
        Kind::Node("nowhere"),
        Kind::Write,
        Kind::Import(2),
        Kind::Import(7),
    ];
    Plan {
        root: Root::sampled(chance).with_fault(&header.join(",")),
        kind: *kinds.choose(chance).expect("there are some"),
        faults,
    }
}

async fn call(
    mut client: throughline_api::graph::v1::graph_service_client::GraphServiceClient<
        tonic::transport::Channel,
    >,
    plan: &Plan,
) -> Code {
    let root = &plan.root;
    let answer: Result<(), Status> = match plan.kind {
        Kind::Path => {
            let asked = FindPathRequest {
                from: "a".to_owned(),
                to: "c".to_owned(),
                ..FindPathRequest::default()
            };
            client.find_path(root.request(asked)).await.map(drop)
        }
        Kind::Node(id) => {
            let asked = GetNodeRequest {
                id: id.to_owned(),
                ..GetNodeRequest::default()
            };
            client.get_node(root.request(asked)).await.map(drop)
        }
        Kind::Write => client
            .apply_mutations(root.request(letters()))
            .await
            .map(drop),
        Kind::Import(second) => {
            let batch = |sequence| ImportGraphRequest {
                sequence,
                ..ImportGraphRequest::default()
            };
            let batches = tokio_stream::iter([batch(1), batch(second)]);
            client.import_graph(root.request(batches)).await.map(drop)
        }
    };
    answer.map_or_else(|status| status.code(), |()| Code::Ok)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_status_is_the_traces() {
    let mut chance = seeded("status");
    let calls = count("THROUGHLINE_CALLS", 500);
    let mut chain = Chain::start(&ChainOptions::default()).await;
    let client = chain.client();
    let mut running = JoinSet::new();
    let mut seen = Vec::new();
    for _ in 0..calls {
        if running.len() == AT_ONCE {
            seen.push(
                running
                    .join_next()
                    .await
                    .expect("some run")
                    .expect("no panic"),
            );
        }
        let (client, plan) = (client.clone(), plan(&mut chance));
        running.spawn(async move { (call(client, &plan).await, plan) });
    }
    seen.extend(running.join_all().await);
    let stopped = chain.stop().await;
    let mut traces = HashMap::<String, Vec<Span>>::new();
    for record in chain.records() {
        if let Record::Span(span) = record {
            traces.entry(span.trace_id.clone()).or_default().push(span);
        }
    }
    let mut codes = HashMap::<Code, usize>::new();
    for (code, plan) in &seen {
        *codes.entry(*code).or_default() += 1;
        let spans = traces
            .get(&plan.root.trace_id)
            .map_or(&[][..], Vec::as_slice);
        let disagreements = disagreements(*code, spans);
        let ran: Vec<_> = (spans.iter().filter(|span| span.op.starts_with("rpc.")))
            .map(|span| (&span.service, &span.op, &span.status, &span.parent_span_id))
            .collect();
        assert!(
            disagreements.is_empty(),
            "{disagreements:?}: {code:?} {plan:?} {ran:#?}"
        );
    }
    for hop in ["gateway", "graph"] {
        let asked = seen
            .iter()
            .filter(|(_, plan)| plan.faults.contains(&hop))
            .count();
        assert_eq!(stopped.faults(hop), asked, "{hop}: each fault fired once");
        let said = &stopped.of(hop).expect("it ran").stderr;
        assert!(!said.contains("telemetry was lost"), "{said}");
    }
    let few = codes.len() < 8 && calls >= 500;
    assert!(!few, "chance made hardly any statuses: {codes:?}");
}

/// What of a trace is not as the caller saw it.
fn disagreements(seen: Code, spans: &[Span]) -> Vec<String> {
    let statuses = |service: &str, op: &str| -> Vec<Option<i64>> {
        let of = spans
            .iter()
            .filter(|span| span.service == service && span.op == op);
        of.map(|span| span.attributes.get("rpc.grpc.status_code")?.as_i64())
            .collect()
    };
    let seen = vec![Some(i64::from(seen as i32))];
    let mut wrong = Vec::new();
    let gateway = statuses("gateway", "rpc.server");
    if gateway != seen {
        wrong.push(format!("gateway says {gateway:?}"));
    }
    let client = statuses("gateway", "rpc.client");
    let graph = statuses("graph", "rpc.server");
    // The gateway may have failed alone; otherwise all of them say the same.
    if !(client.is_empty() && graph.is_empty()) && (client != seen || graph != seen) {
        wrong.push(format!("gateway's call says {client:?}, graph {graph:?}"));
    }
    wrong
}
