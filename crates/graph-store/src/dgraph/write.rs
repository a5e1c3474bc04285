//! Writing: read what the mutations name, plan, write the difference if nobody was faster, else again.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::UNIX_EPOCH,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use throughline_dgraph_client::{Error as Fault, Subject};

use super::{
    DgraphStore,
    commit::{Commit, Committed, int},
    enforce, fault, feed,
    load::{self, Loaded},
    row::{Meta, State},
};
use crate::{
    Applied, ApplyMutations, Change, Error, ImportBatch, ImportStep, Imported, Mutation,
    MutationResult, ReadImport, Unavailable, plan,
};

/// A number that nobody else has.
pub(super) fn random() -> String {
    let state = RandomState::new();
    format!("{:016x}{:016x}", state.hash_one(0), state.hash_one(1))
}

/// A write, however often it has to be planned.
struct Write<'a> {
    mutations: &'a [Mutation],
    /// The nodes of an import come first, and its subjects are named otherwise.
    import_nodes: Option<usize>,
    keep: Keep<'a>,
}

/// What is kept with it for a time.
enum Keep<'a> {
    Nothing,
    Answer { key: String, digest: String },
    Step(&'a ImportStep),
}

/// The answer kept under an idempotency key.
#[derive(Serialize, Deserialize)]
struct KeptAnswer {
    digest: String,
    results: Vec<MutationResult>,
}

fn answer_key(key: &str) -> String {
    format!("answer {key}")
}

fn import_key(id: &str) -> String {
    format!("import {id}")
}

pub(super) async fn apply(store: &DgraphStore, request: &ApplyMutations) -> Result<Applied, Error> {
    let keep = match request.idempotency_key.as_str() {
        "" => Keep::Nothing,
        key => {
            let mutations = serde_json::to_vec(&request.mutations);
            let mutations = mutations.map_err(|error| Error::Internal(error.to_string()))?;
            let digest = format!("{:x}", Sha256::digest(mutations));
            Keep::Answer {
                key: answer_key(key),
                digest,
            }
        }
    };
    let write = Write {
        mutations: &request.mutations,
        import_nodes: None,
        keep,
    };
    let (results, replayed) = write.run(store).await?;
    Ok(Applied { results, replayed })
}

pub(super) async fn import(store: &DgraphStore, batch: ImportBatch) -> Result<Imported, Error> {
    let (nodes, edges) = (batch.nodes.len(), batch.edges.len());
    let puts = batch.nodes.into_iter().map(Change::PutNode);
    let puts = puts.chain(batch.edges.into_iter().map(Change::PutEdge));
    let mutations: Vec<_> = puts.map(Mutation::from).collect();
    let write = Write {
        mutations: &mutations,
        import_nodes: Some(nodes),
        keep: batch.step.as_ref().map_or(Keep::Nothing, Keep::Step),
    };
    let (results, _) = write.run(store).await?;
    Ok(Imported {
        nodes: nodes as u64,
        edges: edges as u64,
        changed: results.iter().filter(|result| result.changed).count() as u64,
    })
}

pub(super) async fn read_import(store: &DgraphStore, request: &ReadImport) -> Result<u64, Error> {
    let kept = load::kept(store, &import_key(&request.import_id)).await?;
    Ok(kept.and_then(|it| it.text.parse().ok()).unwrap_or(0))
}

/// What a plan comes to.
enum Planned {
    /// Nothing is to be written.
    Answered(Vec<MutationResult>, bool),
    Commit(Box<(Commit, State, Vec<MutationResult>, u64)>),
}

