//! The trace through the gateway: a process of its own, between a collector and a recording proxy.

use throughline_testkit::{Collector, Process, RecordedRequest, RecordingProxy, outline};
use throughline_trace_model::{Record, Span};

use crate::stack::{ORIGIN, Raw, frame, get_node, raw};
use crate::upstream::Upstream;

const TRACE: &str = "09e04486820349518ac7b5d2adbf6ba5";
const PARENT: &str = "9cf635fa5b870b3a";
const TRACE_HEADERS: [&str; 3] = ["sentry-trace", "baggage", "traceparent"];

/// A gateway with what stands around it.
struct Stack {
    gateway: Process,
    collector: Collector,
    behind: RecordingProxy,
    _upstream: Upstream,
}

impl Stack {
    async fn start(variables: &[(&str, &str)]) -> Self {
        let collector = Collector::start();
        let dsn = collector.dsn("gateway");
        let with_dsn: Vec<_> = [("SENTRY_DSN", dsn.as_str())]
            .iter()
            .chain(variables)
            .copied()
            .collect();
        Self::without_dsn(collector, &with_dsn).await
    }

    async fn without_dsn(collector: Collector, variables: &[(&str, &str)]) -> Self {
        let upstream = Upstream::start().await;
        let behind = RecordingProxy::start(&upstream.url);
        let gateway = Process::builder("throughline-gateway")
            .env("GATEWAY_LISTEN", "127.0.0.1:0")
            .env("GATEWAY_GRAPH_URL", behind.url())
            .env("GATEWAY_ORIGINS", ORIGIN);
        let gateway = variables
            .iter()
            .fold(gateway, |gateway, (name, value)| gateway.env(name, value));
        Self {
            gateway: gateway.spawn().await,
            collector,
            behind,
            _upstream: upstream,
        }
    }

    /// Calls `GetNode` as a page would, whose trace has this flag (`-1`, `-0` or none).
    async fn call(&self, id: &str, flag: &str) -> Raw {
        let sampled = match flag {
            "-1" => "01",
            _ => "00",
        };
        let request = get_node(self.gateway.url())
            .header("origin", ORIGIN)
            .header("sentry-trace", format!("{TRACE}-{PARENT}{flag}"))
            .header("traceparent", format!("00-{TRACE}-{PARENT}-{sampled}"))
            .header(
                "baggage",
                format!("sentry-trace_id={TRACE},vendor=x,sentry-public_key=page"),
            )
            .header("baggage", "sentry-sample_rand=0.25,sentry-unknown=a%20b");
        raw(request.body(frame(id)).expect("a request")).await
    }

    /// What the service got of the one call, and what the collector has once the gateway has stopped.
    async fn end(self) -> (Option<RecordedRequest>, Vec<Record>) {
        let stopped = self.gateway.stop().await;
        assert!(stopped.status.success(), "{}", stopped.stderr);
        assert_eq!(self.collector.problems(), Vec::<String>::new());
        (self.behind.requests().pop(), self.collector.records())
    }
}

fn spans<'a>(records: &'a [Record]) -> Vec<&'a Span> {
    let span = |record: &'a Record| match record {
        Record::Span(span) => Some(span),
        _ => None,
    };
    records.iter().filter_map(span).collect()
}

fn events(records: &[Record]) -> usize {
    records
        .iter()
        .filter(|record| matches!(record, Record::Event(_)))
        .count()
}

/// The Sentry pairs of the baggage, sorted.
fn pairs(request: &RecordedRequest) -> Vec<String> {
    let lines = request.all("baggage").join(",");
    let mut pairs: Vec<_> = lines
        .split(',')
        .map(|pair| pair.trim().to_owned())
        .collect();
    pairs.sort();
    pairs
}

fn page_pairs() -> Vec<String> {
    [
        "sentry-public_key=page".to_owned(),
        "sentry-sample_rand=0.25".to_owned(),
        format!("sentry-trace_id={TRACE}"),
        "sentry-unknown=a%20b".to_owned(),
    ]
    .to_vec()
}

#[tokio::test]
async fn a_pages_trace_goes_on_and_is_recorded() {
    for flag in ["-1", "-0", ""] {
        let stack = Stack::start(&[]).await;
        assert_eq!(stack.call("serde", flag).await.status, 200);
        let (request, records) = stack.end().await;
        let request = request.expect("the call went on");
        let header = request.header("sentry-trace").expect("one").to_owned();
        assert!(header.starts_with(TRACE), "{header}");
        assert!(
            !header.contains(PARENT),
            "the gateway's own span is the parent: {header}"
        );
        assert_eq!(pairs(&request), page_pairs(), "flag {flag:?}");
        assert!(request.header("traceparent").expect("one").contains(TRACE));

        let spans = spans(&records);
        if flag == "-0" {
            assert_eq!(spans.len(), 0, "the head decided");
            assert!(header.ends_with("-0"), "{header}");
            continue;
        }
        let server = spans
            .iter()
            .find(|span| span.op == "rpc.server")
            .expect("a server span");
        let client = spans
            .iter()
            .find(|span| span.op == "rpc.client")
            .expect("a client span");
        assert_eq!(spans.len(), 2);
        assert_eq!(server.service, "gateway");
        assert_eq!(server.name, "throughline.graph.v1.GraphService/GetNode");
        assert_eq!(server.parent_span_id.as_deref(), Some(PARENT));
        assert_eq!(
            client.parent_span_id.as_deref(),
            Some(server.span_id.as_str())
        );
        assert!(
            header.contains(&client.span_id),
            "{header} names {}",
            client.span_id
        );
        assert!(
            spans
                .iter()
                .all(|span| span.trace_id == TRACE && span.status == "ok")
        );
    }
}

