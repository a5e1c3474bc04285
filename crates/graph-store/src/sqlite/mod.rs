//! The embedded backend: one SQLite file in WAL mode, `synchronous=FULL`.
//!
//! One connection writes, a few read; every statement is a span. Knows nothing of
//! who calls it or of how blocking work is run.

mod caller;
mod drill;
mod enforce;
mod export;
mod fault;
mod feed;
mod filter;
mod import;
mod list;
mod mutate;
mod node;
mod open;
mod path;
mod pool;
mod presence;
mod reading;
mod rules;
mod schema;
mod search;
mod snapshots;
mod sql;
mod statement;
mod stats;
mod traverse;

use std::{path::PathBuf, sync::Arc, time::SystemTime};

use rusqlite::Connection;
use tokio::sync::{mpsc, watch};

pub use self::drill::{Drill, Drilled};
pub use self::open::{OpenError, SqliteLimits, SqliteOptions};
use self::{
    caller::{Caller, Leaves},
    feed::Feed,
    pool::{Lease, Pool},
    presence::Presence,
    reading::Reading,
    snapshots::Snapshots,
};
use crate::codec;
use crate::{
    Applied, ApplyMutations, BatchGetNodes, ChangesPart, Direction, Error, ExportGraph, ExportPart,
    FindPath, GetNode, GraphStore, ImportBatch, Imported, Limits, ListNodes, NodeBatch, NodePage,
    NodeWithEdges, Path, ReadChanges, ReadImport, RunBlocking, Schema, SearchNodes, SearchPage,
    Stats, Traverse, TraversePart, TraverseSummary, Unavailable, UpdateSchema, untraced,
    walk::Walk,
};

/// A graph in a SQLite file.
pub struct SqliteStore<R> {
    limits: Arc<Limits>,
    now: fn() -> SystemTime,
    writer: Pool,
    readers: Pool,
    runner: R,
    path: PathBuf,
    presence: Arc<Presence>,
    sqlite: SqliteLimits,
    snapshots: Snapshots,
    commits: Arc<watch::Sender<u64>>,
}

impl<R: RunBlocking> SqliteStore<R> {
    /// Opens the database and creates it if it is not there. Blocks.
    pub fn open(
        path: &std::path::Path,
        options: SqliteOptions,
        runner: R,
    ) -> Result<Self, OpenError> {
        let (writer, readers) = open::connections(path, &options.sqlite)?;
        Ok(Self {
            limits: Arc::new(options.limits),
            now: options.now,
            writer: Pool::new(vec![writer]),
            readers: Pool::new(readers),
            runner,
            path: path.to_owned(),
            presence: Arc::new(Presence::of(path)),
            sqlite: options.sqlite,
            snapshots: Snapshots::default(),
            commits: Arc::new(watch::Sender::new(0)),
        })
    }

    /// Runs `work` on one snapshot. If the caller goes away, it is stopped.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &Caller) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.run(self.readers.lend().await?, |lease, caller| {
            let _snapshot = Reading::begin(lease)?;
            work(lease, caller)
        })
        .await
    }

    /// Runs `work`, a single statement, which is a snapshot by itself. If the caller goes away, it is stopped.
    async fn read_one<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.run(self.readers.lend().await?, |lease, _| work(lease))
            .await
    }

    /// Runs `work`, which writes. If the caller goes away before it commits, it is stopped and changes nothing.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &Caller) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.run(self.writer.lend().await?, |lease, caller| {
            work(lease, caller)
        })
        .await
    }

    /// Runs `work` on the writer and tells whoever follows the feed what it added.
    async fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, &Caller, &Feed<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let now = (self.now)();
        self.snapshots.expire(now, &self.limits);
        let (limits, commits) = (Arc::clone(&self.limits), Arc::clone(&self.commits));
        self.write(move |db, caller| {
            let feed = Feed::new(now, &limits);
            let result = work(db, caller, &feed)?;
            let added = feed.added();
            commits.send_if_modified(|count| {
                *count += added;
                added > 0
            });
            Ok(result)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        lease: Lease,
        work: impl FnOnce(&Connection, &Caller) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let patience = self.sqlite.busy_timeout;
        let caller = Arc::new(Caller::waiting_for(&lease, patience));
        let _leaves = Leaves {
            caller: Arc::clone(&caller),
            most: self.sqlite.interrupt,
        };
        let presence = Arc::clone(&self.presence);
        let work = move || {
            let _running = caller.begin()?;
            presence.check()?;
            work(&lease, &caller).or_else(|error| match error {
                // What a later version made of the file need not make sense here.
                Error::Internal(_)
                | Error::Unavailable {
                    reason: Unavailable::Corrupt,
                    ..
                } => schema::refuse_newer(&lease).and(Err(error)),
                _ => Err(error),
            })
        };
        self.run_blocking(work).await
    }

    async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let asked = untraced::asked();
        match self.runner.run(move || untraced::run(asked, work)).await {
            Ok(result) => result,
            Err(crate::RunError::Panicked) => Err(Error::Internal("a statement panicked".into())),
            Err(stopped @ crate::RunError::Stopped) => Err(Error::Unavailable {
                reason: Unavailable::Stopped,
                message: stopped.to_string(),
            }),
        }
    }
}

