//! Together with `sentry-tracing`: its spans nest under ours, and ours under
//! the one of tonic's `trace_fn`.

use futures_util::{StreamExt, stream};
use sentry_core::protocol::{Span, Transaction};
use sentry_tonic::ServerLayer;
use sentry_tracing::SpanLayer;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response};
use tracing::{Instrument, info_span};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::echo::{Echo, note};
use crate::stage::{Served, Side, drain, trace_of};

const TRACE: &str = "09e04486820349518ac7b5d2adbf6ba5";

fn echo() -> Echo {
    Echo::new().split(|_| {
        async {
            let words = stream::iter(["one", "two"]).then(|word| {
                async move {
                    tokio::task::yield_now().await;
                    Ok(note(word))
                }
                .instrument(info_span!("item"))
            });
            // Open until the stream is dropped, after its trailers.
            let open = info_span!("open");
            let words = words.inspect(move |_| {
                let _ = &open;
            });
            Ok(Response::new(words.boxed()))
        }
        .instrument(info_span!("handler"))
    })
}

fn serve(side: &Side, outer: bool) -> Served {
    side.serve_by(move |listener| async move {
        let _default = tracing_subscriber::registry()
            .with(SpanLayer::new().with_filter(LevelFilter::INFO))
            .set_default();
        let mut server = Server::builder();
        if outer {
            server = server.trace_fn(|_| info_span!("outer"));
        }
        server
            .layer(ServerLayer::new())
            .add_service(echo())
            .serve_with_incoming(TcpListenerStream::new(listener))
            .await
            .unwrap();
    })
}

fn call(served: &Served, trace: Option<&str>) {
    Side::without_client().run(async {
        let mut request = Request::new(note(""));
        if let Some(trace) = trace {
            let metadata = request.metadata_mut();
            metadata.insert("sentry-trace", trace.parse().unwrap());
        }
        let stream = served.bare().split(request).await.unwrap().into_inner();
        drain(stream).await.1.unwrap();
    });
}

fn spans<'a>(transaction: &'a Transaction<'_>, name: &str) -> Vec<&'a Span> {
    transaction
        .spans
        .iter()
        .filter(|span| span.description.as_deref() == Some(name))
        .collect()
}

#[test]
fn spans_of_handlers_and_streams_are_ours() {
    let side = Side::new();
    let served = serve(&side, false);
    call(&served, None);
    let transaction = side.transaction();
    let own = trace_of(&transaction).span_id;
    for (name, count) in [("handler", 1), ("item", 2), ("open", 1)] {
        let spans = spans(&transaction, name);
        assert_eq!(spans.len(), count, "{name}: {transaction:#?}");
    }
    assert_eq!(spans(&transaction, "handler")[0].parent_span_id, Some(own));
    assert_eq!(spans(&transaction, "item")[0].parent_span_id, Some(own));
}

#[test]
fn under_a_span_that_tonic_enters_ours_is_a_child() {
    let side = Side::new();
    let served = serve(&side, true);
    call(&served, None);
    let transaction = side.transaction();
    assert_eq!(transaction.name.as_deref(), Some("outer"));
    // Kept open for ours, though tonic lets go of it with the head.
    let ours = spans(&transaction, "it.v1.Echo/Split");
    assert_eq!(ours.len(), 1, "{transaction:#?}");
    assert_eq!(ours[0].parent_span_id, Some(trace_of(&transaction).span_id));
    assert_eq!(ours[0].data["rpc.response.status_code"], "OK");
    let handler = spans(&transaction, "handler");
    assert_eq!(handler[0].parent_span_id, Some(ours[0].span_id));
    assert_eq!(spans(&transaction, "item").len(), 2);
}

#[test]
fn a_trace_that_comes_in_goes_before_a_span_of_another() {
    let side = Side::new();
    let served = serve(&side, true);
    call(&served, Some(&format!("{TRACE}-9cf635fa5b870b3a-1")));
    let sent = side.wait_for(|sent| sent.transactions.len() == 2);
    let ours = sent
        .transactions
        .iter()
        .find(|transaction| transaction.name.as_deref() == Some("it.v1.Echo/Split"))
        .unwrap();
    assert_eq!(trace_of(ours).trace_id.to_string(), TRACE);
    assert_eq!(spans(ours, "handler").len(), 1);
    assert_eq!(spans(ours, "item").len(), 2);
}
