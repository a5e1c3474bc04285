//! The head of a trace that starts with a command at a terminal. It knows no commands.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;

use sentry_core::protocol::SpanStatus;
use sentry_core::{Hub, SentryFutureExt};

use crate::Telemetry;

/// The operation of a head transaction.
const OPERATION: &str = "cli.command";

impl Telemetry {
    /// Runs `future` inside a `cli.command` transaction of this `name`, which ends with its outcome.
    ///
    /// The name should be the command without its arguments (`throughline graph path`), so that few names stand
    /// for many runs.
    pub async fn head<F, T, E>(&self, name: &str, future: F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
        E: Display,
    {
        let hub = Arc::new(Hub::new_from_top(Hub::current()));
        let transaction = Hub::run(hub.clone(), || {
            let context = sentry_core::TransactionContext::new(name, OPERATION);
            let transaction = sentry_core::start_transaction(context);
            transaction.set_origin("manual");
            sentry_core::configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
            transaction
        });
        let outcome = future.bind_hub(hub.clone()).await;
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
