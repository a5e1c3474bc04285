//! Putting another schema in force, if the graph fits it.

use std::collections::BTreeMap;

use serde::Deserialize;
use throughline_dgraph_client::{Dql, Subject};

use super::{
    DgraphStore,
    commit::{Commit, Committed},
    enforce::unique_token,
    load,
    row::{EdgeRow, NodeRow},
    write::overtaken,
};
use crate::{Error, NodeType, Schema, UpdateSchema, Violation, fit, plan};

#[derive(Deserialize)]
struct Blocks {
    #[serde(default)]
    n: Vec<NodeRow>,
    #[serde(default)]
    e: Vec<EdgeRow>,
}

pub(super) async fn update(store: &DgraphStore, request: &UpdateSchema) -> Result<Schema, Error> {
    let _last = store.turn.lock().await;
    let until = store.dgraph.deadline();
    let mut attempt = 0;
    loop {
        let meta = load::meta(store).await?;
        let mut state = meta.state.clone();
        let wanted = &request.schema;
        let etag = plan::etag(state.schema_revision);
        if !wanted.etag.is_empty() && wanted.etag != etag {
            return Err(Error::Aborted {
                index: 0,
                subject: "schema".to_owned(),
                problem: format!("the schema has been changed: its etag is {etag:?}"),
            });
        }
        let old = &state.schema;
        if (&wanted.node_types, &wanted.edge_types) == (&old.node_types, &old.edge_types) {
            return Ok(Schema {
                etag,
                ..state.schema
            });
        }
        let mut commit = Commit::new();
        check(store, old, wanted, &mut commit).await?;
        state.schema = Schema {
            etag: String::new(),
            ..wanted.clone()
        };
        state.schema_revision += 1;
        let answer = Schema {
            etag: plan::etag(state.schema_revision),
            ..wanted.clone()
        };
        if request.validate_only {
            return Ok(answer);
        }
        if let Committed::Done = store.put_state(commit, &meta, state).await? {
            return Ok(answer);
        }
        attempt += 1;
        let pause = store.dgraph.pause(attempt, until);
        if attempt >= store.bounds.overtaken || pause.await.is_none() {
            return Err(overtaken());
        }
    }
}

/// Holds what is there against it; what is unique is put beside its nodes. Whoever writes meanwhile overtakes this.
async fn check(
    store: &DgraphStore,
    old: &Schema,
    wanted: &Schema,
    commit: &mut Commit,
) -> Result<(), Error> {
    let mut violations = Violations {
        found: Vec::new(),
        most: store.limits.schema_violations,
    };
    let of = |types: &[NodeType], name: &str| types.iter().find(|it| it.name == name).cloned();
    let names = wanted
        .node_types
        .iter()
        .chain(&old.node_types)
        .map(|it| &it.name);
    let mut names: Vec<_> = names.collect();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(*name));
    for name in names {
        if of(&old.node_types, name) != of(&wanted.node_types, name) {
            nodes(store, name, wanted, commit, &mut violations).await?;
        }
    }
    let edge_types = wanted
        .edge_types
        .iter()
        .filter(|it| !old.edge_types.contains(it));
    let edge_types: Vec<_> = edge_types.map(|it| it.name.as_str()).collect();
    if !edge_types.is_empty() {
        edges(store, &edge_types, wanted, &mut violations).await?;
    }
    match violations.found {
        found if found.is_empty() => Ok(()),
        violations => Err(Error::Unfit { violations }),
    }
}

struct Violations {
    found: Vec<Violation>,
    most: usize,
}

impl Violations {
    fn note(&mut self, subject: String, problem: Option<String>) {
        if let Some(problem) = problem.filter(|_| self.found.len() < self.most) {
            self.found.push(Violation { subject, problem });
        }
    }
}

async fn nodes(
    store: &DgraphStore,
    name: &str,
    schema: &Schema,
    commit: &mut Commit,
    violations: &mut Violations,
) -> Result<(), Error> {
    let piece = store.bounds.list_piece;
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    let mut after = String::new();
    loop {
        let mut dql = Dql::new("n(func: eq(tl.type, ");
        dql.value(name)
            .push("), orderasc: tl.id, first: ")
            .int(super::commit::int(piece as u64));
        dql.push(") @filter(gt(tl.id, ").value(&after);
        dql.push(")) { uid tl.id tl.type tl.properties tl.revision }");
        let found: Blocks = store.read(dql, |it: &Blocks| it.n.len()).await?;
        for row in &found.n {
            let node = row.node()?;
            let mut problem = fit::node(schema, &node);
            let mut tokens = Vec::new();
            for (property, value) in fit::unique(schema, &node) {
                let token = unique_token(name, property, &fit::key(value)?);
                match owners.get(&token) {
                    Some(owner) => problem = problem.or_else(|| Some(fit::shared(property, owner))),
                    None => drop(owners.insert(token.clone(), node.id.clone())),
                }
                tokens.push(token);
            }
            if let Some(uid) = row.uid {
                commit.unique(Subject::Uid(uid), &tokens);
            }
            violations.note(format!("node {:?}", node.id), problem);
        }
        match found.n.last() {
            Some(last) if found.n.len() >= piece => after.clone_from(&last.id),
            _ => return Ok(()),
        }
    }
}

async fn edges(
    store: &DgraphStore,
    names: &[&str],
    schema: &Schema,
    violations: &mut Violations,
) -> Result<(), Error> {
    let piece = store.bounds.list_piece;
    let mut after = String::new();
    loop {
        let mut dql = Dql::new("e(func: eq(tl.edge_type, ");
        dql.values(names.iter().copied());
        dql.push("), orderasc: tl.key, first: ")
            .int(super::commit::int(piece as u64));
        dql.push(") @filter(gt(tl.key, ").value(&after);
        dql.push(")) { tl.key tl.properties tl.source { tl.type } tl.target { tl.type } }");
        let found: Blocks = store.read(dql, |it: &Blocks| it.e.len()).await?;
        for row in &found.e {
            let edge = row.edge()?;
            let problem = fit::edge(schema, &edge, row.source_type(), row.target_type());
            let key = &edge.key;
            let subject = format!("edge {:?} -[{}]-> {:?}", key.from, key.edge_type, key.to);
            violations.note(subject, problem);
        }
        match found.e.last() {
            Some(last) if found.e.len() >= piece => after = super::token::key(&last.key()?),
            _ => return Ok(()),
        }
    }
}
