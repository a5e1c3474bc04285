//! Waits for a trace: woken by arrivals and by the end of its quiet time, never polling.

use std::time::Duration;

use throughline_trace_model::{Timestamp, TraceTree};
use throughline_trace_store::{Error, Found, Store};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until, timeout_at};
use tonic::Status;

use crate::app::{App, now};

use super::failed;
use super::reference::{Reference, ambiguous};

/// A tree, and how long until it would be quiet.
struct Seen {
    tree: TraceTree,
    quiet_in: Duration,
}

/// The trace as soon as it is quiet and `enough`, else as it is after `wait`.
pub(super) async fn until(
    app: &App,
    reference: &Reference,
    wait: Duration,
    enough: impl Fn(&TraceTree) -> bool,
) -> Result<Option<TraceTree>, Status> {
    let deadline = Instant::now() + wait;
    // Before the first look, so that nothing falls between.
    let mut arrivals = app.arrivals();
    loop {
        let seen = look(app, reference).await?;
        let done = seen
            .as_ref()
            .is_some_and(|seen| seen.tree.quiet && enough(&seen.tree));
        if done || Instant::now() >= deadline {
            return Ok(seen.map(|seen| seen.tree));
        }
        let wake = match &seen {
            Some(seen) if !seen.tree.quiet => deadline.min(Instant::now() + seen.quiet_in),
            _ => deadline,
        };
        tokio::select! {
            () = sleep_until(wake) => {}
            () = app.shutdown.requested() => return Err(Status::unavailable("stopping")),
            arrival = arrivals.recv() => {
                if matches!(arrival, Err(RecvError::Closed)) {
                    return Err(Status::unavailable("stopping"));
                }
                // A neighbour's arrival may explain a break here, so each counts; those
                // of one moment count once.
                let gathered = deadline.min(Instant::now() + app.limits.gather);
                let more = async { while !matches!(arrivals.recv().await, Err(RecvError::Closed)) {} };
                drop(timeout_at(gathered, more).await);
            }
        }
    }
}

async fn look(app: &App, reference: &Reference) -> Result<Option<Seen>, Status> {
    let id = match reference {
        Reference::Latest => app.read(Store::latest).await.map_err(failed)?,
        Reference::Prefix(prefix) => {
            let wanted = prefix.clone();
            match app
                .read(move |store| store.find(&wanted))
                .await
                .map_err(failed)?
            {
                Found::None => None,
                Found::One(id) => Some(id),
                Found::Many => return Err(ambiguous(prefix)),
            }
        }
    };
    let Some(id) = id else {
        return Ok(None);
    };
    app.read(move |store| tree(store, &id, now()))
        .await
        .map_err(failed)
}

fn tree(store: &Store, id: &str, now: Timestamp) -> Result<Option<Seen>, Error> {
    let Some(input) = store.input(id, now)? else {
        return Ok(None);
    };
    let age = now.since(input.last_arrival);
    let tree = TraceTree::build(input);
    let quiet_in = Duration::from_nanos(tree.quiet_after().saturating_sub(age));
    Ok(Some(Seen { tree, quiet_in }))
}
