//! FindPath between far nodes: the edges that it reads, beside the fewest with which two ends can meet at all.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, ensure};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use throughline_graph_store::{Direction, FindPath, GraphStore};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::{Layer, registry::LookupSpan};

use super::data;

/// Paths of so many edges are between far nodes.
const FAR: usize = 4;
const PAIRS: usize = 40;

/// How many edges all searches read, and how few would do.
pub(super) async fn paths(store: &impl GraphStore, edges: u32) -> anyhow::Result<(usize, usize)> {
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Rows))?;
    let count = data::nodes(edges) as usize;
    let (mut out, mut into) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for (from, to) in data::links(edges) {
        out[from as usize].push(to);
        into[to as usize].push(from);
    }
    let mut chance = StdRng::seed_from_u64(6);
    let (mut least, mut pairs) = (0, 0);
    for _ in 0..PAIRS * 50 {
        let from = chance.random_range(0..count);
        let (ahead, depths) = levels(from, &out);
        let far: Vec<_> = (0..count)
            .filter(|n| depths[*n].is_some_and(|depth| depth >= FAR))
            .collect();
        if far.is_empty() {
            continue;
        }
        let to = far[chance.random_range(0..far.len())];
        let (behind, _) = levels(to, &into);
        let length = depths[to].context("it was reached")?;
        let meeting = |at: usize| -> usize {
            let back = behind.iter().take(length - at);
            ahead.iter().take(at).chain(back).sum()
        };
        least += (0..=length).map(meeting).min().unwrap_or_default();
        let id = |n: usize| data::id(u32::try_from(n).unwrap_or_default());
        let request = FindPath {
            from: id(from),
            to: id(to),
            direction: Direction::Out,
            ..FindPath::default()
        };
        let path = store.find_path(request).await?.context("no path")?;
        ensure!(path.edges.len() == length, "not the shortest");
        pairs += 1;
        if pairs == PAIRS {
            break;
        }
    }
    ensure!(pairs > 0, "no two nodes are far from one another");
    Ok((usize::try_from(READ.load(Ordering::Relaxed))?, least))
}

/// The edges that leave each level, and how far away each node is.
fn levels(from: usize, links: &[Vec<u32>]) -> (Vec<usize>, Vec<Option<usize>>) {
    let mut depths = vec![None; links.len()];
    depths[from] = Some(0);
    let (mut costs, mut level) = (Vec::new(), vec![from]);
    while !level.is_empty() {
        let next: Vec<_> = level.iter().flat_map(|n| &links[*n]).copied().collect();
        costs.push(next.len());
        level.clear();
        for node in next.into_iter().map(|node| node as usize) {
            if depths[node].is_none() {
                depths[node] = Some(costs.len());
                level.push(node);
            }
        }
    }
    (costs, depths)
}

static READ: AtomicU64 = AtomicU64::new(0);

/// Counts the rows of the statements that expand a level.
struct Rows;

/// Marks their spans.
struct Expands;

struct Named(bool);

impl Visit for Named {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0 |= field.name() == "db.query.text"
            && value.starts_with("SELECT e.")
            && value.contains("AS near");
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

struct Count;

impl Visit for Count {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "db.response.returned_rows" {
            READ.fetch_add(value, Ordering::Relaxed);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Rows {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut named = Named(false);
        attributes.record(&mut named);
        if let Some(span) = context.span(id).filter(|_| named.0) {
            span.extensions_mut().insert(Expands);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id);
        if span.is_some_and(|span| span.extensions().get::<Expands>().is_some()) {
            values.record(&mut Count);
        }
    }
}
