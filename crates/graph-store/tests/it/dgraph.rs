//! Seeded histories of calls, answered alike by a real Dgraph and by the oracle, where there is a Dgraph.

use proptest::prelude::*;
use throughline_graph_store::{FindPath, GraphStore, ImportBatch, Limits, Traverse};
use throughline_testkit::dgraph::lock_real;

use crate::{
    backends::{Backend as _, Memory, dgraph_store},
    contract::levels,
    differential::{Call, Places, answer, call, graph, history_limits, path, walk},
};

/// Against a real Dgraph a case takes as long as a hundred against SQLite; the soak asks for more.
fn dgraph_cases() -> ProptestConfig {
    let cases = std::env::var("DGRAPH_CASES")
        .ok()
        .and_then(|it| it.parse().ok());
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases.unwrap_or(12))
    }
}

#[test]
fn dgraph_answers_histories_alike() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let test = "differential::dgraph_answers_histories_alike";
    let Some(real) = runtime.block_on(lock_real(test)) else {
        return;
    };
    let calls = prop::collection::vec(call(), 1..25);
    let run = |calls: Vec<Call>| {
        runtime.block_on(async {
            let store = dgraph_store(&real, history_limits()).await;
            let oracle = Memory.fresh(history_limits());
            let (mut here, mut there) = (Places::default(), Places::default());
            for call in calls {
                let expected = answer(&oracle, &mut there, call.clone()).await;
                let got = answer(&store, &mut here, call.clone()).await;
                prop_assert_eq!(got, expected, "{:?}", call);
            }
            Ok(())
        })
    };
    let mut runner = proptest::test_runner::TestRunner::new(dgraph_cases());
    runner.run(&calls, run).unwrap();
}

#[test]
fn dgraph_finds_paths_and_walks_alike() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let test = "differential::dgraph_finds_paths_and_walks_alike";
    let Some(real) = runtime.block_on(lock_real(test)) else {
        return;
    };
    let asked = (
        graph(),
        prop::collection::vec(path(), 20),
        prop::collection::vec(walk(), 20),
    );
    let run = |(graph, paths, walks): (ImportBatch, Vec<FindPath>, Vec<Traverse>)| {
        runtime.block_on(async {
            let store = dgraph_store(&real, Limits::default()).await;
            let oracle = Memory.fresh(Limits::default());
            store.import_batch(graph.clone()).await.unwrap();
            oracle.import_batch(graph).await.unwrap();
            for request in paths {
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
        })
    };
    let mut runner = proptest::test_runner::TestRunner::new(dgraph_cases());
    runner.run(&asked, run).unwrap();
}
