//! `extract` and `inject`: the trace through where no layer can be.

use sentry_core::Level;
use sentry_tonic::interceptor::{InScope, extract, inject};
use sentry_tonic::{ClientLayer, IncomingTrace, ServerLayer};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use tonic::{Request, Response};
use tower::Layer;

use crate::echo::{Echo, note};
use crate::peer::Peer;
use crate::stage::{Caller, Served, Side, trace_of, trace_of_event};

const TRACE: &str = "09e04486820349518ac7b5d2adbf6ba5";
const SPAN: &str = "9cf635fa5b870b3a";

/// A hop with interceptors alone: each call captures a message and calls `next`.
fn hop(side: &Side, next: &Served, layered: bool) -> Served {
    let (endpoint, target) = (next.endpoint(), next.url());
    let echo = Echo::new().say(move |mut request| {
        let (endpoint, target) = (endpoint.clone(), target.clone());
        let trace: IncomingTrace = request.extensions_mut().remove().unwrap();
        async move {
            let work = async {
                sentry_core::capture_message("at work", Level::Info);
                let channel = endpoint.connect_lazy();
                if layered {
                    Caller::new(ClientLayer::new().layer(channel))
                        .say(note(""))
                        .await
                } else {
                    Caller::new(InterceptedService::new(channel, inject(&target)))
                        .say(note(""))
                        .await
                }
            };
            trace.in_scope(work).await
        }
    });
    side.serve_by(|listener| async move {
        Server::builder()
            .add_service(InterceptedService::new(echo, extract))
            .serve_with_incoming(TcpListenerStream::new(listener))
            .await
            .unwrap();
    })
}

fn call(served: &Served) {
    Side::without_client().run(async {
        let mut request = Request::new(note(""));
        let metadata = request.metadata_mut();
        let trace = format!("{TRACE}-{SPAN}-1");
        metadata.insert("sentry-trace", trace.parse().unwrap());
        let baggage = format!("sentry-trace_id={TRACE},sentry-x=1,tenant=a");
        metadata.insert("baggage", baggage.parse().unwrap());
        served.bare().say(request).await.unwrap();
    });
}

fn frozen() -> String {
    format!("sentry-trace_id={TRACE},sentry-x=1")
}

#[test]
fn interceptors_alone_carry_the_trace_and_its_events() {
    let (side, peer) = (Side::new(), Peer::agreeable());
    let served = hop(&side, &peer.served, false);
    call(&served);
    let head = peer.head();
    assert_eq!(head["sentry-trace"], format!("{TRACE}-{SPAN}-1"));
    assert_eq!(head["baggage"], frozen());
    let sent = side.wait_for(|sent| !sent.events.is_empty());
    let trace = trace_of_event(&sent.events[0]);
    assert_eq!(trace.trace_id.to_string(), TRACE);
    assert_eq!(trace.span_id.to_string(), SPAN);
    assert!(sent.transactions.is_empty());
}

#[test]
fn interceptors_alone_carry_the_trace_with_no_client() {
    let (side, peer) = (Side::without_client(), Peer::agreeable());
    let served = hop(&side, &peer.served, false);
    call(&served);
    assert_eq!(peer.head()["sentry-trace"], format!("{TRACE}-{SPAN}-1"));
    assert_eq!(peer.head()["baggage"], frozen());
}

#[test]
fn a_client_layer_in_scope_continues_the_trace() {
    let (side, peer) = (Side::new(), Peer::agreeable());
    let served = hop(&side, &peer.served, true);
    call(&served);
    let call = trace_of(&side.transaction());
    assert_eq!(call.trace_id.to_string(), TRACE);
    assert_eq!(call.parent_span_id.unwrap().to_string(), SPAN);
    let expected = format!("{TRACE}-{}-1", call.span_id);
    assert_eq!(peer.head()["sentry-trace"], expected);
    assert_eq!(peer.head()["baggage"], frozen());
}

#[test]
fn extract_and_in_scope_change_nothing_under_the_layer() {
    let (side, peer) = (Side::new(), Peer::agreeable());
    let (endpoint, server) = (peer.served.endpoint(), &side);
    let echo = Echo::new().say(move |mut request| {
        let endpoint = endpoint.clone();
        let trace: IncomingTrace = request.extensions_mut().remove().unwrap();
        async move {
            let mut next = Caller::new(ClientLayer::new().layer(endpoint.connect_lazy()));
            let work = async {
                sentry_core::configure_scope(|scope| scope.set_tag("shared", "yes"));
                next.say(note("")).await
            };
            trace.in_scope(work).await?;
            sentry_core::capture_message("after", Level::Info);
            Ok(Response::new(note("")))
        }
    });
    let served = server.serve_by(|listener| async move {
        Server::builder()
            .layer(ServerLayer::new())
            .add_service(InterceptedService::new(echo, extract))
            .serve_with_incoming(TcpListenerStream::new(listener))
            .await
            .unwrap();
    });
    call(&served);
    let transaction = side.transaction();
    assert_eq!(transaction.spans.len(), 1, "{transaction:#?}");
    let expected = format!("{TRACE}-{}-1", transaction.spans[0].span_id);
    assert_eq!(peer.head()["sentry-trace"], expected);
    assert_eq!(side.sent().events[0].tags["shared"], "yes", "one scope");
}

#[test]
fn inject_does_nothing_where_the_layer_has() {
    for allowed in [true, false] {
        let (client, peer) = (Side::new(), Peer::agreeable());
        client.run_in_transaction(async {
            let channel = peer.served.endpoint().connect_lazy();
            let inner = InterceptedService::new(channel, inject(&peer.served.url()));
            let layer = ClientLayer::new()
                .target(&peer.served.url())
                .propagate_to(move |_| allowed);
            Caller::new(layer.layer(inner)).say(note("")).await.unwrap();
        });
        let span = client.transaction().spans[0].span_id.to_string();
        let head = peer.head();
        let sent = head
            .get("sentry-trace")
            .map(|value| value.to_str().unwrap());
        assert_eq!(sent.is_some_and(|sent| sent.contains(&span)), allowed);
        assert_eq!(sent.is_some(), allowed, "what the layer left out stays out");
    }
}

#[test]
fn inject_keeps_to_its_targets() {
    let (client, peer) = (Side::new(), Peer::agreeable());
    client.run_in_transaction(async {
        let channel = peer.served.endpoint().connect_lazy();
        let inject = inject(&peer.served.url()).propagate_to(|authority| authority == "other:1");
        let mut caller = Caller::new(InterceptedService::new(channel, inject));
        caller.say(note("")).await.unwrap();
    });
    assert!(!peer.head().contains_key("sentry-trace"));
}
