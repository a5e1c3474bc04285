//! Searching: who is found, in pages.

use throughline_graph_store::{GraphStore, Limits, Node, SearchNodes, SearchPage};

use super::{apply, put, suite};

suite! {
    every_word_is_found_and_the_last_as_a_prefix
    what_changed_is_found_anew
    types_filter
    pages_hold_every_hit_once
    a_token_is_good_for_its_query_alone
}

fn limits() -> Limits {
    Limits::default()
}

async fn search(store: &impl GraphStore, query: &str) -> SearchPage {
    let request = SearchNodes {
        query: query.into(),
        ..SearchNodes::default()
    };
    store.search_nodes(request).await.unwrap()
}

async fn check(store: &impl GraphStore, query: &str, expected: &str) {
    let page = search(store, query).await;
    let mut found: Vec<_> = page.hits.iter().map(|hit| hit.node.id.clone()).collect();
    found.sort_unstable();
    assert_eq!(found.join(" "), expected, "{query:?}");
    assert!(
        page.hits.iter().all(|hit| !hit.highlights.is_empty()),
        "{page:?}"
    );
}

async fn library(store: &impl GraphStore) {
    let nodes = vec![
        put(Node::new("crate:serde@1.0", "Crate")
            .with("about", "Serialise ANYTHING")
            .with("n", 7)),
        put(Node::new("crate:serde_json@1.0", "Crate").with("about", "JSON for serde")),
        put(Node::new("author:größe", "Author").with("name", "Größe \"Ö\" Øystein 🦀 שלום 日本語")),
    ];
    apply(store, nodes).await.unwrap();
}

async fn every_word_is_found_and_the_last_as_a_prefix(store: impl GraphStore) {
    library(&store).await;
    let both = "crate:serde@1.0 crate:serde_json@1.0";
    check(&store, "serde", both).await;
    check(&store, "SERDE", both).await;
    check(&store, "ser", both).await;
    check(&store, "ser json", "").await;
    check(&store, "serde js", "crate:serde_json@1.0").await;
    check(&store, "json serde crate", "crate:serde_json@1.0").await;
    check(&store, "anything", "crate:serde@1.0").await;
    check(&store, "serde@1.0", both).await;
    check(&store, "erde", "").await;
    check(&store, "7", "").await;
    check(&store, "größe", "author:größe").await;
    check(&store, "GRÖ", "author:größe").await;
    check(&store, "gr", "author:größe").await;
    check(&store, "grosse", "").await;
    check(&store, "שלום 🦀 日本", "author:größe").await;
    for operator in [
        "serde AND json",
        "serde OR nothing",
        "NOT serde",
        "serde* json\"",
        "name:serde",
    ] {
        search(&store, operator).await;
    }
    check(&store, "serde NEAR json", "").await;
    check(&store, "\"serde\" -json*", "crate:serde_json@1.0").await;
}

async fn what_changed_is_found_anew(store: impl GraphStore) {
    library(&store).await;
    let renamed = put(Node::new("crate:serde@1.0", "Crate").with("about", "other"));
    let deleted = throughline_graph_store::Change::DeleteNode("author:größe".into()).into();
    apply(&store, vec![renamed, deleted]).await.unwrap();
    check(&store, "anything", "").await;
    check(&store, "other", "crate:serde@1.0").await;
    check(&store, "größe", "").await;
}

async fn types_filter(store: impl GraphStore) {
    library(&store).await;
    for (types, count) in [
        (vec!["Crate"], 2),
        (vec!["Author", "Crate"], 2),
        (vec!["Author"], 0),
    ] {
        let request = SearchNodes {
            query: "serde".into(),
            types: types.iter().map(|name| (*name).to_owned()).collect(),
            ..SearchNodes::default()
        };
        assert_eq!(
            store.search_nodes(request).await.unwrap().hits.len(),
            count,
            "{types:?}"
        );
    }
}

async fn pages_hold_every_hit_once(store: impl GraphStore) {
    let nodes = (0..25).map(|n| put(Node::new(format!("node {n:02}"), "T")));
    apply(&store, nodes.collect()).await.unwrap();
    let mut request = SearchNodes {
        query: "node".into(),
        page_size: 10,
        ..SearchNodes::default()
    };
    let mut found = Vec::new();
    let mut sizes = Vec::new();
    loop {
        let page = store.search_nodes(request.clone()).await.unwrap();
        sizes.push(page.hits.len());
        found.extend(page.hits.into_iter().map(|hit| hit.node.id));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(sizes, [10, 10, 5]);
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 25);
    assert_eq!(
        search(&store, "node").await.hits.len(),
        store.limits().default_search_page
    );
    let all = SearchNodes {
        query: "node".into(),
        page_size: 1_000_000,
        ..SearchNodes::default()
    };
    assert_eq!(store.search_nodes(all).await.unwrap().hits.len(), 25);
}

async fn a_token_is_good_for_its_query_alone(store: impl GraphStore) {
    library(&store).await;
    let first = SearchNodes {
        query: "serde".into(),
        page_size: 1,
        ..SearchNodes::default()
    };
    let token = store
        .search_nodes(first.clone())
        .await
        .unwrap()
        .next_page_token;
    let changed = [
        SearchNodes {
            query: "crate".into(),
            ..first.clone()
        },
        SearchNodes {
            types: vec!["Crate".into()],
            ..first.clone()
        },
        SearchNodes {
            page_token: "made up".into(),
            ..first.clone()
        },
    ];
    for (at, request) in changed.into_iter().enumerate() {
        let page_token = if at < 2 {
            token.clone()
        } else {
            request.page_token
        };
        let request = SearchNodes {
            page_token,
            ..request
        };
        let error = store.search_nodes(request.clone()).await.unwrap_err();
        assert!(
            error.to_string().starts_with("page_token: "),
            "{request:?}: {error}"
        );
    }
}
