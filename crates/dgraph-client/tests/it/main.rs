//! The client against a double of Dgraph, and against a real one where there is one.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cluster;
mod errors;
mod login;
mod quiet;
mod real;
mod secured;
mod transaction;

use serde::Deserialize;
use throughline_dgraph_client::{Dgraph, Dql, Error, Limits, Mutation, Options, Subject, Uid};
use throughline_testkit::dgraph::FakeDgraph;

/// Waits for nothing that a test does not wait for.
fn limits() -> Limits {
    Limits {
        first_pause: std::time::Duration::from_millis(1),
        longest_pause: std::time::Duration::from_millis(2),
        ..Limits::default()
    }
}

fn options(alphas: &[&FakeDgraph]) -> Options {
    Options {
        limits: limits(),
        ..Options::new(alphas.iter().map(|it| it.address()))
    }
}

fn client(alphas: &[&FakeDgraph]) -> Dgraph {
    Dgraph::new(options(alphas)).unwrap()
}

fn by_name(name: &str) -> Dql {
    let mut dql = Dql::new("q(func: eq(name, ");
    dql.value(name).push(")) { uid }");
    dql
}

/// The nodes of this name.
async fn find(dgraph: &Dgraph, name: &str) -> Result<Vec<Uid>, Error> {
    #[derive(Deserialize)]
    struct Found {
        #[serde(default)]
        q: Vec<Row>,
    }
    #[derive(Deserialize)]
    struct Row {
        uid: Uid,
    }
    let answer = dgraph.read().query(by_name(name)).await?;
    let found: Found = answer.blocks()?;
    Ok(found.q.into_iter().map(|row| row.uid).collect())
}

fn put(subject: Subject, name: &str) -> Vec<Mutation> {
    let mut mutation = Mutation::default();
    mutation.set(subject, "name", name);
    vec![mutation]
}
