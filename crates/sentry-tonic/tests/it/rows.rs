//! What a layer gets to see of tonic, situation by situation, and what both
//! ends make of it.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use http_body::Frame;
use sentry_core::protocol::SpanStatus;
use sentry_tonic::{ClientLayer, ServerLayer};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Code, Request, Response, Status};
use tower::Layer;

use crate::echo::{Echo, Note, Notes, note};
use crate::peer::{Peer, answer, empty_message};
use crate::stage::{Caller, Served, Side, Traced, drain, trace_of};

/// Long enough never to pass.
const FOREVER: Duration = Duration::from_secs(3600);

fn notes(items: impl stream::Stream<Item = Result<Note, Status>> + Send + 'static) -> Notes {
    items.boxed()
}

/// One message, and then nothing.
fn one_then_silence() -> Echo {
    Echo::new().split(|_| async {
        let silence = stream::pending();
        let one = stream::iter([Ok(note("one"))]);
        Ok(Response::new(notes(one.chain(silence))))
    })
}

fn silent() -> Echo {
    Echo::new().say(|_| async {
        tokio::time::sleep(FOREVER).await;
        Err(Status::internal("overslept"))
    })
}

/// Makes a call of `echo` between two layers; `(server, client)` is what they
/// recorded of its end.
fn check(echo: Echo, call: impl AsyncFnOnce(Caller<Traced>), expected: (SpanStatus, SpanStatus)) {
    let (server, client) = (Side::new(), Side::new());
    let served = server.serve(ServerLayer::new(), echo);
    client.run_in_transaction(async { call(served.traced()).await });
    let there = trace_of(&server.transaction()).status;
    let here = client.transaction().spans[0].status;
    assert_eq!((there, here), (Some(expected.0), Some(expected.1)));
    drop(served);
    assert_eq!(server.sent().transactions.len(), 1, "once");
}

#[test]
fn a_unary_body_is_dropped_without_its_end_being_seen() {
    let call = async |mut caller: Caller<_>| {
        caller.say(note("")).await.unwrap();
    };
    check(Echo::new(), call, (SpanStatus::Ok, SpanStatus::Ok));
}

#[test]
fn an_error_before_any_message_is_in_the_head() {
    let echo = Echo::new().say(|_| async { Err(Status::not_found("it")) });
    let call = async |mut caller: Caller<_>| {
        let status = caller.say(note("")).await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::NotFound, "it"));
    };
    check(echo, call, (SpanStatus::NotFound, SpanStatus::NotFound));
}

#[test]
fn an_error_in_a_stream_is_in_the_trailers() {
    let echo = Echo::new().split(|_| async {
        let items = [Ok(note("one")), Err(Status::out_of_range("two"))];
        Ok(Response::new(notes(stream::iter(items))))
    });
    let call = async |mut caller: Caller<_>| {
        let (words, end) = drain(caller.split(note("")).await.unwrap().into_inner()).await;
        assert_eq!(words, ["one"]);
        assert_eq!(end.unwrap_err().code(), Code::OutOfRange);
    };
    check(echo, call, (SpanStatus::OutOfRange, SpanStatus::OutOfRange));
}

#[test]
fn a_stream_that_the_client_drops_is_cancelled() {
    let call = async |mut caller: Caller<_>| {
        let mut stream = caller.split(note("")).await.unwrap().into_inner();
        assert_eq!(stream.message().await.unwrap(), Some(note("one")));
    };
    let expected = (SpanStatus::Cancelled, SpanStatus::Cancelled);
    check(one_then_silence(), call, expected);
}

#[test]
fn a_call_that_the_client_drops_before_its_head_is_cancelled() {
    let (begun, has_begun) = tokio::sync::oneshot::channel::<()>();
    let begun = std::sync::Mutex::new(Some(begun));
    let echo = Echo::new().say(move |_| {
        let _ = begun.lock().unwrap().take().map(|begun| begun.send(()));
        std::future::pending()
    });
    let call = async |mut caller: Caller<_>| {
        tokio::select! {
            _ = caller.say(note("")) => panic!("never answers"),
            begun = has_begun => begun.unwrap(),
        }
    };
    check(echo, call, (SpanStatus::Cancelled, SpanStatus::Cancelled));
}

#[test]
fn a_panic_in_a_handler_without_our_layer_looks_like_a_cancel() {
    let client = Side::new();
    let served = Side::without_client().serve_by(|listener| async {
        let echo = Echo::new().say(|_| async { panic!("alone") });
        let incoming = TcpListenerStream::new(listener);
        let server = Server::builder().add_service(echo);
        server.serve_with_incoming(incoming).await.unwrap();
    });
    client.run_in_transaction(async {
        let status = served.traced().say(note("")).await.unwrap_err();
        assert_eq!(status.code(), Code::Cancelled);
    });
    let here = client.transaction().spans[0].status;
    assert_eq!(here, Some(SpanStatus::Cancelled));
}

