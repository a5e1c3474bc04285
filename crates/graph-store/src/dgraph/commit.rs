//! A plan as triples, and the one upsert that writes it if nobody was faster.

use std::collections::BTreeMap;

use throughline_dgraph_client::{Dql, Error as Fault, Mutation, Subject};

use super::{
    DgraphStore, fault,
    layout::{
        BACK_KEY, BEFORE, BYTES, CHANGES, COMMITTED, EDGE_TYPE, FIRST, ID, ID_WORD, KEPT,
        KEPT_TEXT, KEPT_UNTIL, KEY, LISTS_OF_NODE, OF_EDGE, OF_FEED, OF_KEPT, OF_NODE, PLACE,
        PROPERTIES, REVISION, SOURCE, STATE, TARGET, TURN, TYPE, UNIQUE, VALUE, WORD,
    },
    load::{Blocks, Loaded},
    row::{Meta, State},
    token,
};
use crate::{
    Edge, Error, Node, codec,
    plan::{self, Plan},
};

/// Triples that take effect together.
pub(super) struct Commit {
    mutation: Mutation,
    new: usize,
    /// What of the feed and of what is kept is to be forgotten.
    forget: Option<Forget>,
    forget_kept: Option<i64>,
}

pub(super) struct Forget {
    pub(super) place: i64,
    pub(super) committed: i64,
    pub(super) bytes: i64,
}

/// How a commit ended.
pub(super) enum Committed {
    Done,
    /// Somebody else wrote since the plan was made: nothing was changed.
    Overtaken,
    /// A guess was wrong, and nothing was changed: this is what is there.
    Otherwise(Box<Loaded>),
}

/// The turn is still the one that the plan knows.
const IN_TURN: &str = "@if(eq(len(m), 1))";
/// And nothing is there of what is named.
const IN_TURN_AND_NEW: &str = "@if(eq(len(m), 1) AND eq(len(there), 0))";

impl Commit {
    pub(super) fn new() -> Self {
        Self {
            mutation: Mutation::only_if(IN_TURN),
            new: 0,
            forget: None,
            forget_kept: None,
        }
    }

    fn fresh(&mut self) -> Subject {
        self.new += 1;
        Subject::New(self.new - 1)
    }

    /// What the plan changes; counts it in the state.
    pub(super) fn plan(
        &mut self,
        plan: &Plan,
        loaded: &Loaded,
        state: &mut State,
        unique: &BTreeMap<String, Vec<String>>,
    ) -> Result<(), Error> {
        let mut nodes: BTreeMap<&str, Subject> = BTreeMap::new();
        for (id, uid) in &loaded.uids {
            nodes.insert(id, Subject::Uid(*uid));
        }
        let put: BTreeMap<&str, &Node> = plan
            .put_nodes
            .iter()
            .map(|it| (it.id.as_str(), it))
            .collect();
        for id in &plan.drop_nodes {
            if let Some(node) = loaded.stored.nodes.get(id) {
                *state.nodes.entry(node.node_type.clone()).or_default() -= 1;
            }
            if let (false, Some(subject)) = (put.contains_key(id.as_str()), nodes.get(id.as_str()))
            {
                for predicate in OF_NODE {
                    self.mutation.clear(*subject, predicate);
                }
            }
        }
        for node in &plan.put_nodes {
            let stays = !plan.drop_nodes.contains(&node.id);
            if let Some(before) = loaded.stored.nodes.get(&node.id).filter(|_| stays) {
                *state.nodes.entry(before.node_type.clone()).or_default() -= 1;
            }
            *state.nodes.entry(node.node_type.clone()).or_default() += 1;
            let there = nodes.get(node.id.as_str()).copied();
            let subject = there.unwrap_or_else(|| self.fresh());
            nodes.insert(&node.id, subject);
            self.node(subject, there.is_some(), node, unique.get(&node.id))?;
        }
        let again: std::collections::BTreeSet<_> =
            plan.put_edges.iter().map(|it| &it.key).collect();
        let dropped: std::collections::BTreeSet<_> = plan.drop_edges.iter().collect();
        for (key, there) in &loaded.edges {
            let falls = plan.drop_nodes.contains(&key.from) || plan.drop_nodes.contains(&key.to);
            if falls || dropped.contains(key) {
                *state.edges.entry(key.edge_type.clone()).or_default() -= 1;
                if !again.contains(key) {
                    for predicate in OF_EDGE {
                        self.mutation.clear(there.uid, predicate);
                    }
                }
            }
        }
        for edge in &plan.put_edges {
            let key = &edge.key;
            let falls = plan.drop_nodes.contains(&key.from) || plan.drop_nodes.contains(&key.to);
            let there = loaded.edges.get(key);
            if there.is_none() || falls {
                *state.edges.entry(key.edge_type.clone()).or_default() += 1;
            }
            let ends = [&key.from, &key.to].map(|id| nodes.get(id.as_str()).copied());
            let [Some(source), Some(target)] = ends else {
                return Err(Error::Internal(
                    "an edge's end is neither there nor new".to_owned(),
                ));
            };
            match there {
                Some(there) => {
                    let properties = codec::encode(&edge.properties)?;
                    self.mutation.set(there.uid, PROPERTIES, properties);
                }
                None => self.edge(edge, source, target)?,
            }
        }
        state.nodes.retain(|_, count| *count != 0);
        state.edges.retain(|_, count| *count != 0);
        Ok(())
    }