#[tokio::test]
async fn without_a_dsn_the_trace_leaves_as_it_came() {
    for flag in ["-1", "-0", ""] {
        let stack = Stack::without_dsn(Collector::start(), &[]).await;
        stack.call("serde", flag).await;
        let (request, records) = stack.end().await;
        let request = request.expect("the call went on");
        let as_it_came = format!("{TRACE}-{PARENT}{flag}");
        assert_eq!(request.header("sentry-trace"), Some(as_it_came.as_str()));
        assert_eq!(pairs(&request), page_pairs());
        assert!(request.header("traceparent").expect("one").contains(PARENT));
        assert_eq!(records, Vec::new());
    }
}

#[tokio::test]
async fn a_strangers_trace_ends_here() {
    // Nobody is trusted, so that the page is a stranger; with and without a client.
    let trust = [("GATEWAY_TRUST", "none")];
    for traced in [true, false] {
        let stack = match traced {
            true => Stack::start(&trust).await,
            false => Stack::without_dsn(Collector::start(), &trust).await,
        };
        stack.call("serde", "-1").await;
        let (request, records) = stack.end().await;
        let request = request.expect("the call went on");
        for name in TRACE_HEADERS {
            for line in request.all(name) {
                assert!(
                    !line.contains(TRACE) && !line.contains(PARENT),
                    "{name}: {line}"
                );
                assert!(!line.contains("page"), "{name}: {line}");
            }
        }
        let spans = spans(&records);
        assert_eq!(spans.len(), if traced { 2 } else { 0 });
        assert!(spans.iter().all(|span| span.trace_id != TRACE));
        if traced {
            let header = request.header("sentry-trace").expect("a trace of its own");
            assert!(header.starts_with(&spans[0].trace_id), "{header}");
        }
    }
}

#[tokio::test]
async fn a_layer_taken_out_is_seen() {
    for (layers, incoming, outgoing) in [
        ("both", true, true),
        ("server", true, false),
        ("client", false, true),
        ("none", false, false),
    ] {
        let stack = Stack::start(&[("TRACE_LAYERS", layers)]).await;
        assert_eq!(stack.call("serde", "-1").await.status, 200);
        let (request, records) = stack.end().await;
        let request = request.expect("the call went on");
        let headers: Vec<_> = TRACE_HEADERS
            .iter()
            .flat_map(|name| request.all(name))
            .collect();
        let kept = headers.iter().any(|line| line.contains(TRACE));
        assert_eq!(kept, incoming && outgoing, "{layers}: {headers:?}");
        if !outgoing {
            assert_eq!(
                headers,
                Vec::<&str>::new(),
                "{layers}: nothing covers up for the layer"
            );
        }
        let served = spans(&records)
            .iter()
            .filter(|span| span.op == "rpc.server")
            .count();
        assert_eq!(served, usize::from(incoming), "{layers}");
    }
}

#[tokio::test]
async fn a_failure_behind_is_no_event_here() {
    let stack = Stack::start(&[]).await;
    let answer = stack.call("internal", "-1").await;
    assert_eq!(answer.header("grpc-status"), Some("13"));
    let (_, records) = stack.end().await;
    assert_eq!(events(&records), 0, "{records:?}");
    assert!(
        spans(&records)
            .iter()
            .all(|span| span.status == "internal_error"),
        "{records:?}"
    );
}

#[tokio::test]
async fn a_failure_of_its_own_is_one_event_in_the_trace() {
    let nobody = tokio::net::TcpSocket::new_v4().expect("a socket");
    nobody
        .bind("127.0.0.1:0".parse().expect("an address"))
        .expect("a free port");
    let url = format!("http://{}", nobody.local_addr().expect("an address"));
    let stack = Stack::start(&[("GATEWAY_GRAPH_URL", &url)]).await;
    let answer = stack.call("serde", "-1").await;
    assert_eq!(answer.header("grpc-status"), Some("14"));
    let stopped = stack.gateway.stop().await;
    let tree = stack.collector.trace(TRACE);
    let text = outline(&tree);
    assert_eq!(
        events(&stack.collector.records()),
        1,
        "{text}{}",
        stopped.stderr
    );
    assert_eq!(tree.stray_events, Vec::new(), "{text}");
    assert_eq!(tree.nodes.len(), 2, "{text}");
    assert!(
        tree.nodes
            .iter()
            .all(|node| node.span.status == "unavailable"),
        "{text}"
    );
}

