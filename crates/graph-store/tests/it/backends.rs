//! A fresh store of each backend.

use tempfile::TempDir;
use throughline_dgraph_client::{Dgraph, Options};
use throughline_graph_store::{
    DgraphOptions, DgraphStore, GraphStore, Limits, PlainRunner, RunBlocking, RunError,
    SqliteOptions, SqliteStore,
};

use throughline_testkit::dgraph::{RealDgraph, lock_real};

use crate::oracle::Oracle;

/// Runs each test of a module on a fresh store of each backend.
macro_rules! suite {
    ($($test:ident)*) => {
        mod memory {
            $(
                #[tokio::test]
                async fn $test() {
                    use crate::backends::{Backend as _, Memory};
                    super::$test(Memory.fresh(super::limits())).await;
                }
            )*
        }
        mod sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    use crate::backends::{Backend as _, Sqlite};
                    let backend = Sqlite::default();
                    super::$test(backend.fresh(super::limits())).await;
                }
            )*
        }
        mod dgraph {
            $(
                #[tokio::test]
                async fn $test() {
                    let test = concat!(module_path!(), "::", stringify!($test));
                    let found = crate::backends::dgraph(test, super::limits()).await;
                    if let Some((_real, store)) = found {
                        super::$test(store).await;
                    }
                }
            )*
        }
    };
}
pub(crate) use suite;

/// Makes fresh stores; what it holds on disk goes with it.
pub(crate) trait Backend: Default {
    type Store: GraphStore;

    fn fresh(&self, limits: Limits) -> Self::Store;
}

#[derive(Default)]
pub(crate) struct Memory;

impl Backend for Memory {
    type Store = Oracle;

    fn fresh(&self, limits: Limits) -> Oracle {
        Oracle::new(limits)
    }
}

pub(crate) struct Sqlite {
    pub(crate) folder: TempDir,
}

impl Default for Sqlite {
    fn default() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }
}

impl Sqlite {
    /// In memory where there is a folder for that: what is written to disk before an
    /// answer takes most of the time of a short history.
    pub(crate) fn in_memory() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Self {
            folder: folder.unwrap(),
        }
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("graph.db")
    }

    pub(crate) fn open<R: RunBlocking>(&self, options: SqliteOptions, runner: R) -> SqliteStore<R> {
        SqliteStore::open(&self.path(), options, runner).unwrap()
    }
}

impl Backend for Sqlite {
    type Store = SqliteStore<PlainRunner>;

    fn fresh(&self, limits: Limits) -> Self::Store {
        let options = SqliteOptions {
            limits,
            ..SqliteOptions::default()
        };
        self.open(options, PlainRunner)
    }
}

/// A fresh graph in a real Dgraph, for one test at a time; nothing where there is none.
pub(crate) async fn dgraph(test: &str, limits: Limits) -> Option<(RealDgraph, DgraphStore)> {
    let real = lock_real(test).await?;
    let store = dgraph_store(&real, limits).await;
    Some((real, store))
}

/// A fresh graph in it.
pub(crate) async fn dgraph_store(real: &RealDgraph, limits: Limits) -> DgraphStore {
    let client = Options::new([real.endpoint()]);
    Dgraph::new(client.clone())
        .unwrap()
        .drop_data()
        .await
        .unwrap();
    let options = DgraphOptions {
        limits,
        ..DgraphOptions::new(client)
    };
    DgraphStore::open(options).await.unwrap()
}

/// Runs the work in place, so that a thread's own subscriber sees its spans.
#[derive(Clone)]
pub(crate) struct Inline;

impl RunBlocking for Inline {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, RunError> {
        Ok(work())
    }
}
