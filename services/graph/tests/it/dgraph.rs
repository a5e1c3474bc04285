//! The service on Dgraph: what it says when it cannot start, and when a call cannot be answered; on a double, and on a
//! real one where there is one.

use throughline_api::graph::v1::{
    GetNodeRequest, ListNodesRequest, Value, graph_service_client::GraphServiceClient,
    mutation::Change, value::Kind,
};
use throughline_testkit::{
    Collector, Process,
    dgraph::{DgraphFault, FakeDgraph, lock_real},
};
use tonic::{Code, transport::Channel};
use tonic_types::StatusExt as _;

use crate::harness::{apply, node};

const STATE: &str = r#"{"meta":[{"uid":"0x1","tl.turn":1,"tl.state":"{\"version\":1,\"identity\":\"i\",\"writer\":\"w\",\"revision\":0,\"place\":0,\"bytes\":0,\"schema\":{\"node_types\":[],\"edge_types\":[]},\"schema_revision\":0,\"nodes\":{},\"edges\":{}}"}]}"#;

async fn ready() -> FakeDgraph {
    let fake = FakeDgraph::start().await;
    fake.answer(|_| Some(STATE.replacen('{', r#"{"held":[{"uid":"0x1"}],"#, 1)));
    fake
}

async fn check(alpha: &str, envs: &[(&str, &str)], says: &str) {
    let mut service = Process::builder("throughline-graph")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env("RUST_LOG", "trace")
        .env("GRAPH_STORE", format!("dgraph://{alpha}"));
    for (name, value) in envs {
        service = service.env(name, value);
    }
    let ended = service.output().await;
    assert!(!ended.status.success());
    let words = ended
        .stderr
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(words.contains(says), "{says:?}: {}", ended.stderr);
    assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_start_that_fails_says_why() {
    check("127.0.0.1:9", &[], "Dgraph cannot be reached").await;
    let fake = ready().await;
    let at = fake.address();
    fake.set_version("v23.1.1");
    check(
        &at,
        &[],
        "Dgraph v23.1.1 is too old; at least v24.1 is needed",
    )
    .await;
    fake.set_version("v25.4.0");
    fake.fail_always(Some(DgraphFault::NotReady));
    check(&at, &[], "Dgraph is not ready").await;
    fake.fail_always(None);
    fake.answer(|_| Some(r#"{"schema":[{"predicate":"tl.id","type":"int"}]}"#.to_owned()));
    check(&at, &[], "Dgraph has the predicate \"tl.id: int\"").await;
    fake.answer(|_| Some(STATE.replace("\\\"version\\\":1", "\\\"version\\\":9")));
    check(&at, &[], "the layout 9").await;
    fake.need_login("groot", "right");
    let login = [
        ("GRAPH_DGRAPH_USER", "groot"),
        ("GRAPH_DGRAPH_PASSWORD", "s3cret"),
    ];
    check(&at, &login, "Dgraph does not accept the user and password").await;
    check(
        &at,
        &login[..1],
        "set GRAPH_DGRAPH_USER and GRAPH_DGRAPH_PASSWORD, or neither",
    )
    .await;
    check("groot:s3cret@a:1", &[], "holds no user and password").await;
    let other = [("GRAPH_STORE", "dgraf://groot:s3cret@a:1")];
    check("", &other, "GRAPH_STORE").await;
}

/// What goes wrong while the service runs, and how it is mended.
type Wrong = (
    &'static str,
    fn(&FakeDgraph),
    fn(&FakeDgraph),
    &'static str,
    &'static str,
);

const WRONG: &[Wrong] = &[
    (
        "unreachable",
        |fake| fake.close(true),
        |fake| fake.close(false),
        "STORE_AWAY",
        "cannot be reached or is not ready",
    ),
    (
        "not ready",
        |fake| fake.fail_always(Some(DgraphFault::NotReady)),
        |fake| fake.fail_always(None),
        "STORE_AWAY",
        "Dgraph is not ready",
    ),
    (
        "draining",
        |fake| fake.fail_always(Some(DgraphFault::Draining)),
        |fake| fake.fail_always(None),
        "STORE_AWAY",
        "Dgraph is in draining mode",
    ),
    (
        "overloaded",
        |fake| fake.fail_always(Some(DgraphFault::TooMany)),
        |fake| fake.fail_always(None),
        "STORE_AWAY",
        "Dgraph has too many requests",
    ),
    (
        "another password",
        |fake| fake.need_login("groot", "another"),
        |fake| fake.need_login("groot", "right"),
        "STORE_IO",
        "Dgraph does not accept the user and password",
    ),
    (
        "a login that expires again and again",
        |fake| fake.fail_always(Some(DgraphFault::Expired)),
        |fake| fake.fail_always(None),
        "STORE_AWAY",
        "the login has expired",
    ),
    (
        "started again as an older version",
        |fake| {
            fake.set_version("v23.1.1");
            fake.fail_next([DgraphFault::NotReady]);
        },
        |fake| fake.set_version("v25.4.0"),
        "STORE_IO",
        "Dgraph v23.1.1 is too old; at least v24.1 is needed",
    ),
    (
        "a predicate of another type",
        |fake| fake.fail_always(Some(DgraphFault::OtherType)),
        |fake| fake.fail_always(None),
        "STORE_IO",
        "a predicate is of another type",
    ),
];

#[tokio::test]
async fn what_goes_wrong_later_is_unavailable_until_it_is_mended() {
    let fake = ready().await;
    fake.need_login("groot", "right");
    let service = Process::builder("throughline-graph")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env("GRAPH_STORE", format!("dgraph://{}", fake.address()))
        .env("GRAPH_DGRAPH_USER", "groot")
        .env("GRAPH_DGRAPH_PASSWORD", "right")
        .spawn()
        .await;
    let channel = Channel::from_shared(service.url().to_owned())
        .unwrap()
        .connect_lazy();
    let mut client = GraphServiceClient::new(channel);
    let mut get = async || {
        let request = GetNodeRequest {
            id: "a".into(),
            ..GetNodeRequest::default()
        };
        client.get_node(request).await.unwrap_err()
    };
    // Dgraph answered: it has no such node.
    assert_eq!(get().await.code(), Code::NotFound);
    // A login that has expired is renewed, and nobody sees it.
    fake.expire_logins();
    assert_eq!(get().await.code(), Code::NotFound);
    for (what, wrong, mend, reason, says) in WRONG {
        wrong(&fake);
        let status = get().await;
        assert_eq!(status.code(), Code::Unavailable, "{what}: {status:?}");
        assert!(status.message().contains(says), "{what}: {status:?}");
        let details = status.get_error_details();
        assert!(details.retry_info().is_some(), "{what}");
        assert_eq!(details.error_info().unwrap().reason, *reason, "{what}");
        mend(&fake);
        let status = get().await;
        assert_eq!(status.code(), Code::NotFound, "{what}: {status:?}");
    }
    fake.fail_next([DgraphFault::Unknown]);
    let status = get().await;
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(status.message(), "the store failed");
}

#[tokio::test]
async fn the_trace_goes_on_into_dgraph_and_nothing_secret_leaves() {
    let (fake, collector) = (ready().await, Collector::start());
    fake.need_login("groot", "canary-password");
    // This one quotes what it was sent.
    fake.fail_if(|request| {
        let quoted = request.vars.values().any(|it| it.contains("canary-quoted"));
        quoted.then_some(DgraphFault::Unknown)
    });
    let service = Process::builder("throughline-graph")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env("GRAPH_STORE", format!("dgraph://{}", fake.address()))
        .env("GRAPH_DGRAPH_USER", "groot")
        .env("GRAPH_DGRAPH_PASSWORD", "canary-password")
        .env("GRAPH_WRITE_TOKEN", "canary-token")
        .env("THROUGHLINE_FAULTS", "true")
        .env("SENTRY_DSN", collector.dsn("graph"))
        .env("RUST_LOG", "trace")
        .spawn()
        .await;
    fake.forget();
    let channel = Channel::from_shared(service.url().to_owned())
        .unwrap()
        .connect_lazy();
    let mut client = GraphServiceClient::new(channel);
    let trace = "771a43a4192642f0b136d5159a501701";
    let mut request = tonic::Request::new(ListNodesRequest {
        filter: "name = \"canary-value\"".into(),
        ..ListNodesRequest::default()
    });
    let header = format!("{trace}-00f067aa0ba902b7-1").parse().unwrap();
    request.metadata_mut().insert("sentry-trace", header);
    client.list_nodes(request).await.unwrap();
    let parent = fake
        .wait_for("a query with the trace", |calls| {
            let query = calls.iter().find(|it| it.method == "Query")?;
            Some(query.header("traceparent").unwrap_or_default().to_owned())
        })
        .await;
    assert!(parent.starts_with(&format!("00-{trace}-")), "{parent}");
    // A write, a panic in the task that calls, and an error that holds what was sent.
    let mut canary = node("canary-id");
    let text = Some(Kind::StringValue("canary-property".into()));
    canary
        .properties
        .insert("name".into(), Value { kind: text });
    for (fault, filter) in [("store=panic", "canary-value"), ("", "canary-quoted")] {
        let mut write = tonic::Request::new(apply([Change::PutNode(canary.clone())]));
        let mut list = tonic::Request::new(ListNodesRequest {
            filter: format!("name = \"{filter}\""),
            ..ListNodesRequest::default()
        });
        for metadata in [write.metadata_mut(), list.metadata_mut()] {
            metadata.insert("authorization", "Bearer canary-token".parse().unwrap());
            metadata.insert("x-throughline-fault", fault.parse().unwrap());
        }
        let written = client.apply_mutations(write).await;
        assert_eq!(written.is_err(), !fault.is_empty(), "{written:?}");
        let status = client.list_nodes(list).await.unwrap_err();
        assert_eq!(status.code(), Code::Internal, "{status:?}");
    }
    let finished = service.stop().await;
    assert!(finished.stderr.contains("panicked"), "{}", finished.stderr);
    let tree = collector.trace(trace);
    let shown = format!("{tree:?}");
    // The call into Dgraph has the parent that Dgraph's own spans get.
    let span_id = parent.split('-').nth(2).unwrap();
    assert!(shown.contains(span_id), "{span_id} is a span of {shown}");
    assert!(shown.contains("eq(tl.value, [$])"), "{shown}");
    let envelopes = format!("{:?}", collector.envelopes());
    for secret in [
        "canary-password",
        "canary-token",
        "canary-value",
        "canary-quoted",
        "canary-property",
        "canary-id",
        "access-1",
        "refresh-1",
    ] {
        let line = finished.stderr.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
        assert!(!envelopes.contains(secret), "{secret}");
    }
}

/// A list of nodes on this alpha, whose statement's spans must tell the database's time and the network's apart.
async fn check_times(alpha: &str, at_least: u64) {
    let collector = Collector::start();
    let service = Process::builder("throughline-graph")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env("GRAPH_STORE", format!("dgraph://{alpha}"))
        .env("SENTRY_DSN", collector.dsn("graph"))
        .spawn()
        .await;
    let channel = Channel::from_shared(service.url().to_owned()).unwrap();
    let mut client = GraphServiceClient::new(channel.connect_lazy());
    let trace = "771a43a4192642f0b136d5159a501702";
    let mut request = tonic::Request::new(ListNodesRequest::default());
    let header = format!("{trace}-00f067aa0ba902b7-1").parse().unwrap();
    request.metadata_mut().insert("sentry-trace", header);
    client.list_nodes(request).await.unwrap();
    service.stop().await;
    let tree = collector.trace(trace);
    let statements = tree.nodes.iter().filter(|it| it.span.op == "db.query");
    let statements: Vec<_> = statements.collect();
    let [statement] = statements.as_slice() else {
        panic!("not one statement: {tree:?}");
    };
    let said = |key: &str| statement.span.attributes.get(key).cloned();
    assert_eq!(said("db.system"), Some("dgraph".into()));
    assert_eq!(said("dgraph.retries"), Some(0.into()));
    assert!(
        said("db.query.text").is_some_and(|it| it.as_str().is_some_and(|it| it.contains("tl.id")))
    );
    for key in ["db.response.returned_rows", "dgraph.uids_touched"] {
        assert!(said(key).is_some_and(|it| it.is_u64()), "{key}: {tree:?}");
    }
    let below = statement
        .children
        .iter()
        .map(|place| &tree.nodes[*place].span);
    let (database, network): (Vec<_>, Vec<_>) =
        below.partition(|it| it.database() == Some("dgraph"));
    let names: Vec<_> = database.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["assign timestamp", "parse", "process", "encode"]);
    assert_eq!(network.len(), 1, "{tree:?}");
    let total: u64 = database.iter().map(|it| it.duration()).sum();
    assert!(total >= at_least && network[0].duration() > 0, "{tree:?}");
    let all = total + network[0].duration();
    assert!(all <= statement.span.duration(), "{all} in {tree:?}");
}

#[tokio::test]
async fn database_and_network_stand_apart() {
    let fake = ready().await;
    check_times(&fake.address(), 0).await;
    if let Some(real) = lock_real("dgraph::database_and_network_stand_apart").await {
        check_times(real.endpoint(), 1).await;
    }
}

#[tokio::test]
async fn a_real_dgraph_serves() {
    let Some(real) = lock_real("dgraph::a_real_dgraph_serves").await else {
        return;
    };
    let token = crate::harness::TOKEN;
    let service = Process::builder("throughline-graph")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env("GRAPH_STORE", format!("dgraph://{}", real.endpoint()))
        .env("GRAPH_WRITE_TOKEN", token)
        .spawn()
        .await;
    let channel = Channel::from_shared(service.url().to_owned())
        .unwrap()
        .connect_lazy();
    let mut client = GraphServiceClient::new(channel);
    let changes = ["a", "b"].map(|id| Change::PutNode(node(id)));
    let mut request = tonic::Request::new(apply(changes));
    let bearer = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", bearer);
    client.apply_mutations(request).await.unwrap();
    let page = client
        .list_nodes(ListNodesRequest::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(page.nodes.len(), 2);
}
