//! The status that the caller sees is the status in the trace, at every hop, whatever happens on the way: faults at
//! random, unary calls and streams, callers who leave and deadlines that pass. `THROUGHLINE_CALLS` says how many.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use rand::Rng;
use rand::seq::IndexedRandom as _;
use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_api::graph::v1::{
    FindPathRequest, GetNodeRequest, ImportGraphRequest, TraverseRequest, WatchChangesRequest,
};
use throughline_continuity::{
    Chain, ChainOptions, Progress, Root, Transport, count, figure, letters, seeded,
};
use throughline_trace_model::{Record, Span};
use tokio::task::JoinSet;
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};

/// Calls under way at once.
const AT_ONCE: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Path,
    /// A node that may not be there: a status that the service itself gives.
    Node(&'static str),
    Write,
    /// A client's stream, of which the second batch may be out of turn.
    Import(i64),
    /// A server's stream that ends.
    Traverse,
    /// One that does not, unless a fault ends it.
    Watch(Leaves),
}

/// How the caller of an endless stream ends it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Leaves {
    /// By leaving after the first message.
    Early,
    /// By its deadline.
    AtDeadline,
    /// Not at all.
    Never,
}

/// What becomes of the call at a hop that obeys a fault.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Effect {
    /// It goes on, later.
    Delayed,
    /// It ends there with a status.
    Ends,
    /// The stream of its answer breaks off.
    Breaks,
}

/// One call, and what the hops must do in it.
#[derive(Debug, Clone)]
struct Plan {
    root: Root,
    kind: Kind,
    gateway: Option<(String, Effect)>,
    graph: Option<(String, Effect)>,
}

fn fault(chance: &mut impl Rng) -> Option<(String, Effect)> {
    match chance.random_range(0..12) {
        0 | 1 => Some((
            format!("error:{}", chance.random_range(1..=16)),
            Effect::Ends,
        )),
        2 => Some(("panic".to_owned(), Effect::Ends)),
        3 => Some((
            format!("delay:{}", chance.random_range(0..5)),
            Effect::Delayed,
        )),
        4 => Some(("panic-stream".to_owned(), Effect::Breaks)),
        5 => {
            let messages = chance.random_range(0..=1);
            Some((format!("reset-after:{messages}"), Effect::Breaks))
        }
        _ => None,
    }
}

fn plan(chance: &mut impl Rng) -> Plan {
    let (gateway, mut graph) = (fault(chance), fault(chance));
    let effect = |fault: &Option<(String, Effect)>| fault.as_ref().map(|(_, effect)| *effect);
    // What breaks off is an answer that had no status yet.
    if effect(&gateway) == Some(Effect::Breaks) && effect(&graph) != Some(Effect::Delayed) {
        graph = None;
    }
    let breaks = [&gateway, &graph]
        .map(effect)
        .contains(&Some(Effect::Breaks));
    let ends = [&gateway, &graph].map(effect).contains(&Some(Effect::Ends));
    let mut kinds = vec![
        Kind::Path,
        Kind::Node("a"),
        Kind::Write,
        Kind::Import(2),
        Kind::Traverse,
    ];
    if breaks || ends {
        kinds.push(Kind::Watch(Leaves::Never));
    } else {
        kinds.extend([Leaves::Early, Leaves::AtDeadline].map(Kind::Watch));
    }
    if !breaks {
        kinds.extend([Kind::Node("nowhere"), Kind::Import(7)]);
    }
    let header: Vec<String> = [("gateway", &gateway), ("graph", &graph)]
        .into_iter()
        .filter_map(|(hop, fault)| Some(format!("{hop}={}", fault.as_ref()?.0)))
        .collect();
    let mut root = Root::sampled(chance).with_fault(&header.join(","));
    let kind = *kinds.choose(chance).expect("there are some");
    if kind == Kind::Watch(Leaves::AtDeadline) {
        // Time for the head, on a busy machine too: a call that is reset before it may be on its way still, and its callee
        // cannot know why.
        root.timeout = Some(Duration::from_millis(chance.random_range(2_000..2_500)));
    }
    Plan {
        root,
        kind,
        gateway,
        graph,
    }
}

impl Plan {
    /// What a hop's fault does to the call; none if the call does not come so far.
    fn effect(&self, hop: &str) -> Option<Effect> {
        let effect = |fault: &Option<(String, Effect)>| fault.as_ref().map(|(_, effect)| *effect);
        let at_gateway = effect(&self.gateway);
        match hop {
            "gateway" => at_gateway,
            _ => effect(&self.graph).filter(|_| at_gateway != Some(Effect::Ends)),
        }
    }
}

#[derive(Clone)]
struct Clients {
    plain: GraphServiceClient<Channel>,
    /// Leaves a deadline to the callee.
    web: GraphServiceClient<Transport>,
}

