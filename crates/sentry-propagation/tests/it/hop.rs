//! A service with a client of its own, whose transport asks for the sampling context as the real one does.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use http::HeaderMap;
use sentry_core::{
    Client, ClientOptions, Envelope, Hub, Transport, TransportFactory, TransportOptions,
};
use sentry_propagation::{
    IncomingTrace, Limits, SamplingContext, TraceContext, registry::ClientId, sdk,
};

pub(crate) const TRACE: &str = "09e04486820349518ac7b5d2adbf6ba5";
pub(crate) const SPAN: &str = "9cf635fa5b870b3a";

pub(crate) struct Hop {
    pub(crate) hub: Arc<Hub>,
    sent: Arc<Sent>,
}

#[derive(Default)]
struct Sent(Mutex<Vec<(Envelope, Option<SamplingContext>)>>);

struct Asking(ClientId, Arc<Sent>);

impl Transport for Asking {
    fn send_envelope(&self, envelope: Envelope) {
        let context = sdk::frozen_context(self.0, &envelope);
        self.1.0.lock().unwrap().push((envelope, context));
    }
}

struct Factory(Arc<Sent>);

impl TransportFactory for Factory {
    fn create_transport_with_options(&self, options: TransportOptions) -> Arc<dyn Transport> {
        Arc::new(Asking(sdk::client_id(&options.dsn), Arc::clone(&self.0)))
    }
}

impl Hop {
    pub(crate) fn new(name: &str, options: ClientOptions) -> Self {
        static PROJECT: AtomicU64 = AtomicU64::new(1);
        let project = PROJECT.fetch_add(1, Ordering::Relaxed);
        let sent = Arc::<Sent>::default();
        let mut options = options.dsn(&format!("http://{name}@collector.invalid/{project}"));
        options.transport = Some(Arc::new(Factory(Arc::clone(&sent))));
        let client = Arc::new(Client::with_options(options));
        let hub = Arc::new(Hub::new(Some(client), Arc::default()));
        Self { hub, sent }
    }

    pub(crate) fn sampling_all(name: &str) -> Self {
        Self::new(name, ClientOptions::new().traces_sample_rate(1.0))
    }

    /// Takes a call in, does `work` as its handler, and ends it.
    pub(crate) fn serve<T>(&self, headers: &HeaderMap, work: impl FnOnce(&Arc<Hub>) -> T) -> T {
        let incoming = IncomingTrace::extract(headers, &Limits::default());
        self.serve_trace(&incoming, work)
    }

    pub(crate) fn serve_trace<T>(
        &self,
        incoming: &IncomingTrace,
        work: impl FnOnce(&Arc<Hub>) -> T,
    ) -> T {
        let hub = Arc::new(Hub::new_from_top(&self.hub));
        let started = sdk::start_transaction(&hub, incoming, "shop.v1.Cart/Add", "rpc.server");
        hub.configure_scope(|scope| started.apply_to_scope(scope));
        let out = Hub::run(Arc::clone(&hub), || started.context.run(|| work(&hub)));
        Hub::run(hub, || started.transaction.finish());
        out
    }

    /// The headers of a call that the handler of `headers` makes.
    pub(crate) fn forward(&self, headers: &HeaderMap) -> HeaderMap {
        self.serve(headers, call)
    }

    /// Everything sent since it was last asked, with the context that belongs into its header.
    pub(crate) fn sent(&self) -> Vec<(Envelope, Option<SamplingContext>)> {
        std::mem::take(&mut self.sent.0.lock().unwrap())
    }

    /// The kinds and contexts of what was sent.
    pub(crate) fn sent_contexts(&self) -> Vec<(&'static str, Option<String>)> {
        let sent = self.sent();
        sent.iter()
            .map(|(envelope, context)| {
                let kind = if envelope.event().is_some() {
                    "event"
                } else {
                    "transaction"
                };
                let context = context.as_ref().map(|context| context.as_str().to_owned());
                (kind, context)
            })
            .collect()
    }
}

/// The headers of a call made here, under a span of its own, as a client layer makes it.
pub(crate) fn call(hub: &Arc<Hub>) -> HeaderMap {
    let Some(parent) = hub.configure_scope(|scope| scope.get_span()) else {
        return asked(hub);
    };
    let mut headers = HeaderMap::new();
    let child = sdk::start_child(hub, &parent, "rpc.client", "shop.v1.Stock/Take");
    if let Some(outgoing) = child.outgoing(hub) {
        outgoing.inject(&mut headers, &Limits::default());
    }
    child.span.finish();
    headers
}

/// The same with a span that was not started through us, which the SDK is asked about.
pub(crate) fn asked(hub: &Arc<Hub>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let span = hub.configure_scope(|scope| scope.get_span());
    let child = span.map(|span| span.start_child("rpc.client", "shop.v1.Stock/Take"));
    let outgoing = match &child {
        Some(child) => sdk::outgoing_of(hub, &child.clone().into()),
        None => sdk::outgoing(hub),
    };
    if let Some(outgoing) = outgoing {
        outgoing.inject(&mut headers, &Limits::default());
    }
    if let Some(child) = child {
        child.finish();
    }
    headers
}

pub(crate) fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

/// `sentry-trace` with the fixed ids and this suffix.
pub(crate) fn trace(suffix: &str) -> String {
    format!("{TRACE}-{SPAN}{suffix}")
}

pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

/// The suffix of `sentry-trace` after its ids.
pub(crate) fn flag(headers: &HeaderMap) -> &str {
    &text(headers, "sentry-trace").unwrap()[49..]
}

pub(crate) fn nothing_bound() -> Arc<Hub> {
    assert!(TraceContext::current().is_empty());
    Arc::new(Hub::new(None, Arc::default()))
}
