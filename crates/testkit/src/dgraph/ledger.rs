//! Timestamps and conflicts of the double: who writes what another has written since his start is aborted, if he still
//! has all of his keys.

use std::collections::{BTreeSet, HashMap};

use throughline_dgraph_client::api::{Mutation, TxnContext};

#[derive(Default)]
pub(super) struct Ledger {
    last: u64,
    /// When each key was last written.
    written: HashMap<String, u64>,
    pub(super) hash_needed: bool,
}

impl Ledger {
    pub(super) fn begin(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    pub(super) fn hash(&self, start_ts: u64) -> String {
        match self.hash_needed {
            true => format!("hash-{start_ts}"),
            false => String::new(),
        }
    }

    /// The fingerprints and predicates of some writes.
    pub(super) fn writes(mutations: &[Mutation]) -> (BTreeSet<String>, BTreeSet<String>) {
        let triples = mutations.iter().flat_map(|it| it.set.iter().chain(&it.del));
        let triples = triples.map(|it| (it.subject.clone(), it.predicate.clone()));
        let (mut keys, mut preds) = (BTreeSet::new(), BTreeSet::new());
        for (subject, predicate) in triples {
            keys.insert(format!("{subject}|{predicate}"));
            preds.insert(format!("1-0-{predicate}"));
        }
        (keys, preds)
    }

    /// The commit's timestamp, or nothing where there is a conflict.
    pub(super) fn commit<'a>(
        &mut self,
        start_ts: u64,
        keys: impl Iterator<Item = &'a String> + Clone,
    ) -> Option<u64> {
        let since = |key: &String| self.written.get(key).is_some_and(|at| *at > start_ts);
        if keys.clone().any(since) {
            return None;
        }
        self.last += 1;
        for key in keys {
            self.written.insert(key.clone(), self.last);
        }
        Some(self.last)
    }

    pub(super) fn end(&mut self, txn: &TxnContext) -> Option<TxnContext> {
        if txn.aborted {
            return Some(TxnContext {
                start_ts: txn.start_ts,
                aborted: true,
                ..TxnContext::default()
            });
        }
        let commit_ts = self.commit(txn.start_ts, txn.keys.iter())?;
        Some(TxnContext {
            start_ts: txn.start_ts,
            commit_ts,
            ..TxnContext::default()
        })
    }
}