#[test]
fn a_panic_in_a_stream_without_our_layer_looks_like_a_cancel() {
    let client = Side::new();
    let served = Side::without_client().serve_by(|listener| async {
        let echo = Echo::new().split(|_| async {
            let one = stream::iter([Ok(note("one"))]);
            let late = stream::once(async { panic!("alone") });
            Ok(Response::new(notes(one.chain(late))))
        });
        let incoming = TcpListenerStream::new(listener);
        let server = Server::builder().add_service(echo);
        server.serve_with_incoming(incoming).await.unwrap();
    });
    client.run_in_transaction(async {
        let answer = served.traced().split(note("")).await;
        let status = match answer {
            Ok(stream) => drain(stream.into_inner()).await.1.unwrap_err(),
            Err(status) => status,
        };
        assert_eq!(status.code(), Code::Cancelled);
    });
    let here = client.transaction().spans[0].status;
    assert_eq!(here, Some(SpanStatus::Cancelled));
}

#[test]
fn a_deadline_of_the_caller_is_told_from_a_cancel() {
    let client = Side::new();
    // Nobody accepts the call: tonic's server has a timer of its own, whose answer might be there first.
    let served = Side::without_client().serve_by(|listener| async move {
        let _listening = listener;
        std::future::pending().await
    });
    client.run_in_transaction(async {
        let mut request = Request::new(note(""));
        request.set_timeout(Duration::from_millis(50));
        let status = served.traced().say(request).await.unwrap_err();
        assert_eq!(status.code(), Code::Cancelled, "as tonic has it");
    });
    let here = client.transaction().spans[0].status;
    assert_eq!(here, Some(SpanStatus::DeadlineExceeded));
}

#[test]
fn a_deadline_that_the_server_is_told_of_is_told_from_a_cancel() {
    let server = Side::new();
    let served = server.serve(ServerLayer::new(), silent());
    // A caller with no timer of its own, which might go off first. So long that what lies between tonic's timer and
    // ours is within the slack.
    let answer = Side::without_client().run(post(&served, "/it.v1.Echo/Say", "1S"));
    assert_eq!(answer.headers()["grpc-status"], "1", "as tonic has it");
    let there = trace_of(&server.transaction()).status;
    assert_eq!(there, Some(SpanStatus::DeadlineExceeded));
}

#[test]
fn a_deadline_in_a_stream_is_told_from_a_cancel_on_both_ends() {
    let call = async |mut caller: Caller<_>| {
        let mut request = Request::new(note(""));
        request.set_timeout(Duration::from_millis(2000));
        let mut stream = caller.split(request).await.unwrap().into_inner();
        assert_eq!(stream.message().await.unwrap(), Some(note("one")));
        // tonic's timer does not cover the stream. This one is the caller's, and
        // late enough to be past the deadline on the server's clock too.
        let late = Duration::from_millis(2500);
        let next = stream.message();
        tokio::time::timeout(late, next).await.unwrap_err();
    };
    let expected = (SpanStatus::DeadlineExceeded, SpanStatus::DeadlineExceeded);
    check(one_then_silence(), call, expected);
}

/// Posts an empty message over a connection of its own.
async fn post(served: &Served, path: &str, timeout: &str) -> http::Response<hyper::body::Incoming> {
    let socket = tokio::net::TcpStream::connect(served.address)
        .await
        .unwrap();
    let executor = hyper_util::rt::TokioExecutor::new();
    let socket = hyper_util::rt::TokioIo::new(socket);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, socket)
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = http::Request::post(format!("{}{path}", served.url()))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", timeout)
        .body(http_body_util::Full::new(empty_message()))
        .unwrap();
    sender.send_request(request).await.unwrap()
}

#[test]
fn a_timeout_of_the_server_alone_is_a_cancel() {
    let (server, client) = (Side::new(), Side::new());
    let served = server.serve_by(|listener| async {
        Server::builder()
            .timeout(Duration::from_millis(50))
            .layer(ServerLayer::new())
            .add_service(silent())
            .serve_with_incoming(TcpListenerStream::new(listener))
            .await
            .unwrap();
    });
    client.run_in_transaction(async {
        let status = served.traced().say(note("")).await.unwrap_err();
        assert_eq!(status.code(), Code::Cancelled);
    });
    let there = trace_of(&server.transaction()).status;
    let here = client.transaction().spans[0].status;
    assert_eq!(there, Some(SpanStatus::Cancelled));
    assert_eq!(here, Some(SpanStatus::Cancelled));
}

