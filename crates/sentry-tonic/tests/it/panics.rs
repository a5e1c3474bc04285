//! One panic is one event, INTERNAL to the caller, and the end of one call.

use std::cell::Cell;
use std::convert::Infallible;
use std::sync::Once;
use std::task::{Context, Poll};

use futures_util::{StreamExt, stream};
use sentry_core::protocol::{Event, SpanStatus};
use sentry_core::{Hub, Level};
use sentry_panic::PanicIntegration;
use sentry_tonic::ServerLayer;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::transport::Server;
use tonic::{Code, Response, Status};

use crate::echo::{Boxed, Echo, note};
use crate::stage::{Sent, Served, Side, drain, trace_of, trace_of_event};

thread_local! {
    /// Whether this thread has a panic hook that is not the SDK's.
    static HOOKED: Cell<bool> = const { Cell::new(false) };
}

/// Who reports panics before we can.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Hook {
    None,
    /// `sentry-panic`, as it comes.
    Sdk,
    /// One that an application has put in its place, and that nobody can ask for.
    Own,
}

const HOOKS: [Hook; 3] = [Hook::None, Hook::Sdk, Hook::Own];

fn side(hook: Hook) -> Side {
    Side::with(|options| {
        let options = options.traces_sample_rate(1.0);
        match hook {
            Hook::Sdk => options.add_integration(PanicIntegration::new()),
            Hook::None | Hook::Own => options,
        }
    })
}

fn serve(server: &Side, hook: Hook, layer: ServerLayer, echo: Echo) -> Served {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let next = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if HOOKED.get() {
                Hub::current().capture_event(Event {
                    level: Level::Fatal,
                    message: Some("seen by a hook of one's own".to_owned()),
                    ..Event::default()
                });
            }
            next(info);
        }));
    });
    server.serve_by(move |listener| async move {
        HOOKED.set(hook == Hook::Own);
        Server::builder()
            .layer(layer)
            .add_service(echo)
            .serve_with_incoming(TcpListenerStream::new(listener))
            .await
            .unwrap();
    })
}

/// A service that panics wherever it can.
fn panicking() -> Echo {
    Echo::new()
        .say(|request| async move {
            match request.into_inner().text.as_str() {
                "well" => Ok(Response::new(note("well"))),
                _ => panic!("in a handler, with a secret"),
            }
        })
        .split(|_| async {
            let one = stream::iter([Ok(note("one"))]);
            // tonic encodes ahead what is ready; a pause lets the first one out.
            let late = stream::once(async {
                tokio::task::yield_now().await;
                panic!("in a stream, with a secret")
            });
            Ok(Response::new(one.chain(late).boxed()))
        })
        .chat(|request| async {
            let answers = request.into_inner().then(|note| async {
                tokio::task::yield_now().await;
                match note {
                    Ok(note) if note.text == "panic" => panic!("in a chat, with a secret"),
                    other => other,
                }
            });
            Ok(Response::new(answers.boxed()))
        })
}

fn check_report(sent: &Sent, context: &str) {
    assert_eq!(sent.events.len(), 1, "{context}: {sent:#?}");
    assert_eq!(sent.transactions.len(), 1, "{context}");
    let (event, call) = (&sent.events[0], trace_of(&sent.transactions[0]));
    assert_eq!(event.level, Level::Fatal, "{context}");
    let trace = trace_of_event(event);
    assert_eq!(
        (trace.trace_id, trace.span_id),
        (call.trace_id, call.span_id),
        "{context}"
    );
    assert_eq!(call.status, Some(SpanStatus::InternalError), "{context}");
}

fn check_answer(status: &Status, context: &str) {
    assert_eq!(status.code(), Code::Internal, "{context}");
    assert_eq!(status.message(), "internal server error", "{context}");
}

#[test]
fn in_a_handler() {
    for hook in HOOKS {
        let (server, client) = (side(hook), Side::new());
        let served = serve(&server, hook, ServerLayer::new(), panicking());
        client.run_in_transaction(async {
            let mut caller = served.traced();
            let status = caller.say(note("")).await.unwrap_err();
            check_answer(&status, &format!("{hook:?}"));
        });
        server.transaction();
        drop(served);
        check_report(&server.sent(), &format!("{hook:?}"));
        let here = client.transaction().spans[0].status;
        assert_eq!(here, Some(SpanStatus::InternalError));
    }
}

