//! A Sentry transport that never holds up a call or a stop.
//!
//! - `send_envelope` never blocks: what finds no room is dropped and counted.
//! - Several requests are under way at once, each bounded in time as a whole.
//! - `flush` never blocks a thread of a runtime, and gives up at its bound elsewhere.
//! - `shutdown` gives up at its bound and aborts what hangs.
//! - What is lost is counted by reason and category and reported to the collector.
//! - The frozen sampling context goes into the header of transactions and events, off the callers' threads.
//!
//! It does not use a proxy, and it takes no invalid certificates, whatever the client's options say.
//!
//! ```
//! use sentry_propagation::transport::{HttpTransportFactory, Limits, Resource};
//!
//! let mut limits = Limits::default();
//! limits.queue_envelopes = 1000;
//! let transport = HttpTransportFactory::new()
//!     .limits(limits)
//!     .resource(Resource::new().with("service.name", "graph"));
//! let options = sentry_core::ClientOptions::new().transport(transport);
//! # let _ = options;
//! ```

mod factory;
mod http;
mod limits;
mod losses;
mod parcel;
mod queue;
mod rate_limit;
mod resource;
mod weight;
mod wire;
mod worker;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sentry_core::protocol::client_report::Reason;
use sentry_core::{Envelope, Transport, TransportOptions};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

pub use self::factory::HttpTransportFactory;
pub use self::limits::Limits;
pub use self::losses::Loss;
pub use self::resource::Resource;

use self::http::Collector;
use self::losses::{Ledger, losses_of};
use self::parcel::Parcel;
use self::queue::Queue;
use self::worker::{Command, Worker};
use crate::counters::{self, Counter};
use crate::registry::ClientId;

/// The name of the transport's thread.
const THREAD: &str = "sentry-transport";

/// Sends envelopes to a collector over HTTP, from a thread of its own.
#[derive(Debug)]
pub struct HttpTransport {
    commands: UnboundedSender<Command>,
    queue: Arc<Queue>,
    ledger: Arc<Ledger>,
    abort: Arc<Notify>,
    limits: Limits,
    client: ClientId,
}

impl HttpTransport {
    /// A transport to the collector that the options name. It does not fail: without a collector's address or a thread,
    /// everything is lost and counted.
    pub fn new(options: &TransportOptions, limits: Limits, resource: Resource) -> Self {
        let (commands, received) = unbounded_channel();
        let queue = Arc::new(Queue::new(limits.queue_envelopes, limits.queue_bytes));
        let ledger = Arc::new(Ledger::default());
        let abort = Arc::new(Notify::new());
        let started = Collector::new(options, &limits).and_then(|collector| {
            let worker = Worker {
                collector,
                queue: queue.clone(),
                ledger: ledger.clone(),
                resource,
                limits: limits.clone(),
                abort: abort.clone(),
            };
            start(worker, received)
        });
        if let Err(error) = started {
            tracing::warn!(error, "no telemetry can be sent");
            queue.finish();
        }
        Self {
            commands,
            queue,
            ledger,
            abort,
            limits,
            client: crate::sdk::client_id(&options.dsn),
        }
    }

    /// What was lost so far, by reason and category.
    pub fn losses(&self) -> Vec<Loss> {
        self.ledger.total()
    }

    fn lose(&self, envelope: &Envelope, reason: Reason) {
        counters::add(Counter::EnvelopeQueueFull, 1);
        self.ledger.record(&losses_of(envelope), reason);
    }
}

fn start(
    worker: Worker,
    commands: tokio::sync::mpsc::UnboundedReceiver<Command>,
) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let run = move || {
        runtime.block_on(worker.run(commands));
        // A name that is still being looked up would hold up the end of the runtime.
        runtime.shutdown_background();
    };
    let thread = std::thread::Builder::new().name(THREAD.to_owned());
    thread
        .spawn(run)
        .map(drop)
        .map_err(|error| error.to_string())
}

impl Transport for HttpTransport {
    fn send_envelope(&self, envelope: Envelope) {
        let Some(ticket) = self.queue.admit(weight::weigh(&envelope)) else {
            return self.lose(&envelope, Reason::QueueOverflow);
        };
        let parcel = Parcel {
            context: crate::sdk::frozen_context(self.client, &envelope),
            envelope,
            ticket,
        };
        if let Err(refused) = self.commands.send(Command::Send(Box::new(parcel)))
            && let Command::Send(parcel) = refused.0
        {
            self.lose(&parcel.envelope, Reason::InternalSdkError);
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        let _ = self.commands.send(Command::Flush);
        if tokio::runtime::Handle::try_current().is_ok() {
            // A thread of a runtime has calls to serve; the transport sends without being waited for.
            return self.queue.is_empty();
        }
        self.queue
            .wait_empty(Instant::now() + timeout.min(self.limits.flush))
    }

    fn shutdown(&self, timeout: Duration) -> bool {
        let _ = self.commands.send(Command::Close);
        let deadline = Instant::now() + timeout.min(self.limits.shutdown);
        if self.queue.wait_finished(deadline) {
            return true;
        }
        self.abort.notify_one();
        self.queue.wait_finished(Instant::now() + self.limits.abort);
        false
    }
}
