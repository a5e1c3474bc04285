//! Faults made on purpose, as this backend has them. It changes nothing.

use throughline_dgraph_client::Dql;

use super::{DgraphStore, fault};
use crate::{Drill, Drilled, Error, Unavailable};

/// No index serves it.
const REFUSED: &str = "q(func: eq(tl.properties, \"\")) { uid }";

impl Drilled for DgraphStore {
    async fn drill(&self, drill: Drill) -> Result<(), Error> {
        match drill {
            Drill::Constraint => self.ask(Dql::new(REFUSED)).await.map(drop),
            Drill::Panic => panic!("a fault, as the call asked"),
            Drill::LongQuery => std::future::pending().await,
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