impl Write<'_> {
    fn subject(&self, index: usize) -> String {
        match self.import_nodes {
            None => format!("mutations[{index}]"),
            Some(nodes) if index < nodes => format!("nodes[{index}]"),
            Some(nodes) => format!("edges[{}]", index - nodes),
        }
    }

    fn key(&self) -> Option<String> {
        match &self.keep {
            Keep::Nothing => None,
            Keep::Answer { key, .. } => Some(key.clone()),
            Keep::Step(step) => Some(import_key(&step.import_id)),
        }
    }

    /// Whether it may be that nothing is there of what it names: it puts, and is no import, whose edges join what is there.
    fn may_be_new(&self) -> bool {
        let puts = |it: &Mutation| matches!(it.change, Change::PutNode(_) | Change::PutEdge(_));
        let any = !self.mutations.is_empty();
        any && self.import_nodes.is_none() && self.mutations.iter().all(puts)
    }

    async fn run(&self, store: &DgraphStore) -> Result<(Vec<MutationResult>, bool), Error> {
        let mut last = store.turn.lock().await;
        let until = store.dgraph.deadline();
        let mut attempt = 0;
        // The write whose end is not known, and the turn after which it would stand.
        let mut in_doubt: Option<(String, i64, Vec<MutationResult>, u64)> = None;
        let mut guess = last.guess().filter(|_| self.may_be_new());
        let mut known = None;
        let key = self.key();
        loop {
            let guessed = guess.take();
            let guesses = guessed.is_some();
            let loaded = match guessed.or(known.take()) {
                Some(loaded) => loaded,
                None => load::load(store, self.mutations, key.as_deref()).await?,
            };
            if let Some((writer, turn, results, added)) = in_doubt.take() {
                if loaded.meta.state.writer == writer {
                    store.tell(added);
                    return Ok((results, false));
                }
                if loaded.meta.turn > turn {
                    return Err(fault::error(Fault::Lost));
                }
            }
            let planned = self.plan(store, &loaded).await;
            let (commit, state, results, added) = match planned {
                Ok(Planned::Commit(planned)) => *planned,
                // What was guessed can be no answer.
                _ if guesses => continue,
                Ok(Planned::Answered(results, replayed)) => {
                    last.note(&loaded, loaded.meta.clone());
                    return Ok((results, replayed));
                }
                Err(error) => return Err(error),
            };
            let meta = &loaded.meta;
            let sent = match guesses {
                true => {
                    let there = load::guessing_statement(self.mutations, key.as_deref());
                    commit.guess(store, there, meta, &state).await
                }
                false => commit.send(store, meta, &state).await,
            };
            match sent {
                Ok(Committed::Done) => {
                    store.tell(added);
                    let turn = meta.turn + 1;
                    let uid = meta.uid;
                    last.note(&loaded, Meta { uid, turn, state });
                    return Ok((results, false));
                }
                Ok(Committed::Otherwise(there)) => {
                    known = Some(*there);
                    continue;
                }
                Ok(Committed::Overtaken) => {}
                // It may have been done: whether it was is seen by who wrote last.
                Err(Fault::Lost) => {
                    in_doubt = Some((state.writer, loaded.meta.turn + 1, results, added));
                }
                Err(fault) => return Err(Commit::error(fault)),
            }
            attempt += 1;
            let pause = store.dgraph.pause(attempt, until);
            if attempt >= store.bounds.overtaken || pause.await.is_none() {
                return Err(match in_doubt {
                    Some(_) => fault::error(Fault::Lost),
                    None => overtaken(),
                });
            }
        }
    }

    async fn plan(&self, store: &DgraphStore, loaded: &Loaded) -> Result<Planned, Error> {
        let now = (store.now)();
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = int(since.as_secs());
        let limits = store.limits.as_ref();
        let kept = loaded.kept.as_ref().filter(|it| it.until > seconds);
        match &self.keep {
            Keep::Answer { digest, .. } => {
                if let Some(kept) = kept {
                    return replay(&kept.text, digest);
                }
            }
            Keep::Step(step) => {
                let last = kept.and_then(|it| it.text.parse().ok()).unwrap_or(0_u64);
                let due = last.saturating_add(1);
                if ![1, due].contains(&step.sequence) {
                    let sequence = step.sequence;
                    return Err(Error::OutOfTurn { sequence, due });
                }
            }
            Keep::Nothing => {}
        }
        let plan = plan::plan(self.mutations, &loaded.stored, |index| self.subject(index))?;
        let mut state = loaded.meta.state.clone();
        let mut commit = Commit::new();
        let mut added = 0;
        if !plan.changes_nothing() {
            let subject = |index| self.subject(index);
            let unique = enforce::enforce(store, &plan, loaded, self.mutations, subject).await?;
            commit.plan(&plan, loaded, &mut state, &unique)?;
            added = feed::append(&mut commit, &plan, loaded, &mut state, now, limits)?;
        }
        // A node that came and went within the call has used up an etag, too.
        let used = plan.revision != loaded.stored.revision;
        state.revision = plan.revision;
        let there = kept.map(|it| Subject::Uid(it.uid));
        let until = |kept: std::time::Duration| seconds.saturating_add(int(kept.as_secs()));
        match &self.keep {
            Keep::Nothing if added == 0 && !used => {
                return Ok(Planned::Answered(plan.results, false));
            }
            Keep::Nothing => {}
            Keep::Answer { key, digest } => {
                let digest = digest.clone();
                let answer = KeptAnswer {
                    digest,
                    results: plan.results.clone(),
                };
                let text = serde_json::to_string(&answer);
                let text = text.map_err(|error| Error::Internal(error.to_string()))?;
                commit.keep(key, there, text, until(limits.idempotency_kept), seconds);
            }
            Keep::Step(step) => {
                let (key, text) = (import_key(&step.import_id), step.sequence.to_string());
                commit.keep(&key, there, text, until(limits.import_kept), seconds);
            }
        }
        state.writer = random();
        Ok(Planned::Commit(Box::new((
            commit,
            state,
            plan.results,
            added,
        ))))
    }
}

fn replay(text: &str, digest: &str) -> Result<Planned, Error> {
    let kept: KeptAnswer =
        serde_json::from_str(text).map_err(|_| fault::damaged("a kept answer"))?;
    match kept.digest == digest {
        true => Ok(Planned::Answered(kept.results, true)),
        false => Err(Error::invalid(
            "idempotency_key",
            "it was used within the last day with other mutations; choose another",
        )),
    }
}

pub(super) fn overtaken() -> Error {
    Error::Unavailable {
        reason: Unavailable::Locked,
        message: "others wrote faster, again and again".to_owned(),
    }
}

impl DgraphStore {
    /// Tells whoever follows the feed what was added to it.
    fn tell(&self, added: u64) {
        self.commits.send_if_modified(|count| {
            *count += added;
            added > 0
        });
    }

    /// Writes nothing but the state, for a change of the schema.
    pub(super) async fn put_state(
        &self,
        commit: Commit,
        meta: &Meta,
        mut state: State,
    ) -> Result<Committed, Error> {
        state.writer = random();
        commit.send(self, meta, &state).await.map_err(Commit::error)
    }
}
