//! A transaction that takes several requests. Dgraph keeps its writes, and the client keeps what tells conflicts: lose a
//! key, and a conflict goes unnoticed.

use std::{collections::BTreeSet, sync::Arc};

use tracing::Instrument as _;

use crate::{Answer, Dgraph, Dql, Error, Mutation, api, client::Sending, cluster::Repeat, span};

/// Ends by [`commit`](Self::commit); one that is dropped is discarded.
#[derive(Debug)]
pub struct Transaction {
    dgraph: Dgraph,
    state: State,
    alpha: Option<usize>,
    ended: bool,
}

/// What is carried from request to request.
#[derive(Debug, Default)]
struct State {
    start_ts: u64,
    hash: String,
    keys: BTreeSet<String>,
    preds: BTreeSet<String>,
    wrote: bool,
}

impl State {
    fn merge(&mut self, txn: api::TxnContext) -> Result<(), Error> {
        if self.start_ts == 0 {
            self.start_ts = txn.start_ts;
        }
        if txn.start_ts != self.start_ts {
            return Err(Error::Malformed);
        }
        if !txn.hash.is_empty() {
            self.hash = txn.hash;
        }
        self.keys.extend(txn.keys);
        self.preds.extend(txn.preds);
        Ok(())
    }

    fn context(&mut self, aborted: bool) -> api::TxnContext {
        api::TxnContext {
            start_ts: self.start_ts,
            aborted,
            keys: std::mem::take(&mut self.keys).into_iter().collect(),
            preds: std::mem::take(&mut self.preds).into_iter().collect(),
            hash: self.hash.clone(),
            ..api::TxnContext::default()
        }
    }
}

impl Transaction {
    pub(crate) fn new(dgraph: Dgraph) -> Self {
        Self {
            dgraph,
            state: State::default(),
            alpha: None,
            ended: false,
        }
    }

    /// The timestamp; 0 before the first request.
    pub fn start_ts(&self) -> u64 {
        self.state.start_ts
    }

    /// Reads what was there when the transaction began, and what it wrote.
    pub async fn query(&mut self, dql: Dql) -> Result<Answer, Error> {
        self.send("query", dql, Vec::new(), false).await
    }

    /// Writes; the mutations may use the query's variables.
    pub async fn mutate(&mut self, dql: Dql, mutations: Vec<Mutation>) -> Result<Answer, Error> {
        self.send("mutate", dql, mutations, false).await
    }

    /// Writes and commits, in one request.
    pub async fn mutate_and_commit(
        mut self,
        dql: Dql,
        mutations: Vec<Mutation>,
    ) -> Result<Answer, Error> {
        self.send("mutate", dql, mutations, true).await
    }

    async fn send(
        &mut self,
        operation: &'static str,
        dql: Dql,
        mutations: Vec<Mutation>,
        commit_now: bool,
    ) -> Result<Answer, Error> {
        let writes = !mutations.is_empty();
        let request = api::Request {
            start_ts: self.state.start_ts,
            hash: self.state.hash.clone(),
            mutations: mutations
                .into_iter()
                .flat_map(Mutation::into_messages)
                .collect(),
            commit_now,
            ..api::Request::default()
        };
        let sending = Sending {
            operation,
            dql,
            request,
            alpha: self.alpha,
            repeat: if writes {
                Repeat::Undone
            } else {
                Repeat::Reads
            },
        };
        // From here on Dgraph may hold writes, whatever comes back.
        self.state.wrote |= writes;
        self.ended = commit_now;
        let (answer, txn, alpha) = self.dgraph.send(sending).await.inspect_err(|error| {
            // Dgraph has let go of it by itself.
            self.ended |= *error == Error::Aborted;
        })?;
        self.alpha = Some(alpha);
        self.state.merge(txn)?;
        Ok(answer)
    }

    /// Commits; returns the commit's timestamp, 0 where nothing was written.
    pub async fn commit(mut self) -> Result<u64, Error> {
        self.ended = true;
        if !self.state.wrote {
            return Ok(0);
        }
        let context = self.state.context(false);
        end(&self.dgraph, "commit", context, self.alpha).await
    }

    /// Takes back what was written.
    pub async fn discard(mut self) -> Result<(), Error> {
        self.ended = true;
        if !self.state.wrote || self.state.start_ts == 0 {
            return Ok(());
        }
        let context = self.state.context(true);
        end(&self.dgraph, "discard", context, self.alpha)
            .await
            .map(drop)
    }
}

async fn end(
    dgraph: &Dgraph,
    operation: &'static str,
    context: api::TxnContext,
    alpha: Option<usize>,
) -> Result<u64, Error> {
    let span = span::of(operation, String::new);
    let cluster = dgraph.cluster();
    let context = Arc::new(context);
    let call = cluster.call(context, alpha, Repeat::Undone, cluster.deadline());
    let ended = call.instrument(span.clone()).await;
    let ended = ended.inspect_err(|error| span::failed(&span, error))?;
    Ok(ended.answer.commit_ts)
}

impl Drop for Transaction {
    /// Otherwise Dgraph would hold its writes until it has timed out.
    fn drop(&mut self) {
        if self.ended || !self.state.wrote || self.state.start_ts == 0 {
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (dgraph, alpha) = (self.dgraph.clone(), self.alpha);
        let context = self.state.context(true);
        let most = dgraph.limits().discard;
        let discard = async move {
            // Nobody waits for it, and Dgraph lets go of it in the end without it.
            let _ = tokio::time::timeout(most, end(&dgraph, "discard", context, alpha)).await;
        };
        drop(runtime.spawn(discard.in_current_span()));
    }
}
