//! WatchChanges: reads on in the feed whenever the reader is ready for more, waits
//! for a commit where there is nothing, and says so from time to time.
//!
//! A watch holds a place in the feed and nothing else. One whose reader does not take
//! what it was sent, while more than a bounded number of changes is committed, is
//! ended: it would fall out of the feed sooner or later, and should learn of it.

use std::sync::Arc;

use futures_util::{Stream, stream};
use throughline_api::graph::v1::WatchChangesResponse;
use throughline_graph_store::{ChangesPart, Error, GraphStore, ReadChanges};
use tokio::sync::watch;
use tonic::Status;

use crate::{Limits, convert, status, steps::Steps};

/// The changes; what is wrong with the request is said at once. The first message is
/// a heartbeat with the token of the place where the watch begins.
pub(crate) async fn run<S: GraphStore>(
    store: Arc<S>,
    request: ReadChanges,
    limits: &Limits,
) -> Result<impl Stream<Item = Result<WatchChangesResponse, Status>> + use<S>, Status> {
    let mut commits = store.commits();
    let sent_at = *commits.borrow_and_update();
    let given = request.resume_token.clone();
    let mut watch = Watch {
        steps: Steps::new("graph.watch", limits),
        limits: limits.clone(),
        store,
        request,
        commits,
        sent_at,
        waiting: None,
        ended: false,
    };
    let first = watch.read().await.map_err(status::of)?;
    let begin = ChangesPart {
        resume_token: match given.is_empty() {
            true => first.resume_token.clone(),
            false => given,
        },
        ..ChangesPart::default()
    };
    watch.waiting = Some(first);
    let begin = stream::once(async move { Ok(convert::changes_to(begin)) });
    let changes = stream::unfold(watch, |mut watch| async {
        if watch.ended {
            return None;
        }
        let part = watch.next().await;
        watch.ended = part.is_err();
        Some((part.map(convert::changes_to), watch))
    });
    Ok(stream::StreamExt::chain(begin, changes))
}

struct Watch<S> {
    store: Arc<S>,
    request: ReadChanges,
    commits: watch::Receiver<u64>,
    limits: Limits,
    steps: Steps,
    /// How many changes there were when the last message was handed over.
    sent_at: u64,
    /// A part that was read before it was asked for.
    waiting: Option<ChangesPart>,
    ended: bool,
}

impl<S: GraphStore> Watch<S> {
    /// The next message; asked for when the one before has gone.
    async fn next(&mut self) -> Result<ChangesPart, Status> {
        let missed = self.commits.borrow().saturating_sub(self.sent_at);
        if missed > self.limits.watch_lag as u64 {
            return Err(status::fell_behind(self.limits.watch_lag));
        }
        let silent_until = tokio::time::Instant::now() + self.limits.heartbeat;
        let part = loop {
            let part = match self.waiting.take() {
                Some(part) => part,
                None => self.read().await.map_err(status::of)?,
            };
            if !part.changes.is_empty() {
                break part;
            }
            if part.caught_up {
                // A closed channel is the end of the store: only heartbeats are left.
                let commit = self.commits.changed();
                if !matches!(
                    tokio::time::timeout_at(silent_until, commit).await,
                    Ok(Ok(()))
                ) {
                    tokio::time::sleep_until(silent_until).await;
                    break part;
                }
            } else if silent_until <= tokio::time::Instant::now() {
                break part;
            }
        };
        self.sent_at = *self.commits.borrow();
        Ok(part)
    }

    /// A commit that comes after this read has begun is met by the next.
    async fn read(&mut self) -> Result<ChangesPart, Error> {
        self.commits.mark_unchanged();
        let part = self.store.read_changes(self.request.clone());
        let part = self.steps.run(part).await?;
        self.request.resume_token.clone_from(&part.resume_token);
        Ok(part)
    }
}
