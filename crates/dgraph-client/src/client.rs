//! What a program holds: one client of one Dgraph.

use std::{pin::pin, sync::Arc};

use tokio::time::Instant;
use tracing::Instrument as _;

use crate::{
    Answer, Dql, Error, Limits, Mutation, Options, Read, Transaction, api,
    cluster::{Cluster, Repeat},
    span,
};

/// A client; clones share its connections and its login.
#[derive(Clone)]
pub struct Dgraph {
    cluster: Arc<Cluster>,
}

impl std::fmt::Debug for Dgraph {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let options = self.cluster.options();
        formatter.debug_tuple("Dgraph").field(options).finish()
    }
}

/// A request in a transaction, as it is sent.
pub(crate) struct Sending {
    pub(crate) operation: &'static str,
    pub(crate) dql: Dql,
    pub(crate) request: api::Request,
    /// The alpha that the transaction has been with.
    pub(crate) alpha: Option<usize>,
    pub(crate) repeat: Repeat,
}

impl Dgraph {
    /// A client that connects when it is first used.
    pub fn new(options: Options) -> Result<Self, Error> {
        let cluster = Arc::new(Cluster::new(options)?);
        Ok(Self { cluster })
    }

    /// The version of an alpha that is ready; an error where none is, or where it is too old.
    pub async fn version(&self) -> Result<String, Error> {
        self.cluster.version().await
    }

    /// The bounds.
    pub fn limits(&self) -> &Limits {
        &self.cluster.options().limits
    }

    /// Changes the schema.
    pub async fn alter(&self, schema: &'static str) -> Result<(), Error> {
        let operation = api::Operation {
            schema: schema.to_owned(),
            ..api::Operation::default()
        };
        self.operate(operation, schema).await
    }

    /// Drops all data and the schema.
    pub async fn drop_all(&self) -> Result<(), Error> {
        self.drop(api::operation::DropOp::All).await
    }

    /// Drops all data.
    pub async fn drop_data(&self) -> Result<(), Error> {
        self.drop(api::operation::DropOp::Data).await
    }

    async fn drop(&self, what: api::operation::DropOp) -> Result<(), Error> {
        let operation = api::Operation {
            drop_op: what.into(),
            ..api::Operation::default()
        };
        self.operate(operation, "").await
    }

    async fn operate(&self, operation: api::Operation, shape: &str) -> Result<(), Error> {
        let span = span::of("alter", || shape);
        let until = self.cluster.deadline();
        let operation = Arc::new(operation);
        let call = self.cluster.call(operation, None, Repeat::Undone, until);
        let answered = call.instrument(span.clone()).await;
        answered
            .map(drop)
            .inspect_err(|error| span::failed(&span, error))
    }

    /// Reads: all queries of one [`Read`] are of one moment, that of the first, as far as Dgraph keeps to it: it forgets
    /// an index entry that has been emptied since (seen in v25.3.8), so that a later query of the same moment may miss
    /// what was deleted meanwhile. What must not depend on that goes into one query.
    pub fn read(&self) -> Read {
        Read::new(self.clone(), 0, false)
    }

    /// Reads as of an earlier moment, as long as it is kept.
    pub fn read_at(&self, start_ts: u64) -> Read {
        Read::new(self.clone(), start_ts, false)
    }

    /// Reads what the alpha that is asked knows, which may be a little old.
    pub fn read_best_effort(&self) -> Read {
        Read::new(self.clone(), 0, true)
    }

    /// Begins a transaction of several requests.
    pub fn transaction(&self) -> Transaction {
        Transaction::new(self.clone())
    }

    /// A query and mutations that use its variables, committed in one request. Not sent again where it may have been done.
    pub async fn upsert(&self, dql: Dql, mutations: Vec<Mutation>) -> Result<Answer, Error> {
        let sending = Sending {
            operation: "upsert",
            dql,
            request: api::Request {
                mutations: mutations
                    .into_iter()
                    .flat_map(Mutation::into_messages)
                    .collect(),
                commit_now: true,
                ..api::Request::default()
            },
            alpha: None,
            repeat: Repeat::Undone,
        };
        Ok(self.send(sending).await?.0)
    }

    /// Runs a transaction and commits it; begins it anew, after a pause, where it was aborted, as long as there is time.
    pub async fn retry<T, E>(
        &self,
        mut work: impl AsyncFnMut(&mut Transaction) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<Error> + AsRef<Error>,
    {
        let until = self.cluster.deadline();
        let mut attempt = 0;
        loop {
            let mut transaction = self.transaction();
            let done = match work(&mut transaction).await {
                Ok(done) => transaction.commit().await.map(|_| done).map_err(E::from),
                Err(error) => Err(error),
            };
            match done {
                Err(error) if *error.as_ref() == Error::Aborted => {
                    attempt += 1;
                    self.pause(attempt, until).await.ok_or(error)?;
                }
                done => return done,
            }
        }
    }

    /// Waits before something is tried again; nothing, where it has been tried too often or there is no time.
    pub async fn pause(&self, attempt: usize, until: Instant) -> Option<()> {
        let limits = self.limits();
        let pause = limits.pause(attempt);
        if attempt >= limits.transactions || Instant::now() + pause >= until {
            return None;
        }
        tokio::time::sleep(pause).await;
        Some(())
    }

    /// When the time of a call that begins now is up.
    pub fn deadline(&self) -> Instant {
        self.cluster.deadline()
    }

    pub(crate) fn cluster(&self) -> &Arc<Cluster> {
        &self.cluster
    }

    /// Sends it; returns the answer, the transaction as it stands, and the alpha.
    pub(crate) async fn send(
        &self,
        sending: Sending,
    ) -> Result<(Answer, api::TxnContext, usize), Error> {
        let span = span::of(sending.operation, || sending.dql.shape());
        let size: usize = sending
            .request
            .mutations
            .iter()
            .map(|it| it.set.len() + it.del.len())
            .sum();
        if size > 0 {
            span.record("db.operation.batch.size", size);
        }
        let (query, vars) = sending.dql.into_request();
        let request = api::Request {
            query,
            vars,
            ..sending.request
        };
        let until = self.cluster.deadline();
        let request = Arc::new(request);
        // In its place: it is large, and would be moved.
        let call = pin!(
            self.cluster
                .call(request, sending.alpha, sending.repeat, until)
        );
        let answered = call.instrument(span.clone()).await;
        let mut answered = answered.inspect_err(|error| span::failed(&span, error))?;
        if !span.is_disabled() {
            span::note(&span, &answered.answer, answered.taken);
            span.record("server.address", self.cluster.address(answered.alpha));
            span.record("dgraph.retries", answered.retries);
        }
        let txn = answered.answer.txn.take().unwrap_or_default();
        let answer = Answer::new(answered.answer, &txn, span);
        Ok((answer, txn, answered.alpha))
    }
}
