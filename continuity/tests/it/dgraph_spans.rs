//! Dgraph's own spans, as the inspector shows them below the graph service's statements.

use std::time::Duration;

use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_api::graph::v1::{ApplyMutationsRequest, GetNodeRequest, GetStatsRequest};
use throughline_api::inspector::v1::trace_service_client::TraceServiceClient;
use throughline_api::inspector::v1::{
    GetIntakeRequest, GetTraceRequest, ListTracesRequest, Span, SpanNode, Trace, TraceRef,
    TraceSummary, trace_ref::Ref,
};
use throughline_continuity::matrix::dgraph_double;
use throughline_continuity::{Root, Telemetry, WRITE_TOKEN, letters, put_node};
use throughline_testkit::dgraph::{OwnDgraph, skipped};
use throughline_testkit::{Process, SAFETY, comes_true};
use tonic::{Code, transport::Channel};

use crate::inspector::Inspector;

/// A caller's deadline that passes within a query, on a busy machine too; soon, for a query without an end makes thousands of
/// spans a second.
const DEADLINE: Duration = Duration::from_secs(1);

/// A noisy source's spans that the inspector has left out, because their parent had so many already.
const LEFT_OUT: &str = "otlp_span_left_out";
/// So many of these no query has that has an end of its own.
const STEPS: i64 = 300;

/// A graph service whose graph is in a Dgraph; both tell the inspector.
struct Traced {
    graph: Process,
    inspector: Inspector,
}

impl Traced {
    async fn start(inspector: Inspector, alpha: &str) -> Self {
        let graph = Process::builder("throughline-graph")
            .env("GRAPH_LISTEN", "127.0.0.1:0")
            .env("GRAPH_STORE", format!("dgraph://{alpha}"))
            .env("GRAPH_WRITE_TOKEN", WRITE_TOKEN)
            .env("THROUGHLINE_FAULTS", "true")
            .env(
                "RUST_LOG",
                "info,throughline_graph_store::dgraph::drill=debug",
            )
            .env(
                "SENTRY_DSN",
                Telemetry::Inspector(inspector.process.url()).dsn("graph"),
            )
            .spawn()
            .await;
        Self { graph, inspector }
    }

    fn client(&self) -> GraphServiceClient<Channel> {
        let endpoint = Channel::from_shared(self.graph.url().to_owned());
        GraphServiceClient::new(endpoint.expect("a URL").connect_lazy())
    }

    fn traces(&self) -> TraceServiceClient<Channel> {
        let endpoint = Channel::from_shared(self.inspector.process.url().to_owned());
        TraceServiceClient::new(endpoint.expect("a URL").connect_lazy())
    }

