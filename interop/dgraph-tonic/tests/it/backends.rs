//! The one backend of the contract here: the store in a real Dgraph, carried by dgraph-tonic.

use throughline_dgraph_client::Dgraph;
use throughline_graph_store::{DgraphOptions, DgraphStore, Limits};
use throughline_testkit::dgraph::{RealDgraph, lock_real};

/// Runs each test of a module on a fresh store.
macro_rules! suite {
    ($($test:ident)*) => {
        $(
            mod $test {
                #[tokio::test]
                async fn carried() {
                    let test = concat!(module_path!(), "::carried");
                    let found = crate::backends::dgraph(test, super::limits()).await;
                    if let Some((_real, store)) = found {
                        super::$test(store).await;
                    }
                }
            }
        )*
    };
}
pub(crate) use suite;

/// A fresh graph, for one test at a time; nothing where there is no Dgraph.
pub(crate) async fn dgraph(test: &str, limits: Limits) -> Option<(RealDgraph, DgraphStore)> {
    let real = lock_real(test).await?;
    let client = crate::options(real.endpoint(), None);
    Dgraph::new(client.clone())
        .unwrap()
        .drop_data()
        .await
        .unwrap();
    let options = DgraphOptions {
        limits,
        ..DgraphOptions::new(client)
    };
    Some((real, DgraphStore::open(options).await.unwrap()))
}
