//! What Dgraph answered to a statement.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use tracing::Span;

use crate::{Error, Uid, api};

/// The answer to a query or an upsert. Its span ends with it, so that reading the blocks is part of it.
#[derive(Debug)]
pub struct Answer {
    json: Vec<u8>,
    uids: HashMap<String, String>,
    /// The timestamp at which it was read.
    pub start_ts: u64,
    /// When what it wrote was committed; 0 if nothing was.
    pub commit_ts: u64,
    span: Span,
}

impl Answer {
    pub(crate) fn new(answer: api::Response, txn: &api::TxnContext, span: Span) -> Self {
        Self {
            json: answer.json,
            uids: answer.uids,
            start_ts: txn.start_ts,
            commit_ts: txn.commit_ts,
            span,
        }
    }

    /// The blocks of the query; an answer without any is an empty object.
    pub fn blocks<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let json = match self.json.is_empty() {
            true => b"{}".as_slice(),
            false => &self.json,
        };
        serde_json::from_slice(json).map_err(|_| Error::Malformed)
    }

    /// Notes how many rows the blocks have.
    pub fn rows(&self, count: usize) {
        self.span.record("db.response.returned_rows", count);
    }

    /// The uid of the new node with this number.
    pub fn uid(&self, number: usize) -> Option<Uid> {
        self.uids.get(&format!("n{number}"))?.parse().ok()
    }
}
