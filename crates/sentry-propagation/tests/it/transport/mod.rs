//! The transport against collectors on real sockets: good, slow, full, silent, gone.

mod collector;
mod delivery;
mod header;
mod losses;
mod stop;

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use sentry_core::protocol::{Event, Level, Log, LogLevel};
use sentry_core::{Client, Hub, TransactionContext};
use sentry_propagation::client_options_with;
use sentry_propagation::transport::{HttpTransportFactory, Limits};

use self::collector::{Collector, Mode};

/// A process's client, with the transport that is tested.
struct Sender {
    client: Arc<Client>,
    hub: Arc<Hub>,
    transport: HttpTransportFactory,
}

impl Sender {
    fn new(dsn: &str, limits: Limits) -> Self {
        Self::of(dsn, HttpTransportFactory::new().limits(limits))
    }

    fn of(dsn: &str, transport: HttpTransportFactory) -> Self {
        let options = client_options_with(transport.clone()).traces_sample_rate(1.0);
        let client = Arc::new(Client::from_config((dsn, options)));
        let hub = Arc::new(Hub::new(Some(client.clone()), Arc::default()));
        Self {
            client,
            hub,
            transport,
        }
    }

    fn transaction(&self, name: &str) {
        Hub::run(self.hub.clone(), || {
            sentry_core::start_transaction(TransactionContext::new(name, "test")).finish();
        });
    }

    fn event(&self, message: &str) {
        self.hub.capture_event(Event {
            message: Some(message.to_owned()),
            level: Level::Error,
            ..Event::default()
        });
    }

    fn log(&self, body: &str) {
        self.hub.capture_log(Log {
            level: LogLevel::Info,
            body: body.to_owned(),
            trace_id: None,
            timestamp: std::time::SystemTime::now(),
            severity_number: None,
            attributes: Default::default(),
        });
    }

    /// How many of `category` were lost for `reason`.
    fn lost(&self, reason: &str, category: &str) -> u64 {
        let losses = self.transport.losses();
        let found = losses
            .iter()
            .find(|loss| loss.reason == reason && loss.category == category);
        found.map_or(0, |loss| loss.quantity)
    }
}

const LONG: Duration = Duration::from_secs(3600);

/// Bounds that let a test see them reached soon, and a collector that answers be in time on a slow machine.
fn quick() -> Limits {
    let mut limits = Limits::default();
    limits.request = Duration::from_secs(3);
    limits.report_interval = Duration::from_millis(20);
    limits
}

/// Bounds that no stop reaches which ends.
fn patient() -> Limits {
    let mut limits = Limits::default();
    (limits.request, limits.shutdown) = (LONG, LONG);
    limits
}

/// Runs `work` on a thread of its own; a test in which it never returns fails instead of hanging.
fn returns<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = channel();
    std::thread::spawn(move || done.send(work()));
    result
        .recv_timeout(Duration::from_secs(60))
        .expect("it returns")
}

/// Waits until `condition` holds.
fn eventually(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..6000 {
        if condition() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never came: {what}");
}
