//! Seeded histories of calls, answered alike by a backend and by the oracle.

use std::hash::{BuildHasher as _, RandomState};

use proptest::{prelude::*, test_runner::RngSeed};
use throughline_graph_store::{
    ApplyMutations, BatchGetNodes, Change, Direction, Edge, EdgeKey, EdgeType, Error, ExportGraph,
    FindPath, GetNode, GraphStore, ImportBatch, ImportStep, Limits, ListNodes, Mutation, Node,
    NodeType, Precondition, PropertyType, ReadChanges, ReadImport, Schema, SearchNodes, Traverse,
    UpdateSchema, ValueType,
};

use crate::{
    backends::{Backend, Memory, Sqlite},
    contract::levels,
};

#[derive(Clone, Debug)]
pub(crate) enum Call {
    Apply(ApplyMutations),
    Get(GetNode),
    Batch(BatchGetNodes),
    List(ListNodes),
    Search(SearchNodes),
    Path(FindPath),
    Walk(Traverse),
    Schema(UpdateSchema),
    Stats,
    Import(ImportBatch),
    ReadImport(ReadImport),
    /// A new export, or the part after the last one read, with filters by type.
    Export(bool, ExportGraph),
    /// What came after the last change read, or from the end as it is now.
    Watch(bool, ReadChanges),
}

fn id() -> impl Strategy<Value = String> {
    // Prefixes of one another and beyond ASCII, so that byte order matters.
    let ids = ["a", "aa", "b", "c", "d", "ä", "~", "a b"];
    prop::sample::select(ids.map(str::to_owned).to_vec())
}

fn kind() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["E".to_owned(), "F".to_owned()])
}

fn word() -> impl Strategy<Value = String> {
    let words = ["red", "Red green", "re", "a", "ä", "green-red"];
    prop::sample::select(words.map(str::to_owned).to_vec())
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let key = || (id(), kind(), id()).prop_map(|(from, kind, to)| EdgeKey::new(from, kind, to));
    let node = (id(), kind(), prop::option::of(word())).prop_map(|(id, kind, name)| {
        let node = Node::new(id, kind);
        match name {
            Some(name) => node.with("name", name.as_str()),
            None => node,
        }
    });
    let edge = (key(), 0..3_i64).prop_map(|(key, n)| Edge {
        key,
        properties: [("n".to_owned(), n.into())].into(),
    });
    let change = prop_oneof![
        6 => node.prop_map(Change::PutNode),
        1 => id().prop_map(Change::DeleteNode),
        9 => edge.prop_map(Change::PutEdge),
        1 => key().prop_map(Change::DeleteEdge),
    ];
    let precondition = prop_oneof![
        12 => Just(None),
        1 => any::<bool>().prop_map(|exists| Some(Precondition::Exists(exists))),
        1 => (1..9_u32).prop_map(|n| Some(Precondition::Etag(format!("{n:x}")))),
    ];
    (precondition, change).prop_map(|(precondition, change)| {
        let edge = matches!(change, Change::PutEdge(_) | Change::DeleteEdge(_));
        let precondition = precondition.filter(|it| !(edge && matches!(it, Precondition::Etag(_))));
        Mutation {
            precondition,
            change,
        }
    })
}

pub(crate) fn path() -> impl Strategy<Value = FindPath> {
    let types = || prop::collection::vec(kind(), 0..2);
    let direction = prop::sample::select(vec![Direction::Out, Direction::In, Direction::Both]);
    (id(), id(), types(), types(), direction, 0..6_usize).prop_map(
        |(from, to, edge_types, node_types, direction, max_depth)| FindPath {
            from,
            to,
            edge_types,
            node_types,
            direction,
            max_depth,
        },
    )
}

