//! How many requests a write to Dgraph is: what is new takes one, whatever else others wrote meanwhile takes two.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use throughline_dgraph_client::Options;
use throughline_graph_store::{
    Applied, ApplyMutations, BatchGetNodes, Change, DgraphOptions, DgraphStore, Error, GraphStore,
    Limits, Mutation, Node, Precondition,
};
use throughline_testkit::dgraph::{FakeDgraph, lock_real};

use crate::backends::dgraph_store;

/// Where writes stand, and that it is this one's turn.
const META: &str = r#""held":[{"uid":"0x1"}],"meta":[{"uid":"0x1","tl.turn":1,"tl.state":"{\"version\":1,\"identity\":\"i\",\"writer\":\"w\",\"revision\":0,\"place\":0,\"bytes\":0,\"schema\":{\"node_types\":[],\"edge_types\":[]},\"schema_revision\":0,\"nodes\":{},\"edges\":{}}"}]"#;
const NODE: &str = r#""n":[{"uid":"0x2","tl.id":"a","tl.type":"T","tl.revision":7}]"#;

async fn put_new(store: &DgraphStore, id: &str) -> Result<Applied, Error> {
    let mutation = Mutation {
        change: Change::PutNode(Node::new(id, "T").with("x", id)),
        precondition: Some(Precondition::Exists(false)),
    };
    let request = ApplyMutations {
        mutations: vec![mutation],
        idempotency_key: format!("put {id}"),
    };
    store.apply_mutations(request).await
}

#[tokio::test]
async fn what_is_new_is_one_request_until_a_guess_was_wrong() {
    let fake = FakeDgraph::start().await;
    let there = Arc::new(AtomicBool::new(false));
    let answers = Arc::clone(&there);
    fake.answer(move |_| {
        let node = answers.load(Ordering::SeqCst).then_some(NODE);
        let parts: Vec<_> = node.into_iter().chain([META]).collect();
        Some(format!("{{{}}}", parts.join(",")))
    });
    let options = DgraphOptions::new(Options::new([fake.address()]));
    let store = DgraphStore::open(options).await.unwrap();
    let requests = || {
        let made = fake.recorded().len();
        fake.forget();
        made
    };
    requests();
    let applied = put_new(&store, "a").await.unwrap();
    assert_eq!((applied.results[0].changed, requests()), (true, 1));
    // The next turn is not this process's, as the double has it: it guesses in vain, and says what is there.
    there.store(true, Ordering::SeqCst);
    let refused = put_new(&store, "a").await.unwrap_err();
    assert!(
        matches!(refused, Error::FailedPrecondition { .. }),
        "{refused}"
    );
    assert_eq!(requests(), 1);
}

#[tokio::test]
async fn who_guesses_by_what_others_have_changed_is_put_right() {
    let test = "requests::who_guesses_by_what_others_have_changed_is_put_right";
    let Some(real) = lock_real(test).await else {
        return;
    };
    let one = dgraph_store(&real, Limits::default()).await;
    let options = DgraphOptions::new(Options::new([real.endpoint()]));
    let other = DgraphStore::open(options).await.unwrap();
    let mut etags = Vec::new();
    for round in 0..3 {
        for (name, store) in [("one", &one), ("other", &other)] {
            for n in 0..2 {
                let applied = put_new(store, &format!("{name}-{round}-{n}"))
                    .await
                    .unwrap();
                etags.push(applied.results[0].etag.clone());
            }
        }
        // The same call again, by the one that did not make it: its answer is kept.
        let again = put_new(&other, &format!("one-{round}-1")).await.unwrap();
        assert!(again.replayed);
        let ids = vec![format!("one-{round}-0"), format!("other-{round}-1")];
        let found = one.batch_get_nodes(BatchGetNodes { ids }).await.unwrap();
        assert_eq!(found.nodes.len(), 2);
    }
    let count = etags.len();
    etags.sort();
    etags.dedup();
    assert_eq!(etags.len(), count, "no etag twice: {etags:?}");
    assert_eq!(one.stats().await.unwrap().node_count, 12);
}