    /// How many spans were left out so far.
    async fn left_out(&self) -> i64 {
        let asked = self.traces().get_intake(GetIntakeRequest {}).await;
        let items = asked.expect("it answers").into_inner().items;
        let left_out = items.iter().find(|item| item.r#type == LEFT_OUT);
        left_out.map_or(0, |item| item.count)
    }

    /// Waits until the query without an end has taken steps, as its spans say that have come since there were `before`.
    async fn wait_for_steps(&self, before: i64) {
        let taken = comes_true(|| async { self.left_out().await >= before + STEPS });
        assert!(taken.await, "the query took no steps");
    }

    /// The trace, once it satisfies `found`.
    async fn trace(&self, root: &Root, found: impl Fn(&Trace) -> bool) -> Trace {
        let mut client = self.traces();
        let request = GetTraceRequest {
            trace: Some(TraceRef {
                r#ref: Some(Ref::Id(root.trace_id.clone())),
            }),
            wait: None,
        };
        let mut last = None;
        let waited = tokio::time::timeout(SAFETY, async {
            loop {
                let answered = client.get_trace(request.clone()).await;
                last = answered.ok().and_then(|it| it.into_inner().trace);
                if let Some(trace) = last.as_ref().filter(|it| found(it)) {
                    return trace.clone();
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        match waited.await {
            Ok(trace) => trace,
            Err(_) => panic!("the trace is {last:#?}"),
        }
    }
}

fn span(node: &SpanNode) -> &Span {
    node.span.as_ref().expect("each node has its span")
}

/// Nanoseconds, since the epoch.
fn start(node: &SpanNode) -> i128 {
    let start = span(node).start_time;
    start.map_or(0, |it| nanos(it.seconds, it.nanos))
}

/// Nanoseconds, since the epoch.
fn end(node: &SpanNode) -> i128 {
    let took = span(node).duration;
    start(node) + took.map_or(0, |it| nanos(it.seconds, it.nanos))
}

fn nanos(seconds: i64, nanos: i32) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(nanos)
}

/// The first node of such a chain: each of `names` is how the name of a span begins, below that of the one before.
fn below<'a>(nodes: &'a [SpanNode], names: &[&str]) -> Option<&'a SpanNode> {
    let (first, rest) = names.split_first()?;
    nodes.iter().find_map(|node| {
        let named = span(node).name.starts_with(first);
        match rest {
            [] if named => Some(node),
            _ if named => below(&node.children, rest),
            _ => below(&node.children, names),
        }
    })
}

/// A read and a write, whose leaves are Dgraph's own spans; nothing else of Dgraph is kept.
async fn check_leaves(traced: &Traced) {
    let mut client = traced.client();
    let root = || Root::sampled(&mut rand::rng());
    let (write, read) = (root(), root());
    let mutations = ApplyMutationsRequest {
        mutations: vec![put_node("a"), put_node("new")],
        ..ApplyMutationsRequest::default()
    };
    let written = client.apply_mutations(write.request(mutations)).await;
    written.expect("it writes");
    let node = GetNodeRequest {
        id: "a".to_owned(),
        ..GetNodeRequest::default()
    };
    let found = client.get_node(read.request(node)).await;
    found.expect("it is there");
    for (root, called, served, leaf) in [
        (&read, "GetNode", "Server.Query", "processTask."),
        (
            &write,
            "ApplyMutations",
            "Server.Mutate",
            "worker.MutateOverNetwork",
        ),
    ] {
        let called = format!("throughline.graph.v1.GraphService/{called}");
        let names = [&called, "{", "api.Dgraph/Query", served, leaf];
        // Its driver keeps its own span to itself. Dgraph's spans and the service's come on ways of their own: until
        // both have come, those of one are orphans too.
        let whole = |trace: &Trace| {
            let orphans = trace.summary.as_ref().map_or(0, |it| it.orphan_count);
            (trace.roots.len(), orphans) == (1, 1) && below(&trace.roots, &names).is_some()
        };
        traced.trace(root, whole).await;
    }
    let mut traces = traced.traces();
    let listed = traces.list_traces(ListTracesRequest {
        service: "dgraph.alpha".to_owned(),
        ..ListTracesRequest::default()
    });
    let listed = listed.await.expect("it lists").into_inner().traces;
    // What nobody asked for comes too, and is not kept. Of a question after its version, made while nothing else is
    // done, the service reports no span: Dgraph's is an orphan.
    let asked = |it: &TraceSummary| {
        it.orphan_count > 0 || it.services.iter().any(|service| service == "graph")
    };
    assert!(listed.iter().all(asked), "{listed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn dgraphs_own_spans_are_the_leaves() {
    let inspector = Inspector::start().await;
    let double = dgraph_double().await;
    double.export_to(inspector.process.addr());
    check_leaves(&Traced::start(inspector, &double.address()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_ones_own_spans_are_the_leaves() {
    let inspector = Inspector::start().await;
    match OwnDgraph::start(Some(inspector.process.addr())).await {
        Some(dgraph) => check_leaves(&Traced::start(inspector, &dgraph.endpoint()).await).await,
        None => skipped("dgraph_spans::a_real_ones_own_spans_are_the_leaves"),
    }
}

/// What the alpha did for a query: its call, the work below that, and the steps of the work.
fn query(trace: &Trace) -> Option<(&SpanNode, &SpanNode, Vec<&SpanNode>)> {
    let names = ["{ var(func: has(tl.source)", "api.Dgraph/Query"];
    let call = below(&trace.roots, &names)?;
    let work = below(&call.children, &["Server.Query"])?;
    let named = |it: &&SpanNode| span(it).name.starts_with("processTask.");
    let steps: Vec<_> = work.children.iter().filter(named).collect();
    (!steps.is_empty()).then_some((call, work, steps))
}

/// What the alpha's own spans say of a query that would go on for minutes.
async fn check_ended(traced: &Traced, root: &Root, statuses: &[&str]) {
    // What waited for the service's own report, and what came after it, need not be stored in order.
    let trace = traced.trace(root, |it| query(it).is_some()).await;
    let (call, work, steps) = query(&trace).expect("it was waited for");
    assert_eq!(span(call).service, "dgraph.alpha");
    let status = span(call).status.as_str();
    assert!(statuses.contains(&status), "{status:?}: {call:#?}");
    // A span is sent when it has ended: the work below it ended too, and not after it.
    assert!(end(work) <= end(call), "{call:#?}");
    // One may be about to begin when the query is ended.
    let outlived = steps.iter().filter(|step| start(step) > end(work)).count();
    assert!(outlived <= 1, "{call:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_ends_the_query_in_dgraph_as_its_own_span_says() {
    let inspector = Inspector::start().await;
    let Some(dgraph) = OwnDgraph::start(Some(inspector.process.addr())).await else {
        return skipped("dgraph_spans::who_leaves_ends_the_query_in_dgraph_as_its_own_span_says");
    };
    let traced = Traced::start(inspector, &dgraph.endpoint()).await;
    let mut client = traced.client();
    let root = || Root::sampled(&mut rand::rng());
    let written = client.apply_mutations(root().request(letters())).await;
    written.expect("it writes");
    let stalls = || root().with_fault("store=stall");

    let left = stalls();
    let before = traced.left_out().await;
    tokio::select! {
        answered = client.get_stats(left.request(GetStatsRequest::default())) => panic!("{answered:?}"),
        // Dropping the call is what cancels it.
        () = traced.wait_for_steps(before) => {}
    }
    dgraph.wait_for_queries(0).await;
    check_ended(&traced, &left, &["cancelled"]).await;

    let mut late = stalls();
    late.timeout = Some(DEADLINE);
    let answered = client.get_stats(late.request(GetStatsRequest::default()));
    // CANCELLED where tonic's own timer in the client is the first.
    let status = answered.await.expect_err("it would go on for minutes");
    let codes = [Code::DeadlineExceeded, Code::Cancelled];
    assert!(codes.contains(&status.code()), "{status:?}");
    dgraph.wait_for_queries(0).await;
    check_ended(&traced, &late, &["deadline_exceeded", "cancelled"]).await;
}
