//! The head of a trace that starts with a command at a terminal. It knows no commands.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;

use sentry_core::protocol::SpanStatus;
use sentry_core::{Hub, SentryFutureExt};
use sentry_propagation::{IncomingTrace, sdk};

use crate::Telemetry;

/// The operation of a head transaction.
const OPERATION: &str = "cli.command";
/// What made it.
const ORIGIN: &str = "auto.cli";

impl Telemetry {
    /// Runs `future` inside a `cli.command` transaction of this `name`, which ends with its outcome.
    ///
    /// The name should be the command without its arguments (`throughline graph path`), so that few names stand
    /// for many runs.
    ///
    /// Where there is no client, there is no head: a trace that nobody records must not be passed on.
    pub async fn head<F, T, E>(&self, name: &str, future: F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: Display,
    {
        let hub = Arc::new(Hub::new_from_top(Hub::current()));
        if !sdk::is_recording(&hub) {
            return future.await;
        }
        let started = sdk::start_transaction(&hub, &IncomingTrace::none(), name, OPERATION);
        hub.configure_scope(|scope| started.apply_to_scope(scope));
        let transaction = started.transaction;
        transaction.set_origin(ORIGIN);
        let outcome = started
            .context
            .clone()
            .bind(future)
            .bind_hub(hub.clone())
            .await;
        Hub::run(hub, || {
            transaction.set_status(match &outcome {
                Ok(_) => SpanStatus::Ok,
                Err(_) => SpanStatus::InternalError,
            });
            transaction.finish();
        });
        outcome
    }
}
