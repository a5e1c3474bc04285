//! Walking level by level within bounds.

use throughline_graph_store::{Direction, Edge, Error, GraphStore, Limits, Node, Traverse};

use super::{apply, draw, levels, link, put, suite};

suite! {
    levels_hold_what_is_first_seen_there
    direction_turns_the_edges
    filters_hold_for_all_but_the_start
    depth_cuts_only_what_is_there
    fan_out_cuts_by_node_and_names_it
    nodes_are_cut_and_no_edge_leads_to_one_that_was
    a_start_must_exist
}

/// Small pieces, so that a level takes several.
fn limits() -> Limits {
    Limits {
        traverse_piece: 200,
        ..Limits::default()
    }
}

fn from(start: &str) -> Traverse {
    Traverse {
        start: start.split_whitespace().map(str::to_owned).collect(),
        ..Traverse::default()
    }
}

/// Levels as `nodes: edges`, and what was cut.
async fn check(store: &impl GraphStore, request: Traverse, expected: &str) {
    let (levels, summary) = levels(store, request.clone()).await.unwrap();
    let mut shown = Vec::new();
    for (at, level) in levels.iter().enumerate() {
        assert_eq!(level.level, at);
        let nodes: Vec<_> = level.nodes.iter().map(|node| node.id.as_str()).collect();
        let edges = level.edges.iter().map(|edge| {
            let key = &edge.key;
            format!("{}{}", key.from, key.to)
        });
        let edges: Vec<_> = edges.collect();
        shown.push(format!("{}:{}", nodes.join(" "), edges.join(" ")));
    }
    let mut shown = shown.join(" / ");
    for (cut, name) in [
        (summary.cut_by_depth, "depth"),
        (summary.cut_by_nodes, "nodes"),
    ] {
        if cut {
            shown.push_str(&format!(" cut by {name}"));
        }
    }
    if !summary.cut_by_fan_out.is_empty() {
        shown.push_str(&format!(" cut at {}", summary.cut_by_fan_out.join(" ")));
    }
    assert_eq!(shown, expected, "{request:?}");
    let count = |all: usize| all as u64;
    let nodes = levels.iter().map(|level| level.nodes.len()).sum();
    let edges = levels.iter().map(|level| level.edges.len()).sum();
    assert_eq!(summary.node_count, count(nodes));
    assert_eq!(summary.edge_count, count(edges));
    assert_eq!(summary.levels, levels.len());
}

async fn levels_hold_what_is_first_seen_there(store: impl GraphStore) {
    draw(&store, "a b c d e z", "a>b a>c b>c c>d d>a a>a d>e").await;
    let all = "a: / b c:aa ab ac / d:bc cd / e:da de";
    check(&store, from("a"), all).await;
    check(&store, from("z"), "z:").await;
    check(
        &store,
        from("d b b z"),
        "b d z: / a c e:bc da de / :aa ab ac cd",
    )
    .await;
}

async fn direction_turns_the_edges(store: impl GraphStore) {
    draw(&store, "a b c", "a>b b>c c>c c>a").await;
    let toward = |direction| Traverse {
        direction,
        ..from("c")
    };
    check(&store, toward(Direction::Out), "c: / a:ca cc / b:ab / :bc").await;
    check(&store, toward(Direction::In), "c: / b:bc cc / a:ab / :ca").await;
    check(&store, toward(Direction::Both), "c: / a b:bc ca cc / :ab").await;
}

async fn filters_hold_for_all_but_the_start(store: impl GraphStore) {
    draw(&store, "a", "").await;
    let nodes = ["m", "n"].map(|id| put(Node::new(id, id.to_uppercase())));
    apply(&store, nodes.into()).await.unwrap();
    let edges = [
        ("a", "E", "m"),
        ("a", "F", "n"),
        ("n", "F", "m"),
        ("m", "E", "a"),
    ];
    let edges = edges.map(|(from, kind, to)| link(Edge::new(from, kind, to)));
    apply(&store, edges.into()).await.unwrap();
    let filtered = |edge_types: &[&str], node_types: &[&str]| Traverse {
        edge_types: edge_types.iter().map(|it| (*it).to_owned()).collect(),
        node_types: node_types.iter().map(|it| (*it).to_owned()).collect(),
        ..from("a")
    };
    check(&store, filtered(&[], &[]), "a: / m n:am an / :ma nm").await;
    check(&store, filtered(&["F"], &[]), "a: / n:an / m:nm").await;
    check(&store, filtered(&[], &["M"]), "a: / m:am").await;
    check(&store, filtered(&["E", "F"], &["N"]), "a: / n:an").await;
    check(&store, filtered(&["F"], &["M"]), "a:").await;
}

async fn depth_cuts_only_what_is_there(store: impl GraphStore) {
    draw(&store, "a b c d", "a>b b>c c>d").await;
    let deep = |max_depth| Traverse {
        max_depth,
        ..from("a")
    };
    check(&store, deep(1), "a: / b:ab cut by depth").await;
    check(&store, deep(2), "a: / b:ab / c:bc cut by depth").await;
    check(&store, deep(3), "a: / b:ab / c:bc / d:cd").await;
    check(&store, deep(0), "a: / b:ab / c:bc / d:cd").await;
    let back = Traverse {
        direction: Direction::Both,
        ..deep(3)
    };
    check(&store, back, "a: / b:ab / c:bc / d:cd").await;
}

async fn fan_out_cuts_by_node_and_names_it(store: impl GraphStore) {
    draw(&store, "a b c d e", "a>b a>c a>d b>c b>d c>e d>a").await;
    let wide = |max_fan_out, direction| Traverse {
        max_fan_out,
        direction,
        ..from("a")
    };
    let two = wide(2, Direction::Out);
    check(&store, two, "a: / b c:ab ac / d e:bc bd ce / :da cut at a").await;
    check(
        &store,
        wide(3, Direction::Out),
        "a: / b c d:ab ac ad / e:bc bd ce da",
    )
    .await;
    check(
        &store,
        wide(3, Direction::Both),
        "a: / b c d:ab ac ad / e:bc bd ce da cut at a",
    )
    .await;
    let one = wide(1, Direction::Both);
    check(&store, one, "a: / b:ab / c:bc / e:ce cut at a b c").await;
}

async fn nodes_are_cut_and_no_edge_leads_to_one_that_was(store: impl GraphStore) {
    draw(&store, "a b c d e", "a>b a>c b>d c>a c>e").await;
    let few = |max_nodes, start| Traverse {
        max_nodes,
        ..from(start)
    };
    check(&store, few(5, "a"), "a: / b c:ab ac / d e:bd ca ce").await;
    check(&store, few(4, "a"), "a: / b c:ab ac / d:bd ca cut by nodes").await;
    check(&store, few(3, "a"), "a: / b c:ab ac / :ca cut by nodes").await;
    check(&store, few(2, "a"), "a: / b:ab cut by nodes").await;
    check(&store, few(1, "a"), "a: cut by nodes").await;
    check(&store, few(1, "b c"), "b: cut by nodes").await;
}

async fn a_start_must_exist(store: impl GraphStore) {
    draw(&store, "a", "").await;
    let error = levels(&store, from("a gone")).await.unwrap_err();
    let name = "gone".to_owned();
    assert_eq!(error, Error::NotFound { kind: "node", name });
}