pub(crate) fn walk() -> impl Strategy<Value = Traverse> {
    let types = || prop::collection::vec(kind(), 0..2);
    let direction = prop::sample::select(vec![Direction::Out, Direction::In, Direction::Both]);
    let start = prop::collection::vec(id(), 1..3);
    let bounds = (0..5_usize, 0..4_usize, 0..9_usize);
    (start, types(), types(), direction, bounds).prop_map(
        |(start, edge_types, node_types, direction, (max_depth, max_fan_out, max_nodes))| {
            Traverse {
                start,
                edge_types,
                direction,
                max_depth,
                max_fan_out,
                max_nodes,
                node_types,
            }
        },
    )
}

fn schema() -> impl Strategy<Value = UpdateSchema> {
    let types = || prop::collection::vec(kind(), 0..2);
    let flags = || (any::<bool>(), any::<bool>(), any::<bool>());
    let node_type = (kind(), flags()).prop_map(|(name, (closed, required, unique))| NodeType {
        name,
        properties: vec![PropertyType {
            name: "name".to_owned(),
            value_type: ValueType::String,
            required,
            unique,
        }],
        closed,
    });
    let edge_type = (kind(), types(), types()).prop_map(|(name, from_types, to_types)| EdgeType {
        name,
        from_types,
        to_types,
        properties: Vec::new(),
    });
    let node_types = prop::collection::vec(node_type, 0..2);
    let edge_types = prop::collection::vec(edge_type, 0..2);
    let etag = prop::sample::select(vec!["", "", "0", "1"]);
    (node_types, edge_types, etag, any::<bool>()).prop_map(
        |(node_types, edge_types, etag, validate_only)| UpdateSchema {
            schema: Schema {
                node_types,
                edge_types,
                etag: etag.to_owned(),
            },
            validate_only,
        },
    )
}

fn list() -> impl Strategy<Value = ListNodes> {
    let terms = [
        "type = E",
        "id > a",
        "name : re",
        "name = \"Red green\"",
        "NOT name : *",
        "name >= a",
        "-id : a",
        "name = red OR type != F",
    ];
    let terms = prop::sample::select(terms.map(str::to_owned).to_vec());
    let filter = (prop::collection::vec(terms, 0..3), any::<bool>());
    let orders = [
        "",
        "name",
        "name desc, id",
        "type desc",
        "type, name desc",
        "id desc",
    ];
    let order_by = prop::sample::select(orders.map(str::to_owned).to_vec());
    (filter, order_by, 1..4_usize).prop_map(|((terms, either), order_by, page_size)| ListNodes {
        filter: terms.join(if either { " OR " } else { " AND " }),
        order_by,
        page_size,
        page_token: String::new(),
    })
}

pub(crate) fn call() -> impl Strategy<Value = Call> {
    let types = || prop::collection::vec(kind(), 0..2);
    let key = prop::sample::select(vec!["", "", "", "k"]);
    prop_oneof![
        4 => (prop::collection::vec(mutation(), 1..8), key).prop_map(|(mutations, key)| {
            Call::Apply(ApplyMutations { mutations, idempotency_key: key.into() })
        }),
        1 => (id(), any::<bool>(), 0..4_usize).prop_map(|(id, include_edges, max_edges)| {
            Call::Get(GetNode { id, include_edges, max_edges })
        }),
        1 => prop::collection::vec(id(), 0..6).prop_map(|ids| Call::Batch(BatchGetNodes { ids })),
        1 => (word(), types(), 0..4_usize).prop_map(|(query, types, page_size)| {
            Call::Search(SearchNodes { query, types, page_size, page_token: String::new() })
        }),
        2 => schema().prop_map(Call::Schema),
        3 => walk().prop_map(Call::Walk),
        3 => list().prop_map(Call::List),
        4 => path().prop_map(Call::Path),
        1 => Just(Call::Stats),
        2 => (prop::collection::vec(mutation(), 1..8), prop::option::of(step())).prop_map(|(mutations, step)| {
            Call::Import(ImportBatch { step, ..batch(mutations) })
        }),
        1 => import_id().prop_map(|import_id| Call::ReadImport(ReadImport { import_id })),
        2 => (any::<bool>(), types(), types()).prop_map(|(fresh, node_types, edge_types)| {
            Call::Export(fresh, ExportGraph { node_types, edge_types, ..ExportGraph::default() })
        }),
        3 => (prop::bool::weighted(0.1), types()).prop_map(|(fresh, node_types)| {
            Call::Watch(fresh, ReadChanges { node_types, ..ReadChanges::default() })
        }),
    ]
}

