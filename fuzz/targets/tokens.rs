//! Tokens of pages, exports and watches, given to the store itself: as they come, and with the mark of its own
//! tokens before them, so that what stands for a place is read and looked up.
//!
//! The first byte says which call gets it, and whether it is marked.
#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use libfuzzer_sys::fuzz_target;
use throughline_graph_store::{
    ApplyMutations, Change, Error, ExportGraph, GraphStore, ListNodes, Mutation, Node, PlainRunner, ReadChanges,
    SearchNodes, SqliteOptions, SqliteStore,
};
use tokio::runtime::{Builder, Runtime};

/// What the store puts before a place, to tell its queries apart.
const MARK: usize = 8;

/// The calls that take tokens.
#[derive(Clone, Copy)]
enum Call {
    List,
    Ordered,
    Search,
    Export,
    Watch,
}

const CALLS: [Call; 5] = [Call::List, Call::Ordered, Call::Search, Call::Export, Call::Watch];

struct Ground {
    runtime: Runtime,
    store: SqliteStore<PlainRunner>,
    /// The mark of each call's tokens.
    marks: Vec<Vec<u8>>,
    _folder: tempfile::TempDir,
}

static GROUND: LazyLock<Ground> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let options = SqliteOptions::default();
    let store = SqliteStore::open(&folder.path().join("graph.db"), options, PlainRunner).expect("a store");
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let put = |id: &str| Mutation::from(Change::PutNode(Node::new(id, "Word")));
    let mutations = ["word a", "word b", "word c"].map(put).into();
    let written = store.apply_mutations(ApplyMutations { mutations, ..ApplyMutations::default() });
    runtime.block_on(written).expect("three nodes are written");
    let mark = |call: Call| {
        let token = runtime.block_on(ask(&store, call, String::new())).expect("the first page");
        let bytes = BASE64.decode(token).expect("tokens are base64");
        bytes[..MARK].to_vec()
    };
    let marks = CALLS.map(mark).into();
    Ground { runtime, store, marks, _folder: folder }
});

/// The token that comes after this one.
async fn ask(store: &impl GraphStore, call: Call, token: String) -> Result<String, Error> {
    Ok(match call {
        Call::List | Call::Ordered => {
            let order_by = if matches!(call, Call::List) { "" } else { "type desc, name" };
            let order_by = order_by.to_owned();
            let list = ListNodes { order_by, page_size: 1, page_token: token, ..ListNodes::default() };
            store.list_nodes(list).await?.next_page_token
        }
        Call::Search => {
            let query = "word".to_owned();
            let search = SearchNodes { query, page_size: 1, page_token: token, ..SearchNodes::default() };
            store.search_nodes(search).await?.next_page_token
        }
        Call::Export => {
            let export = ExportGraph { resume_token: token, ..ExportGraph::default() };
            store.export_part(export).await?.resume_token
        }
        Call::Watch => {
            let watch = ReadChanges { resume_token: token, ..ReadChanges::default() };
            store.read_changes(watch).await?.resume_token
        }
    })
}

fuzz_target!(|input: &[u8]| {
    let Some((kind, bytes)) = input.split_first() else { return };
    let which = usize::from(kind % 5);
    let token = if *kind >= 128 {
        BASE64.encode([&GROUND.marks[which], bytes].concat())
    } else {
        String::from_utf8_lossy(bytes).into_owned()
    };
    if let Err(error) = GROUND.runtime.block_on(ask(&GROUND.store, CALLS[which], token)) {
        let named = match &error {
            Error::Invalid { field, .. } => field.as_str(),
            Error::Gone { field, .. } | Error::OutOfRange { field, .. } => field,
            Error::Exhausted { .. } => return,
            _ => panic!("{error:?}"),
        };
        assert!(["page_token", "resume_token"].contains(&named), "{error:?}");
    }
});
