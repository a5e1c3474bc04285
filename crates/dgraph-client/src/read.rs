//! Reading at one timestamp.

use crate::{Answer, Dgraph, Dql, Error, api, client::Sending, cluster::Repeat};

/// Queries of one moment.
#[derive(Debug)]
pub struct Read {
    dgraph: Dgraph,
    start_ts: u64,
    hash: String,
    best_effort: bool,
    alpha: Option<usize>,
}

impl Read {
    pub(crate) fn new(dgraph: Dgraph, start_ts: u64, best_effort: bool) -> Self {
        Self {
            dgraph,
            start_ts,
            hash: String::new(),
            best_effort,
            alpha: None,
        }
    }

    /// The moment; 0 before the first query.
    pub fn start_ts(&self) -> u64 {
        self.start_ts
    }

    /// What proves that the moment was given to this user; empty before the first query.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// With the hash that an earlier read at this moment had.
    #[must_use]
    pub fn with_hash(mut self, hash: impl Into<String>) -> Self {
        self.hash = hash.into();
        self
    }

    /// The schema: `schema` holds the predicates.
    pub async fn schema(&mut self) -> Result<Answer, Error> {
        self.query(Dql::schema()).await
    }

    /// Runs a query.
    pub async fn query(&mut self, dql: Dql) -> Result<Answer, Error> {
        let request = api::Request {
            start_ts: self.start_ts,
            hash: self.hash.clone(),
            read_only: true,
            best_effort: self.best_effort,
            ..api::Request::default()
        };
        let sending = Sending {
            operation: "query",
            dql,
            request,
            alpha: self.alpha,
            repeat: Repeat::Reads,
        };
        let (answer, txn, alpha) = self.dgraph.send(sending).await?;
        if self.start_ts == 0 {
            self.start_ts = txn.start_ts;
        }
        if !txn.hash.is_empty() {
            self.hash = txn.hash;
        }
        self.alpha = Some(alpha);
        Ok(answer)
    }
}