fn import_id() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["x".to_owned(), "y".to_owned()])
}

/// Mostly one that may be due.
fn step() -> impl Strategy<Value = ImportStep> {
    (import_id(), 0..5_u64).prop_map(|(import_id, sequence)| ImportStep {
        import_id,
        sequence,
    })
}

/// What of the mutations an import can say.
fn batch(mutations: Vec<Mutation>) -> ImportBatch {
    let mut batch = ImportBatch::default();
    for mutation in mutations {
        match mutation.change {
            Change::PutNode(node) => batch.nodes.push(node),
            Change::PutEdge(edge) => batch.edges.push(edge),
            Change::DeleteNode(_) | Change::DeleteEdge(_) => {}
        }
    }
    batch
}

/// Where the caller of one store stands in its streams: each store has tokens of its own.
#[derive(Default)]
pub(crate) struct Places {
    export: ExportGraph,
    watch: String,
}

/// The answer without what is each backend's own: messages, ranks and tokens.
pub(crate) async fn answer(store: &impl GraphStore, places: &mut Places, call: Call) -> String {
    let answer = match call {
        Call::Apply(request) => store
            .apply_mutations(request)
            .await
            .map(|it| format!("{it:?}")),
        Call::Get(request) => store.get_node(request).await.map(|it| format!("{it:?}")),
        Call::Batch(request) => store
            .batch_get_nodes(request)
            .await
            .map(|it| format!("{it:?}")),
        Call::Path(request) => store.find_path(request).await.map(|it| format!("{it:?}")),
        Call::Stats => store.stats().await.map(|it| format!("{it:?}")),
        Call::Schema(request) => store
            .update_schema(request)
            .await
            .map(|it| format!("{it:?}")),
        Call::Walk(request) => levels(store, request).await.map(|it| format!("{it:?}")),
        Call::List(request) => all_pages(store, request).await.map(|it| format!("{it:?}")),
        Call::Import(batch) => store.import_batch(batch).await.map(|it| format!("{it:?}")),
        Call::ReadImport(request) => store.read_import(request).await.map(|it| it.to_string()),
        Call::Export(fresh, request) => {
            if fresh || places.export.resume_token.is_empty() {
                places.export = request;
            }
            let part = store.export_part(places.export.clone()).await;
            part.map(|part| {
                places.export.resume_token = part.resume_token;
                format!("{:?}", (part.nodes, part.edges, part.last))
            })
        }
        Call::Watch(fresh, request) => {
            let resume_token = if fresh {
                String::new()
            } else {
                places.watch.clone()
            };
            let part = store
                .read_changes(ReadChanges {
                    resume_token,
                    ..request
                })
                .await;
            // Who fell out of what is kept begins anew.
            places.watch.clear();
            part.map(|part| {
                places.watch = part.resume_token;
                format!("{:?}", (part.changes, part.caught_up))
            })
        }
        Call::Search(request) => all_hits(store, request).await.map(|it| format!("{it:?}")),
    };
    answer.unwrap_or_else(|error| match error {
        Error::FailedPrecondition { subject, .. } => format!("failed {subject}"),
        Error::Unfit { violations } => {
            let subjects = violations.into_iter().map(|it| it.subject);
            format!("unfit {}", subjects.collect::<Vec<_>>().join(", "))
        }
        Error::Aborted { subject, .. } => format!("aborted {subject}"),
        Error::OutOfRange { field, .. } => format!("out of range {field}"),
        Error::Invalid { field, .. } => format!("invalid {field}"),
        other => other.to_string(),
    })
}

/// The pages of a list.
async fn all_pages(
    store: &impl GraphStore,
    mut request: ListNodes,
) -> Result<Vec<Vec<Node>>, Error> {
    let mut pages = Vec::new();
    loop {
        let page = store.list_nodes(request.clone()).await?;
        pages.push(page.nodes);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return Ok(pages);
        }
    }
}