#[tokio::test]
async fn a_fault_at_the_gateway_is_one_event_in_the_trace() {
    let stack = Stack::start(&[("THROUGHLINE_FAULTS", "true")]).await;
    let request = get_node(stack.gateway.url())
        .header("sentry-trace", format!("{TRACE}-{PARENT}-1"))
        .header("x-throughline-fault", "gateway=error:UNAVAILABLE");
    let answer = raw(request.body(frame("serde")).expect("a request")).await;
    assert_eq!(answer.header("grpc-status"), Some("14"), "{answer:?}");
    let (request, records) = stack.end().await;
    assert!(request.is_none());
    assert_eq!(
        (spans(&records).len(), events(&records)),
        (1, 1),
        "{records:?}"
    );
}

#[tokio::test]
async fn a_connection_that_breaks_in_a_stream_is_one_event_in_the_trace() {
    let mut stack = Stack::start(&[]).await;
    let mut request = tonic::Request::new(throughline_api::graph::v1::TraverseRequest {
        start: vec!["endless".to_owned()],
        ..Default::default()
    });
    let header = format!("{TRACE}-{PARENT}-1");
    request
        .metadata_mut()
        .insert("sentry-trace", header.parse().expect("ascii"));
    let mut client = crate::stack::web(stack.gateway.url(), true);
    let mut levels = client
        .traverse(request)
        .await
        .expect("a stream")
        .into_inner();
    levels
        .message()
        .await
        .expect("the first")
        .expect("a message");
    // Dropping the proxy breaks the connection.
    stack.behind = RecordingProxy::start("http://127.0.0.1:1");
    let error = levels.message().await.expect_err("a break");
    assert_eq!(error.code(), tonic::Code::Unavailable, "{error}");
    let (_, records) = stack.end().await;
    assert_eq!(
        (spans(&records).len(), events(&records)),
        (2, 1),
        "{records:?}"
    );
}

/// A service that begins one answer, and then resets it for this reason.
async fn resetting(reason: h2::Reason) -> (String, tokio::sync::oneshot::Sender<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (reset, told) = tokio::sync::oneshot::channel();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.expect("the gateway");
        let mut calls = h2::server::handshake(socket).await.expect("HTTP/2");
        let (_, mut answer) = calls.accept().await.expect("a call").expect("a call");
        let head = http::Response::builder().header("content-type", "application/grpc");
        let mut body = answer
            .send_response(head.body(()).expect("a head"), false)
            .expect("open");
        tokio::spawn(async move {
            let _ = told.await;
            body.send_reset(reason);
        });
        while calls.accept().await.is_some() {}
    });
    (url, reset)
}

#[tokio::test]
async fn an_answer_that_its_service_resets_is_told_of_by_who_failed() {
    let check = async |reason: h2::Reason, expected: usize| {
        let (url, reset) = resetting(reason).await;
        let stack = Stack::start(&[("GATEWAY_GRAPH_URL", &url)]).await;
        let mut request =
            tonic::Request::new(throughline_api::graph::v1::TraverseRequest::default());
        let header = format!("{TRACE}-{PARENT}-1");
        request
            .metadata_mut()
            .insert("sentry-trace", header.parse().expect("ascii"));
        let mut client = crate::stack::web(stack.gateway.url(), true);
        let mut levels = client.traverse(request).await.expect("a head").into_inner();
        reset.send(()).expect("the service waits");
        let error = levels.message().await.expect_err("a reset");
        let stopped = stack.gateway.stop().await;
        let records = stack.collector.records();
        assert_eq!(
            (error.code(), spans(&records).len(), events(&records)),
            (tonic::Code::Internal, 2, expected),
            "{reason}: {records:?} {}",
            stopped.stderr
        );
        let ended = |span: &&Span| span.status == "internal_error";
        assert!(spans(&records).iter().all(ended), "{reason}: {records:?}");
    };
    // A body that failed: its service saw it fail.
    check(h2::Reason::INTERNAL_ERROR, 0).await;
    // Two that do not understand each other: nobody else tells.
    check(h2::Reason::PROTOCOL_ERROR, 1).await;
}

#[tokio::test]
async fn noise_makes_no_transactions() {
    let stack = Stack::start(&[]).await;
    let url = stack.gateway.url().to_owned();
    let method = format!("{url}/throughline.graph.v1.GraphService/GetNode");
    let requests = [
        http::Request::get(format!("{url}/health")),
        http::Request::options(&method).header("origin", ORIGIN),
        http::Request::get(&method),
        http::Request::post(&method).header("content-type", "text/plain"),
        get_node(&url).header("origin", "https://evil.example"),
        http::Request::post(format!("{url}/a.B/C")).header("content-type", "application/grpc-web"),
    ];
    for request in requests {
        let request = request.header("sentry-trace", format!("{TRACE}-{PARENT}-1"));
        raw(request.body(Vec::new()).expect("a request")).await;
    }
    stack.call("serde", "-1").await;
    assert_eq!(stack.behind.requests().len(), 1);
    let (_, records) = stack.end().await;
    assert_eq!(spans(&records).len(), 2, "{records:?}");
    assert_eq!(events(&records), 0, "{records:?}");
}
