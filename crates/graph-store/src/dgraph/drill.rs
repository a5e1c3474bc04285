//! Faults made on purpose, as this backend has them. It changes nothing.

use throughline_dgraph_client::Dql;

use super::{DgraphStore, fault};
use crate::{Drill, Drilled, Error, Unavailable};

/// No index serves it.
const REFUSED: &str = "q(func: eq(tl.properties, \"\")) { uid }";

/// Goes to and fro between an edge and its end: in a graph that has an edge it takes minutes, and Dgraph looks at each
/// step whether anybody still waits for it.
const LONG: &str = "var(func: has(tl.source), first: 1) @recurse(depth: 1000000, loop: true) { tl.source ~tl.source }";

impl Drilled for DgraphStore {
    async fn drill(&self, drill: Drill) -> Result<(), Error> {
        match drill {
            Drill::Constraint => self.ask(Dql::new(REFUSED)).await.map(drop),
            Drill::Panic => panic!("a fault, as the call asked"),
            Drill::LongQuery => {
                tracing::debug!("a query runs, and does not end by itself");
                self.ask(Dql::new(LONG)).await?;
                std::future::pending().await
            }
            Drill::Locked(time) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
            Drill::Gone => Err(Error::Unavailable {
                reason: Unavailable::Away,
                message: "a fault, as the call asked".to_owned(),
            }),
            Drill::Corrupt => Err(fault::damaged("a fault, as the call asked")),
        }
    }
}