#[test]
fn our_event_carries_what_the_panic_said() {
    let server = side(Hook::None);
    let served = serve(&server, Hook::None, ServerLayer::new(), panicking());
    Side::without_client().run(async { served.bare().say(note("")).await.unwrap_err() });
    let sent = server.wait_for(|sent| !sent.events.is_empty());
    let exception = &sent.events[0].exception[0];
    assert_eq!(exception.ty, "panic");
    assert_eq!(
        exception.value.as_deref(),
        Some("in a handler, with a secret")
    );
    let mechanism = exception.mechanism.as_ref().unwrap();
    assert_eq!(mechanism.handled, Some(false));
}

#[test]
fn in_a_stream() {
    for hook in HOOKS {
        let server = side(hook);
        let served = serve(&server, hook, ServerLayer::new(), panicking());
        Side::without_client().run(async {
            let stream = served.bare().split(note("")).await.unwrap().into_inner();
            let (words, end) = drain(stream).await;
            assert_eq!(words, ["one"], "what came before is kept");
            check_answer(&end.unwrap_err(), &format!("{hook:?}"));
        });
        server.transaction();
        drop(served);
        check_report(&server.sent(), &format!("{hook:?}"));
    }
}

#[test]
fn in_a_chat() {
    let server = side(Hook::None);
    let served = serve(&server, Hook::None, ServerLayer::new(), panicking());
    Side::without_client().run(async {
        let answer = served.bare().chat(&["a", "panic", "b"]).await.unwrap();
        let (words, end) = drain(answer.into_inner()).await;
        assert_eq!(words, ["a"]);
        check_answer(&end.unwrap_err(), "chat");
    });
    server.transaction();
    drop(served);
    check_report(&server.sent(), "chat");
}

#[test]
fn the_connection_survives() {
    let server = side(Hook::None);
    let served = serve(&server, Hook::None, ServerLayer::new(), panicking());
    Side::without_client().run(async {
        let mut caller = served.bare();
        caller.say(note("")).await.unwrap_err();
        caller.say(note("well")).await.unwrap();
    });
    let sent = server.wait_for(|sent| sent.transactions.len() == 2);
    assert_eq!(sent.events.len(), 1);
}

#[test]
fn with_no_client_the_caller_still_has_an_answer() {
    let server = Side::without_client();
    let served = serve(&server, Hook::None, ServerLayer::new(), panicking());
    Side::without_client().run(async {
        let mut caller = served.bare();
        check_answer(&caller.say(note("")).await.unwrap_err(), "unary");
        let stream = caller.split(note("")).await.unwrap().into_inner();
        check_answer(&drain(stream).await.1.unwrap_err(), "stream");
    });
}

#[test]
fn gone_on_with_if_asked() {
    for hook in HOOKS {
        let server = side(hook);
        let layer = ServerLayer::new().repanic(true);
        let served = serve(&server, hook, layer, panicking());
        Side::without_client().run(async {
            let mut caller = served.bare();
            let status = caller.say(note("")).await.unwrap_err();
            assert_eq!(status.code(), Code::Cancelled, "the stream was reset");
        });
        server.transaction();
        drop(served);
        check_report(&server.sent(), &format!("{hook:?}"));
    }
}

/// Panics before there is a future.
#[derive(Clone)]
struct Eager;

impl<B> tower::Service<http::Request<B>> for Eager {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Boxed<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Request<B>) -> Self::Future {
        panic!("before there is a future, with a secret")
    }
}

#[test]
fn in_the_call_itself() {
    let server = side(Hook::None);
    let served = server.serve_by(|listener| async move {
        // Directly inside of our layer: tonic's router calls later.
        let service = tower::Layer::layer(&ServerLayer::new(), Eager);
        let (socket, _) = listener.accept().await.unwrap();
        let service = hyper_util::service::TowerToHyperService::new(service);
        let executor = hyper_util::rt::TokioExecutor::new();
        let socket = hyper_util::rt::TokioIo::new(socket);
        let _ = hyper::server::conn::http2::Builder::new(executor)
            .serve_connection(socket, service)
            .await;
    });
    Side::without_client().run(async {
        let status = served.bare().say(note("")).await.unwrap_err();
        check_answer(&status, "call");
    });
    server.transaction();
    drop(served);
    check_report(&server.sent(), "call");
}