/// The sizes of the pages and the ids on them, sorted.
async fn all_hits(
    store: &impl GraphStore,
    mut request: SearchNodes,
) -> Result<(Vec<usize>, Vec<String>), Error> {
    let (mut sizes, mut ids) = (Vec::new(), Vec::new());
    loop {
        let page = store.search_nodes(request.clone()).await?;
        sizes.push(page.hits.len());
        ids.extend(page.hits.into_iter().map(|hit| hit.node.id));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            ids.sort_unstable();
            return Ok((sizes, ids));
        }
    }
}

/// A graph of up to twelve nodes, dense enough for many shortest paths between two.
pub(crate) fn graph() -> impl Strategy<Value = ImportBatch> {
    const IDS: [&str; 12] = [
        "a", "aa", "b", "c", "d", "ä", "~", "a b", "e", "f", "g", "h",
    ];
    let nodes = prop::collection::vec(kind(), IDS.len());
    let pair = || prop::sample::select(IDS.to_vec());
    let edges = prop::collection::vec((pair(), kind(), pair()), 8..40);
    (nodes, edges).prop_map(|(kinds, edges)| ImportBatch {
        nodes: IDS
            .iter()
            .zip(kinds)
            .map(|(id, kind)| Node::new(*id, kind))
            .collect(),
        edges: edges
            .into_iter()
            .map(|(from, kind, to)| Edge::new(from, kind, to))
            .collect(),
        step: None,
    })
}

/// So many histories where `PROPTEST_CASES` does not say otherwise; a soak takes 10 000.
const HISTORIES: u32 = 1_000;

#[expect(
    clippy::print_stderr,
    reason = "a failure is repeated by its seed, so it must be seen"
)]
/// Drawn from a seed that `THROUGHLINE_SEED` repeats.
fn histories() -> ProptestConfig {
    let seed = std::env::var("THROUGHLINE_SEED").map(|seed| seed.parse().unwrap());
    let seed = seed.unwrap_or_else(|_| RandomState::new().hash_one("seed") >> 32);
    eprintln!("THROUGHLINE_SEED={seed}");
    let config = match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(HISTORIES),
    };
    ProptestConfig {
        rng_seed: RngSeed::Fixed(seed),
        ..config
    }
}

pub(crate) fn history_limits() -> Limits {
    Limits {
        feed_changes: 12,
        feed_part_changes: 3,
        export_part: 3,
        snapshots: 30,
        ..Limits::default()
    }
}

proptest! {
    #![proptest_config(histories())]

    #[test]
    fn paths_and_walks_are_found_alike(
        graph in graph(),
        requests in prop::collection::vec(path(), 10),
        walks in prop::collection::vec(walk(), 10),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let backend = Sqlite::in_memory();
            let (store, oracle) =
                (backend.fresh(Limits::default()), Memory.fresh(Limits::default()));
            store.import_batch(graph.clone()).await.unwrap();
            oracle.import_batch(graph).await.unwrap();
            for request in requests {
                let expected = oracle.find_path(request.clone()).await.unwrap();
                let got = store.find_path(request.clone()).await.unwrap();
                prop_assert_eq!(got, expected, "{:?}", request);
            }
            for request in walks {
                let expected = levels(&oracle, request.clone()).await.unwrap();
                let got = levels(&store, request.clone()).await.unwrap();
                prop_assert_eq!(got, expected, "{:?}", request);
            }
            Ok(())
        })?;
    }

    #[test]
    fn histories_are_answered_alike(calls in prop::collection::vec(call(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let backend = Sqlite::in_memory();
            let (store, oracle) = (backend.fresh(history_limits()), Memory.fresh(history_limits()));
            let (mut here, mut there) = (Places::default(), Places::default());
            for call in calls {
                let expected = answer(&oracle, &mut there, call.clone()).await;
                let got = answer(&store, &mut here, call.clone()).await;
                prop_assert_eq!(got, expected, "{:?}", call);
            }
            Ok(())
        })?;
    }
}