impl<R: RunBlocking> GraphStore for SqliteStore<R> {
    fn limits(&self) -> &Limits {
        &self.limits
    }

    async fn get_node(&self, request: GetNode) -> Result<NodeWithEdges, Error> {
        let edges = request.check(&self.limits)?;
        if !request.include_edges {
            return self
                .read_one(move |db| node::get(db, &request, edges))
                .await;
        }
        self.read(move |db, _| node::get(db, &request, edges)).await
    }

    async fn batch_get_nodes(&self, request: BatchGetNodes) -> Result<NodeBatch, Error> {
        request.check(&self.limits)?;
        self.read_one(move |db| {
            let nodes = node::get_many(db, request.ids.iter().map(String::as_str))?;
            Ok(NodeBatch::new(request.ids, nodes))
        })
        .await
    }

    async fn list_nodes(&self, request: ListNodes) -> Result<NodePage, Error> {
        let list = list::List::new(&request, &self.limits)?;
        self.read(move |db, _| list.run(db)).await
    }

    async fn search_nodes(&self, request: SearchNodes) -> Result<SearchPage, Error> {
        let search = search::Search::new(request, &self.limits)?;
        let limits = Arc::clone(&self.limits);
        self.read(move |db, _| search.run(db, &limits)).await
    }

    async fn find_path(&self, request: FindPath) -> Result<Option<Path>, Error> {
        let depth = request.check(&self.limits)?;
        let bounds = crate::bfs::Bounds {
            depth,
            edges: self.limits.path_edges,
        };
        self.read(move |db, caller| path::find(db, caller, &request, bounds))
            .await
    }

    async fn traverse(
        &self,
        request: Traverse,
        parts: mpsc::Sender<TraversePart>,
    ) -> Result<TraverseSummary, Error> {
        let bounds = request.check(&self.limits)?;
        let request = Arc::new(request);
        let (ids, asked) = (
            request.start.iter().cloned().collect(),
            Arc::clone(&request),
        );
        let mut nodes = self.read(move |db, _| traverse::start(db, &asked)).await?;
        let both_ways = request.direction == Direction::Both;
        let (mut walk, sent) = Walk::new(ids, both_ways, bounds, &self.limits);
        nodes.truncate(sent.len());
        let mut part = TraversePart {
            nodes,
            ..TraversePart::default()
        };
        loop {
            if !part.nodes.is_empty() || !part.edges.is_empty() {
                let left = |_| Error::Unavailable {
                    reason: Unavailable::Stopped,
                    message: "the caller has left".to_owned(),
                };
                parts.send(part).await.map_err(left)?;
            }
            let Some(piece) = walk.piece() else {
                return Ok(walk.end());
            };
            let asked = Arc::clone(&request);
            // No connection is held while the caller is slow to take a part.
            (walk, part) = self
                .read(move |db, _| {
                    let part = traverse::expand(db, &asked, &mut walk, &piece)?;
                    Ok((walk, part))
                })
                .await?;
        }
    }

    async fn apply_mutations(&self, request: ApplyMutations) -> Result<Applied, Error> {
        request.check(&self.limits)?;
        self.change(move |db, caller, feed| mutate::apply(db, caller, &request, feed))
            .await
    }

    async fn import_batch(&self, batch: ImportBatch) -> Result<Imported, Error> {
        batch.check(&self.limits)?;
        self.change(move |db, caller, feed| import::write(db, caller, batch, feed))
            .await
    }

    async fn read_import(&self, request: ReadImport) -> Result<u64, Error> {
        request.check(&self.limits)?;
        self.read(move |db, _| import::last(db, &request)).await
    }

    async fn export_part(&self, request: ExportGraph) -> Result<ExportPart, Error> {
        let export = export::Export::new(request, &self.limits)?;
        let now = (self.now)();
        let resumed = match export.snapshot() {
            Some(id) => {
                let resumed = self.snapshots.resume(id, now, &self.limits)?;
                Some(resumed.ok_or_else(export::Export::gone)?)
            }
            None => None,
        };
        let (path, sqlite) = (self.path.clone(), self.sqlite.clone());
        let (limits, snapshots) = (Arc::clone(&self.limits), self.snapshots.clone());
        self.run_blocking(move || {
            let reading = match resumed {
                Some(reading) => reading,
                None => {
                    let connection = open::snapshot(&path, &sqlite).map_err(fault::error)?;
                    snapshots.add(connection, now, &limits)?
                }
            };
            export.read(&reading, reading.id, &limits)
        })
        .await
    }

    async fn read_changes(&self, request: ReadChanges) -> Result<ChangesPart, Error> {
        request.check(&self.limits)?;
        let limits = Arc::clone(&self.limits);
        self.read(move |db, _| feed::read(db, &request, &limits))
            .await
    }

    fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    async fn schema(&self) -> Result<Schema, Error> {
        self.read(|db, _| Ok(rules::in_force(db)?.0)).await
    }

    async fn update_schema(&self, request: UpdateSchema) -> Result<Schema, Error> {
        request.check(&self.limits)?;
        let limits = Arc::clone(&self.limits);
        self.write(move |db, caller| rules::update(db, caller, &request, &limits))
            .await
    }

    async fn stats(&self) -> Result<Stats, Error> {
        self.read(|db, _| stats::count(db)).await
    }
}
