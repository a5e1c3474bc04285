//! Summaries of traces as they grow.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::Stream;
use throughline_api::inspector::v1 as pb;
use throughline_service_kit::spawn;
use throughline_trace_store::Committed;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::app::{App, now};

use super::{convert, failed};

/// The stream.
pub(super) type Tail = Pin<Box<dyn Stream<Item = Result<pb::TailTracesResponse, Status>> + Send>>;

/// Everything from now on; ends when the reader is gone or the inspector stops.
pub(super) fn tail(app: App, service: String) -> Tail {
    let (send, receive) = mpsc::channel(16);
    let mut arrivals = app.arrivals();
    spawn(async move {
        let work = async {
            while let Some(grown) = gather(&app, &mut arrivals).await {
                for trace in grown {
                    match summary(&app, trace, &service).await {
                        Ok(None) => {}
                        Ok(Some(summary)) => {
                            let response = pb::TailTracesResponse {
                                summary: Some(summary),
                            };
                            if send.send(Ok(response)).await.is_err() {
                                return;
                            }
                        }
                        Err(status) => {
                            // The reader may be gone already.
                            drop(send.send(Err(status)).await);
                            return;
                        }
                    }
                }
            }
        };
        tokio::select! {
            () = work => {}
            () = send.closed() => {}
            () = app.shutdown.requested() => {}
        }
    });
    Box::pin(ReceiverStream::new(receive))
}

/// The traces that have grown within a moment of the next arrival.
async fn gather(app: &App, arrivals: &mut Receiver<Arc<Committed>>) -> Option<BTreeSet<String>> {
    let mut grown = BTreeSet::new();
    let mut until = None;
    loop {
        let next = match until {
            None => arrivals.recv().await,
            Some(until) => match timeout_at(until, arrivals.recv()).await {
                Ok(next) => next,
                Err(_) => return Some(grown),
            },
        };
        match next {
            Ok(committed) => grown.extend(committed.traces.iter().cloned()),
            // A reader this slow misses summaries; the next of that trace makes up for it.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
        until.get_or_insert_with(|| Instant::now() + app.limits.gather);
    }
}

async fn summary(
    app: &App,
    trace: String,
    service: &str,
) -> Result<Option<pb::TraceSummary>, Status> {
    let tree = app
        .read(move |store| store.outline(&trace, now()))
        .await
        .map_err(failed)?;
    let tree = tree.filter(|tree| service.is_empty() || tree.has_service(service));
    Ok(tree.as_ref().map(convert::summary))
}