async fn call(clients: Clients, plan: &Plan) -> Code {
    let Clients { mut plain, mut web } = clients;
    let root = &plan.root;
    let watch = || root.request(WatchChangesRequest::default());
    let answer: Result<(), Status> = match plan.kind {
        Kind::Path => {
            let asked = FindPathRequest {
                from: "a".to_owned(),
                to: "c".to_owned(),
                ..FindPathRequest::default()
            };
            plain.find_path(root.request(asked)).await.map(drop)
        }
        Kind::Node(id) => {
            let asked = GetNodeRequest {
                id: id.to_owned(),
                ..GetNodeRequest::default()
            };
            plain.get_node(root.request(asked)).await.map(drop)
        }
        Kind::Write => plain
            .apply_mutations(root.request(letters()))
            .await
            .map(drop),
        Kind::Import(second) => {
            let batch = |sequence| ImportGraphRequest {
                sequence,
                ..ImportGraphRequest::default()
            };
            let batches = tokio_stream::iter([batch(1), batch(second)]);
            plain.import_graph(root.request(batches)).await.map(drop)
        }
        Kind::Traverse => {
            let asked = TraverseRequest {
                start: vec!["a".to_owned()],
                ..TraverseRequest::default()
            };
            to_its_end(plain.traverse(root.request(asked)).await).await
        }
        Kind::Watch(Leaves::Never) => to_its_end(plain.watch_changes(watch()).await).await,
        Kind::Watch(Leaves::AtDeadline) => to_its_end(web.watch_changes(watch()).await).await,
        Kind::Watch(Leaves::Early) => match plain.watch_changes(watch()).await {
            Ok(stream) => match stream.into_inner().message().await {
                Ok(_) => Err(Status::cancelled("the caller leaves")),
                Err(status) => Err(status),
            },
            Err(status) => Err(status),
        },
    };
    answer.map_or_else(|status| status.code(), |()| Code::Ok)
}

async fn to_its_end<T>(
    stream: Result<tonic::Response<Streaming<T>>, Status>,
) -> Result<(), Status> {
    let mut stream = stream?.into_inner();
    while stream.message().await?.is_some() {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_status_is_the_traces() {
    let mut chance = seeded("status");
    let calls = count("THROUGHLINE_CALLS", 500);
    let mut chain = Chain::start(&ChainOptions::default()).await;
    let clients = Clients {
        plain: chain.client(),
        web: chain.web_client(),
    };
    let mut running = JoinSet::new();
    let mut seen = Vec::new();
    let progress = Progress::new("status", calls);
    for _ in 0..calls {
        if running.len() == AT_ONCE {
            let ended = running.join_next().await.expect("some run");
            seen.push(ended.expect("no panic"));
            progress.one();
        }
        let (clients, plan) = (clients.clone(), plan(&mut chance));
        running.spawn(async move { (call(clients, &plan).await, plan) });
    }
    seen.extend(running.join_all().await);
    let stopped = chain.stop().await;
    let mut traces = HashMap::<String, Vec<Span>>::new();
    for record in chain.records() {
        if let Record::Span(span) = record {
            traces.entry(span.trace_id.clone()).or_default().push(span);
        }
    }
    let mut codes = BTreeMap::<String, usize>::new();
    for (code, plan) in &seen {
        *codes.entry(format!("{code:?}")).or_default() += 1;
        let spans = traces
            .get(&plan.root.trace_id)
            .map_or(&[][..], Vec::as_slice);
        let disagreements = disagreements(*code, plan, spans);
        let ran: Vec<_> = (spans.iter().filter(|span| span.op.starts_with("rpc.")))
            .map(|span| (&span.service, &span.op, &span.status, &span.parent_span_id))
            .collect();
        assert!(
            disagreements.is_empty(),
            "{disagreements:?}: {code:?} {plan:?} {ran:#?}"
        );
    }
    for hop in ["gateway", "graph"] {
        let asked = seen.iter().filter(|(_, plan)| plan.effect(hop).is_some());
        assert_eq!(
            stopped.faults(hop),
            asked.count(),
            "{hop}: each fault fired once"
        );
        let said = &stopped.of(hop).expect("it ran").stderr;
        assert!(!said.contains("telemetry was lost"), "{said}");
    }
    figure(&format!(
        "{calls} calls, each status as in the trace: {codes:?}"
    ));
    let few = codes.len() < 8 && calls >= 500;
    assert!(!few, "chance made hardly any statuses: {codes:?}");
}

/// What of a trace is not as the caller saw it.
fn disagreements(seen: Code, plan: &Plan, spans: &[Span]) -> Vec<String> {
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
    let right = match plan.effect("gateway") {
        Some(Effect::Ends) => client.is_empty() && graph.is_empty(),
        // What was behind the break may have been done by then, or not.
        Some(Effect::Breaks) => client.len() == 1 && graph.len() == 1,
        Some(Effect::Delayed) | None => client == seen && graph == seen,
    };
    if !right {
        wrong.push(format!("gateway's call says {client:?}, graph {graph:?}"));
    }
    wrong
}
