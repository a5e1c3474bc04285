//! All four kinds of call, from both ends: what is recorded, and once.

use sentry_core::protocol::{SpanStatus, Transaction};
use sentry_tonic::{ClientLayer, ServerLayer};
use serde_json::json;
use tonic::Request;
use tower::Layer;

use crate::echo::{Echo, note};
use crate::stage::{Caller, Side, drain, trace_of};

/// Makes one call of each kind and compares what the two ends recorded.
fn check(method: &'static str, call: impl AsyncFnOnce(&mut Caller<crate::stage::Traced>)) {
    let (server, client) = (Side::new(), Side::new());
    let served = server.serve(ServerLayer::new(), Echo::new());
    client.run_in_transaction(async { call(&mut served.traced()).await });

    let name = format!("it.v1.Echo/{method}");
    let (there, here) = (server.transaction(), client.transaction());
    let (there_trace, here_trace) = (trace_of(&there), trace_of(&here));
    assert_eq!(there.name.as_deref(), Some(&*name));
    assert_eq!(there_trace.op.as_deref(), Some("rpc.server"));
    assert_eq!(there_trace.origin.as_deref(), Some("auto.rpc.grpc"));
    assert_eq!(there_trace.status, Some(SpanStatus::Ok));

    assert_eq!(here.spans.len(), 1, "{here:#?}");
    let span = &here.spans[0];
    assert_eq!(span.description.as_deref(), Some(&*name));
    assert_eq!(span.op.as_deref(), Some("rpc.client"));
    assert_eq!(span.status, Some(SpanStatus::Ok));
    assert_eq!(span.data["sentry.origin"], "auto.rpc.grpc");

    for data in [&there_trace.data, &span.data] {
        assert_eq!(data["rpc.system"], "grpc");
        assert_eq!(data["rpc.service"], "it.v1.Echo");
        assert_eq!(data["rpc.method"], method);
        assert_eq!(data["rpc.grpc.status_code"], json!(0));
        assert_eq!(data["rpc.response.status_code"], "OK");
    }
    // One trace, and the server's parent is the client's span.
    assert_eq!(there_trace.trace_id, here_trace.trace_id);
    assert_eq!(there_trace.parent_span_id, Some(span.span_id));

    drop(served);
    assert_eq!(server.sent().transactions.len(), 1, "once");
    assert_eq!(client.sent().transactions.len(), 1, "once");
    assert!(server.sent().events.is_empty());
}

#[test]
fn unary() {
    check("Say", async |caller| {
        let answer = caller.say(note("hello")).await.unwrap();
        assert_eq!(answer.into_inner().text, "hello");
    });
}

#[test]
fn server_streaming() {
    check("Split", async |caller| {
        let stream = caller.split(note("a b c")).await.unwrap().into_inner();
        let (words, end) = drain(stream).await;
        assert_eq!((words.join(" "), end.is_ok()), ("a b c".to_owned(), true));
    });
}

#[test]
fn client_streaming() {
    check("Join", async |caller| {
        let answer = caller.join(&["a", "b"]).await.unwrap();
        assert_eq!(answer.into_inner().text, "a b");
    });
}

#[test]
fn bidirectional_streaming() {
    check("Chat", async |caller| {
        let stream = caller.chat(&["a", "b"]).await.unwrap().into_inner();
        let (words, end) = drain(stream).await;
        assert_eq!((words.join(" "), end.is_ok()), ("a b".to_owned(), true));
    });
}

#[test]
fn a_stream_ends_with_its_trailers_though_it_is_held() {
    let (server, client) = (Side::new(), Side::new());
    let served = server.serve(ServerLayer::new(), Echo::new());
    let held = client.run_in_transaction(async {
        let mut caller = served.traced();
        let mut stream = caller.split(note("a")).await.unwrap().into_inner();
        while stream.message().await.unwrap().is_some() {}
        stream
    });
    assert_eq!(client.transaction().spans.len(), 1);
    drop(held);
}

#[test]
fn a_call_outside_of_any_span_is_a_transaction() {
    let (server, client) = (Side::new(), Side::new());
    let served = server.serve(ServerLayer::new(), Echo::new());
    client.run(async { served.traced().say(note("")).await.unwrap() });
    let (there, here) = (trace_of(&server.transaction()), client.transaction());
    assert_eq!(here.name.as_deref(), Some("it.v1.Echo/Say"));
    let here = trace_of(&here);
    assert_eq!(here.op.as_deref(), Some("rpc.client"));
    assert_eq!(here.status, Some(SpanStatus::Ok));
    assert_eq!(there.trace_id, here.trace_id);
    assert_eq!(there.parent_span_id, Some(here.span_id));
}