    fn node(
        &mut self,
        subject: Subject,
        there: bool,
        node: &Node,
        unique: Option<&Vec<String>>,
    ) -> Result<(), Error> {
        if there {
            for predicate in LISTS_OF_NODE {
                self.mutation.clear(subject, predicate);
            }
        }
        let it = &mut self.mutation;
        it.set(subject, ID, node.id.as_str());
        it.set(subject, TYPE, node.node_type.as_str());
        it.set(subject, PROPERTIES, codec::encode(&node.properties)?);
        it.set(subject, REVISION, int(plan::revision(&node.etag)));
        let (id_words, all_words) = token::words_of(node);
        for (predicate, tokens) in [(ID_WORD, id_words), (WORD, all_words)] {
            for token in tokens {
                it.set(subject, predicate, token);
            }
        }
        for (name, value) in &node.properties {
            it.set(subject, VALUE, token::value(name, value));
        }
        for token in unique.into_iter().flatten() {
            it.set(subject, UNIQUE, token.as_str());
        }
        Ok(())
    }

    /// Sets a node's unique values anew, for a change of the schema.
    pub(super) fn unique(&mut self, subject: Subject, tokens: &[String]) {
        self.mutation.clear(subject, UNIQUE);
        for token in tokens {
            self.mutation.set(subject, UNIQUE, token.as_str());
        }
    }

    fn edge(&mut self, edge: &Edge, source: Subject, target: Subject) -> Result<(), Error> {
        let subject = self.fresh();
        let it = &mut self.mutation;
        it.set(subject, KEY, token::key(&edge.key));
        it.set(subject, BACK_KEY, token::back_key(&edge.key));
        it.set(subject, EDGE_TYPE, edge.key.edge_type.as_str());
        it.set(subject, PROPERTIES, codec::encode(&edge.properties)?);
        it.link(subject, SOURCE, source);
        it.link(subject, TARGET, target);
        Ok(())
    }

    /// A part of the feed.
    pub(super) fn feed(&mut self, part: super::feed::Part) {
        let subject = self.fresh();
        let it = &mut self.mutation;
        it.set(subject, PLACE, int(part.place));
        it.set(subject, FIRST, int(part.first));
        it.set(subject, COMMITTED, part.committed);
        it.set(subject, BYTES, int(part.bytes));
        it.set(subject, CHANGES, part.changes);
        if let Some(before) = part.before {
            it.set(subject, BEFORE, before);
        }
    }

    pub(super) fn forget(&mut self, forget: Forget) {
        self.forget = Some(forget);
    }

    /// Keeps a text under a key until then, and forgets what is out of time `now`.
    pub(super) fn keep(
        &mut self,
        key: &str,
        there: Option<Subject>,
        text: String,
        until: i64,
        now: i64,
    ) {
        let subject = there.unwrap_or_else(|| self.fresh());
        self.mutation.set(subject, KEPT, key);
        self.mutation.set(subject, KEPT_TEXT, text);
        self.mutation.set(subject, KEPT_UNTIL, until);
        self.forget_kept = Some(now);
    }

    /// Writes it if the turn is still the one that `meta` tells of.
    pub(super) async fn send(
        self,
        store: &DgraphStore,
        meta: &Meta,
        state: &State,
    ) -> Result<Committed, Fault> {
        let sent = self.upsert(store, Dql::default(), meta, state).await?;
        Ok(match sent.is_some_and(|blocks| !blocks.held.is_empty()) {
            true => Committed::Done,
            false => Committed::Overtaken,
        })
    }

    /// Writes it if, besides, nothing is there of what `there` asks for; else says what is.
    pub(super) async fn guess(
        mut self,
        store: &DgraphStore,
        there: Dql,
        meta: &Meta,
        state: &State,
    ) -> Result<Committed, Fault> {
        self.mutation.set_condition(IN_TURN_AND_NEW);
        let Some(blocks) = self.upsert(store, there, meta, state).await? else {
            return Ok(Committed::Overtaken);
        };
        if !blocks.held.is_empty() && blocks.are_empty() {
            return Ok(Committed::Done);
        }
        let loaded = Loaded::of(blocks).map_err(|_| Fault::Malformed)?;
        Ok(Committed::Otherwise(Box::new(loaded)))
    }

    /// What the statement found; nothing where the write was aborted.
    async fn upsert(
        mut self,
        store: &DgraphStore,
        mut dql: Dql,
        meta: &Meta,
        state: &State,
    ) -> Result<Option<Blocks>, Fault> {
        dql.push("m as var(func: eq(tl.meta, \"graph\")) @filter(eq(tl.turn, ");
        dql.int(meta.turn).push(")) held(func: uid(m)) { uid }");
        if let Some(forget) = &self.forget {
            dql.push(" p as var(func: le(tl.feed.place, ")
                .int(forget.place);
            dql.push(")) c as var(func: le(tl.feed.committed, ")
                .int(forget.committed);
            dql.push(")) b as var(func: le(tl.feed.bytes, ")
                .int(forget.bytes);
            dql.push(")) f as var(func: uid(p, c, b))");
            for predicate in OF_FEED {
                self.mutation.clear(Subject::Variable("f"), predicate);
            }
        }
        if let Some(now) = self.forget_kept {
            dql.push(" k as var(func: le(tl.kept.until, ")
                .int(now)
                .push("))");
            for predicate in OF_KEPT {
                self.mutation.clear(Subject::Variable("k"), predicate);
            }
        }
        let state = serde_json::to_string(state).map_err(|_| Fault::Malformed)?;
        self.mutation.set(meta.uid, TURN, meta.turn + 1);
        self.mutation.set(meta.uid, STATE, state);
        let answer = match store.dgraph.upsert(dql, vec![self.mutation]).await {
            Err(Fault::Aborted) => return Ok(None),
            answer => answer?,
        };
        let blocks: Blocks = answer.blocks()?;
        answer.rows(blocks.rows());
        Ok(Some(blocks))
    }
}

impl Commit {
    /// An error of the upsert, for the caller.
    pub(super) fn error(fault: Fault) -> Error {
        fault::error(fault)
    }
}

pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
