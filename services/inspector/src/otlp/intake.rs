//! What becomes of decoded spans: kept at once, or held until another hop reports their
//! trace. Knows no protocol.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use throughline_service_kit::spawn;
use throughline_trace_model::{Decoded, Record, Source, Span};
use throughline_trace_store::{Arrival, Error, Store};
use tokio::sync::broadcast::error::RecvError;

use super::siblings::Siblings;
use super::waiting::Waiting;
use crate::app::{App, now};

/// Counted as an item: a noisy source's span whose trace nobody else reported.
const UNREPORTED: &str = "otlp_span_unreported";
/// Counted as an item: a noisy source's span beyond the bound on one parent's children.
const LEFT_OUT: &str = "otlp_span_left_out";

/// Takes decoded spans. Clones share what waits.
#[derive(Clone)]
pub(crate) struct Intake {
    pub(super) app: App,
    noisy: Arc<[String]>,
    waiting: Arc<Mutex<Waiting>>,
    siblings: Arc<Mutex<Siblings>>,
}

impl Intake {
    /// With the services whose names begin with one of `noisy` held to reported traces.
    pub(crate) fn new(app: App, noisy: &[String]) -> Self {
        let limits = &app.limits;
        let waiting = Waiting::new(limits.otlp_waiting_spans, limits.otlp_wait);
        let siblings = Siblings::new(limits.otlp_children, limits.otlp_parents);
        Self {
            noisy: noisy.into(),
            waiting: Arc::new(Mutex::new(waiting)),
            siblings: Arc::new(Mutex::new(siblings)),
            app,
        }
    }

    /// Stores or holds; returns once what is stored is committed.
    pub(super) async fn accept(&self, mut decoded: Decoded, source: Source) -> Result<(), Error> {
        let (noisy, mut kept): (Vec<_>, Vec<_>) = decoded
            .records
            .drain(..)
            .partition(|record| self.is_noisy(record));
        let traces = self.bounded(noisy, &mut decoded.items);
        let mut gone = 0;
        let ids = traces.keys().cloned().collect();
        for (trace_id, records) in traces {
            gone += lock(&self.waiting).hold(&trace_id, records, Instant::now());
        }
        // Held first, asked then: whoever reports the trace in between finds them.
        kept.extend(self.reported(ids).await?);
        count(&mut decoded.items, UNREPORTED, gone);
        decoded.records = kept;
        let arrival = Arrival {
            decoded,
            project: source.project,
            received: source.received,
            ..Arrival::default()
        };
        self.app.append(arrival).await
    }

    /// Gives out what waits as other hops report, and drops what has waited too long,
    /// until the inspector stops.
    pub(crate) fn follow(&self) {
        let this = self.clone();
        // Before the task runs, so that nothing falls between.
        let mut arrivals = this.app.arrivals();
        spawn(async move {
            let mut sweep = tokio::time::interval(this.app.limits.otlp_sweep);
            loop {
                let outcome = tokio::select! {
                    () = this.app.shutdown.requested() => return,
                    _ = sweep.tick() => this.drop_expired().await,
                    arrival = arrivals.recv() => {
                        let ids = match arrival {
                            Ok(committed) => committed.traces.clone(),
                            Err(RecvError::Lagged(_)) => lock(&this.waiting).ids(),
                            Err(RecvError::Closed) => return,
                        };
                        this.release(ids).await
                    }
                };
                if let Err(error) = outcome {
                    tracing::warn!(%error, "spans that waited were not stored");
                }
            }
        });
    }

    async fn release(&self, reported: Vec<String>) -> Result<(), Error> {
        let records = self.reported(reported).await?;
        if records.is_empty() {
            return Ok(());
        }
        self.later(Decoded {
            records,
            ..Decoded::default()
        })
        .await
    }

    async fn drop_expired(&self) -> Result<(), Error> {
        let gone = lock(&self.waiting).expire(Instant::now());
        if gone == 0 {
            return Ok(());
        }
        let mut decoded = Decoded::default();
        count(&mut decoded.items, UNREPORTED, gone);
        self.later(decoded).await
    }

    /// Stores what came with an earlier request.
    async fn later(&self, decoded: Decoded) -> Result<(), Error> {
        let arrival = Arrival {
            decoded,
            received: now(),
            later: true,
            ..Arrival::default()
        };
        self.app.append(arrival).await
    }

    /// What waits for those of the traces that the store knows: of a noisy source
    /// nothing gets there unless another hop was there before.
    async fn reported(&self, ids: Vec<String>) -> Result<Vec<Record>, Error> {
        let ids: Vec<_> = {
            let waiting = lock(&self.waiting);
            ids.into_iter().filter(|id| waiting.holds(id)).collect()
        };
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let known = self
            .app
            .read(move |store: &Store| store.known(&ids))
            .await?;
        let mut waiting = lock(&self.waiting);
        Ok(known.iter().flat_map(|id| waiting.take(id)).collect())
    }

    /// By trace, each parent's children within their bound.
    fn bounded(
        &self,
        noisy: Vec<Record>,
        items: &mut BTreeMap<String, u64>,
    ) -> BTreeMap<String, Vec<Record>> {
        let mut traces = BTreeMap::<String, Vec<Record>>::new();
        let mut spans = Vec::<Span>::new();
        for record in noisy {
            match record {
                Record::Span(span) => spans.push(span),
                other => {
                    if let Some(id) = other.trace_id().map(str::to_owned) {
                        traces.entry(id).or_default().push(other);
                    }
                }
            }
        }
        let (spans, left_out) = lock(&self.siblings).bound(spans);
        count(items, LEFT_OUT, left_out);
        for span in spans {
            let of = traces.entry(span.trace_id.clone()).or_default();
            of.push(Record::Span(span));
        }
        traces
    }

    fn is_noisy(&self, record: &Record) -> bool {
        let service = match record {
            Record::Span(span) => &span.service,
            Record::Event(event) => &event.service,
            Record::Log(log) => &log.service,
            Record::LossReport(_) => return false,
        };
        self.noisy.iter().any(|name| {
            service
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }
}

fn count(items: &mut BTreeMap<String, u64>, name: &str, more: u64) {
    if more > 0 {
        *items.entry(name.to_owned()).or_default() += more;
    }
}

/// What is in there is whole after each statement, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