#[test]
fn a_deadline_of_the_channel_is_the_deadline() {
    let (server, client) = (Side::new(), Side::new());
    let served = server.serve(ServerLayer::new(), silent());
    client.run_in_transaction(async {
        // Long enough for the server to get the call before.
        let endpoint = served.endpoint().timeout(Duration::from_millis(2000));
        let mut caller = Caller::new(ClientLayer::new().layer(endpoint.connect_lazy()));
        let status = caller.say(note("")).await.unwrap_err();
        assert_eq!(status.code(), Code::Cancelled, "as tonic has it");
    });
    let here = client.transaction().spans[0].status;
    assert_eq!(here, Some(SpanStatus::DeadlineExceeded));
    let there = trace_of(&server.transaction()).status;
    assert_eq!(there, Some(SpanStatus::Cancelled), "it was told of none");
}

#[test]
fn a_refused_connection_is_unavailable() {
    let client = Side::new();
    // A port that nobody else takes meanwhile: bound, and not listening.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    client.run_in_transaction(async {
        let endpoint = tonic::transport::Endpoint::from_shared(url).unwrap();
        let mut caller = Caller::new(ClientLayer::new().layer(endpoint.connect_lazy()));
        let status = caller.say(note("")).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
    });
    let here = client.transaction().spans[0].status;
    assert_eq!(here, Some(SpanStatus::Unavailable));
}

#[test]
fn an_unknown_service_or_method_is_unimplemented() {
    for path in ["/it.v1.Echo/Sing", "/it.v1.Absent/Say"] {
        let call = async |mut caller: Caller<_>| {
            let status = caller.unary(path, note("")).await.unwrap_err();
            assert_eq!(status.code(), Code::Unimplemented);
        };
        let expected = (SpanStatus::Unimplemented, SpanStatus::Unimplemented);
        check(Echo::new(), call, expected);
    }
}

/// Calls a raw peer; what our client recorded of the end.
fn against(peer: &Peer) -> (Result<(), Status>, Option<SpanStatus>) {
    let client = Side::new();
    let end = client.run_in_transaction(async {
        let stream = peer.served.traced().split(note("")).await;
        match stream {
            Ok(stream) => drain(stream.into_inner()).await.1,
            Err(status) => Err(status),
        }
    });
    (end, client.transaction().spans[0].status)
}

#[test]
fn a_body_that_ends_without_a_status_is_unknown() {
    let peer = Peer::new(|| answer([Frame::data(empty_message())]));
    let (end, status) = against(&peer);
    assert_eq!(end.unwrap_err().code(), Code::Unknown);
    assert_eq!(status, Some(SpanStatus::UnknownError));
}

#[test]
fn an_http_error_stands_for_a_status() {
    for (http, expected) in [
        (401, SpanStatus::Unauthenticated),
        (404, SpanStatus::Unimplemented),
        (503, SpanStatus::Unavailable),
    ] {
        for with_body in [false, true] {
            let peer = Peer::new(move || {
                let mut response = if with_body {
                    answer([Frame::data(bytes::Bytes::from_static(b"<html>"))])
                } else {
                    answer([])
                };
                *response.status_mut() = http::StatusCode::from_u16(http).unwrap();
                response
            });
            let (_, status) = against(&peer);
            assert_eq!(status, Some(expected), "{http}, body: {with_body}");
        }
    }
}

#[test]
fn malformed_details_of_a_peer_break_nothing_of_ours() {
    let peer = Peer::new(|| {
        let mut response = answer([]);
        let headers = response.headers_mut();
        headers.insert("grpc-status", "9".parse().unwrap());
        headers.insert("grpc-status-details-bin", "!not base64!".parse().unwrap());
        response
    });
    let client = Side::new();
    client.run_in_transaction(async {
        let mut service = ClientLayer::new().layer(peer.served.endpoint().connect_lazy());
        let request = http::Request::post("/it.v1.Echo/Say")
            .body(tonic::body::Body::empty())
            .unwrap();
        // Not through tonic's client, which panics on this.
        tower::ServiceExt::ready(&mut service).await.unwrap();
        let response = tower::Service::call(&mut service, request).await.unwrap();
        assert_eq!(response.headers()["grpc-status"], "9");
    });
    let here = client.transaction().spans[0].status;
    assert_eq!(here, Some(SpanStatus::FailedPrecondition));
}
