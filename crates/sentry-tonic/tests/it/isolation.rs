//! Scopes do not leak from one call into another, and a call's scope is
//! current in all that runs for it.

use std::collections::HashSet;

use futures_util::{StreamExt, future::join_all, stream};
use sentry_core::{Hub, Level};
use sentry_tonic::ServerLayer;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Response;
use tonic::transport::Server;

use crate::echo::{Echo, note};
use crate::stage::{Side, drain, trace_of, trace_of_event};

const CALLS: usize = 1000;

/// Tags its scope, lets others run, and reports from a handler and a stream.
fn gossip() -> Echo {
    Echo::new().split(|request| async move {
        let name = request.into_inner().text;
        sentry_core::configure_scope(|scope| scope.set_tag(&name, &name));
        tokio::task::yield_now().await;
        sentry_core::capture_message(&name, Level::Info);
        let words = stream::iter(0..3).then(move |index| {
            let name = name.clone();
            async move {
                tokio::task::yield_now().await;
                if index == 1 {
                    sentry_core::capture_message(&name, Level::Info);
                }
                Ok(note(name))
            }
        });
        Ok(Response::new(words.boxed()))
    })
}

#[test]
fn a_thousand_interleaved_calls_keep_their_scopes() {
    let (server, client) = (Side::new(), Side::without_client());
    let base = server.hub.clone();
    // Several threads, none of which has the server's hub as its own.
    let served = Side::without_client().serve_by(move |listener| async move {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build()
            .unwrap();
        let listener = listener.into_std().unwrap();
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            Server::builder()
                .layer(ServerLayer::new().hub(base))
                .add_service(gossip())
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await
        });
        let _runtime = Background(Some(runtime));
        std::future::pending().await
    });
    client.run(async {
        let caller = served.bare();
        join_all((0..CALLS).map(|index| {
            let mut caller = caller.clone();
            async move {
                let name = format!("call-{index}");
                let stream = caller.split(note(&name)).await.unwrap().into_inner();
                let (words, end) = drain(stream).await;
                end.unwrap();
                assert_eq!(words, [&*name; 3]);
            }
        }))
        .await;
    });
    let sent = server.wait_for(|sent| sent.transactions.len() == CALLS);
    assert_eq!(sent.events.len(), 2 * CALLS);

    let mut names = HashSet::new();
    for transaction in &sent.transactions {
        let tags: Vec<_> = transaction.tags.keys().collect();
        assert_eq!(tags.len(), 1, "{tags:?}");
        assert!(names.insert(tags[0].clone()), "{tags:?} twice");
    }
    let traces: HashSet<_> = sent
        .transactions
        .iter()
        .map(|transaction| {
            let name = transaction.tags.keys().next().unwrap().clone();
            (name, trace_of(transaction).span_id.to_string())
        })
        .collect();
    for event in &sent.events {
        let name = event.message.clone().unwrap();
        assert_eq!(event.tags.keys().collect::<Vec<_>>(), [&name]);
        let span = trace_of_event(event).span_id.to_string();
        assert!(traces.contains(&(name, span)), "an event of another call");
    }
    let leaked = server.hub.configure_scope(|scope| scope.get_span());
    assert!(leaked.is_none());
}

/// A runtime that may be dropped where another one runs.
struct Background(Option<tokio::runtime::Runtime>);

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Captures when it is dropped.
struct LastWord;

impl Drop for LastWord {
    fn drop(&mut self) {
        sentry_core::capture_message("dropped", Level::Info);
    }
}

#[test]
fn what_a_call_drops_is_dropped_in_its_scope() {
    let (begun, has_begun) = tokio::sync::oneshot::channel::<()>();
    let begun = std::sync::Mutex::new(Some(begun));
    let server = Side::new();
    let echo = Echo::new()
        .say(move |_| {
            let _ = begun.lock().unwrap().take().map(|begun| begun.send(()));
            async {
                let _word = LastWord;
                std::future::pending().await
            }
        })
        .split(|_| async {
            let word = LastWord;
            let silence = stream::pending().inspect(move |_: &Result<_, _>| {
                let _ = &word;
            });
            Ok(Response::new(
                stream::iter([Ok(note("one"))]).chain(silence).boxed(),
            ))
        });
    let served = server.serve(ServerLayer::new(), echo);
    Side::without_client().run(async {
        let mut caller = served.bare();
        let mut stream = caller.split(note("")).await.unwrap().into_inner();
        stream.message().await.unwrap();
        drop(stream);
        tokio::select! {
            _ = caller.say(note("")) => panic!("never answers"),
            begun = has_begun => begun.unwrap(),
        }
    });
    let sent = server.wait_for(|sent| sent.transactions.len() == 2);
    assert_eq!(sent.events.len(), 2);
    let calls: HashSet<_> = sent
        .transactions
        .iter()
        .map(|transaction| trace_of(transaction).span_id.to_string())
        .collect();
    let words: HashSet<_> = sent
        .events
        .iter()
        .map(|event| trace_of_event(event).span_id.to_string())
        .collect();
    assert_eq!(calls, words);
}

#[test]
fn the_hub_of_the_thread_is_as_it_was() {
    let server = Side::new();
    let hub = server.hub.clone();
    let served = server.serve_by(move |listener| async move {
        let echo = Echo::new().say(move |request| {
            let hub = hub.clone();
            async move {
                assert!(!std::sync::Arc::ptr_eq(&Hub::current(), &hub));
                Ok(Response::new(request.into_inner()))
            }
        });
        Server::builder()
            .layer(ServerLayer::new())
            .add_service(echo)
            .serve_with_incoming(TcpListenerStream::new(listener))
            .await
            .unwrap();
    });
    Side::without_client().run(async { served.bare().say(note("")).await.unwrap() });
    assert!(
        server
            .hub
            .configure_scope(|scope| scope.get_span())
            .is_none()
    );
}