#[test]
fn a_call_outside_of_any_span_may_go_unrecorded_yet_carries_a_trace() {
    let (server, client) = (Side::new(), Side::new());
    let served = server.serve(ServerLayer::new(), Echo::new());
    let layer = ClientLayer::new().own_transactions(false);
    client.run(async {
        let mut caller = Caller::new(layer.layer(served.endpoint().connect_lazy()));
        caller.say(note("")).await.unwrap();
    });
    assert!(trace_of(&server.transaction()).parent_span_id.is_some());
    assert!(client.sent().transactions.is_empty());
}

#[test]
fn a_client_says_whom_it_calls() {
    let (server, client) = (Side::new(), Side::new());
    let served = server.serve(ServerLayer::new(), Echo::new());
    let layer = ClientLayer::new().target(&served.url());
    client.run_in_transaction(async {
        let mut caller = Caller::new(layer.layer(served.endpoint().connect_lazy()));
        caller.say(note("")).await.unwrap();
    });
    let data = &client.transaction().spans[0].data;
    assert_eq!(data["server.address"], "127.0.0.1");
    assert_eq!(data["server.port"], json!(served.address.port()));
}

#[test]
fn a_generated_client_names_its_method() {
    let (server, client) = (Side::new(), Side::new());
    let served = server.serve(ServerLayer::new(), Echo::new());
    client.run_in_transaction(async {
        let mut request = Request::new(note(""));
        let method = tonic::GrpcMethod::new("named.v1.Service", "Method");
        request.extensions_mut().insert(method);
        served.traced().say(request).await.unwrap();
    });
    let name = client.transaction().spans[0].description.clone();
    assert_eq!(name.as_deref(), Some("named.v1.Service/Method"));
}

#[test]
fn metadata_and_baggage_are_recorded_by_list_only() {
    let server = Side::new();
    let layer = ServerLayer::new().tag_baggage(["tenant"]).record_metadata([
        "x-request-id",
        "x-absent",
        "x-raw-bin",
    ]);
    let served = server.serve(layer, Echo::new());
    Side::without_client().run(async {
        let mut request = Request::new(note(""));
        let metadata = request.metadata_mut();
        metadata.insert("x-request-id", "7".parse().unwrap());
        metadata.insert("authorization", "secret".parse().unwrap());
        metadata.insert("baggage", "tenant=a%20b,neighbour=c".parse().unwrap());
        served.bare().say(request).await.unwrap();
    });
    let transaction: Transaction<'_> = server.transaction();
    let recorded = format!("{transaction:?}");
    assert_eq!(
        trace_of(&transaction).data["rpc.request.metadata.x-request-id"],
        "7"
    );
    assert_eq!(transaction.tags["tenant"], "a b");
    assert!(!recorded.contains("secret") && !recorded.contains("neighbour"));
}

#[test]
fn health_reflection_and_what_is_not_grpc_are_left_alone() {
    let server = Side::new();
    let served = server.serve(ServerLayer::new(), Echo::new());
    Side::without_client().run(async {
        let mut caller = served.bare();
        for path in [
            "/grpc.health.v1.Health/Check",
            "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        ] {
            caller.unary(path, note("")).await.unwrap_err();
        }
        let mut plain = served.endpoint().connect_lazy();
        let request = http::Request::get("/it.v1.Echo/Say").body(tonic::body::Body::empty());
        tower::ServiceExt::ready(&mut plain).await.unwrap();
        let _ = tower::Service::call(&mut plain, request.unwrap()).await;
        caller.say(note("")).await.unwrap();
    });
    assert_eq!(
        server.transaction().name.as_deref(),
        Some("it.v1.Echo/Say"),
        "and nothing before it"
    );
}

#[test]
fn what_is_skipped_can_be_chosen() {
    let server = Side::new();
    let layer = ServerLayer::new().skip(|path| path.ends_with("/Say"));
    let served = server.serve(layer, Echo::new());
    Side::without_client().run(async {
        let mut caller = served.bare();
        caller.say(note("")).await.unwrap();
        caller.join(&["a"]).await.unwrap();
    });
    assert_eq!(
        server.transaction().name.as_deref(),
        Some("it.v1.Echo/Join")
    );
}

#[test]
fn a_status_that_the_application_sets_stands() {
    let server = Side::new();
    let echo = Echo::new().say(|request| async {
        sentry_core::configure_scope(|scope| {
            let span = scope.get_span().unwrap();
            span.set_status(SpanStatus::Aborted);
        });
        Ok(tonic::Response::new(request.into_inner()))
    });
    let served = server.serve(ServerLayer::new(), echo);
    Side::without_client().run(async { served.bare().say(note("")).await.unwrap() });
    let call = trace_of(&server.transaction());
    assert_eq!(call.status, Some(SpanStatus::Aborted));
    assert_eq!(call.data["rpc.response.status_code"], "OK");
}
