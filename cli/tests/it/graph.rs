//! `graph get | search | path | stats`, as grpc-web and as plain gRPC.

use serde_json::Value;

use crate::command::{Said, throughline};
use crate::import::{import, workspace};
use crate::servers::{Running, TOKEN, graph, nobody};

async fn filled() -> Running {
    let graph = graph().await;
    import(workspace().path(), &graph, TOKEN).await.exits(0);
    graph
}

async fn ask(graph: &Running, question: &str) -> Said {
    let url = graph.url();
    let with = |flag| {
        let words = ["graph"].into_iter().chain(question.split(' '));
        throughline(words.chain([flag, url.as_str()])).run()
    };
    let web = with("--gateway").await;
    let plain = with("--graph").await;
    assert_eq!(web.stdout, plain.stdout, "the way there changes nothing");
    assert_eq!(web.code, plain.code);
    web
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_is_found_by_bare_names() {
    let graph = filled().await;
    let expected = "\
crate:a@0.1.0
└─ DEPENDS_ON ─▶ crate:b@0.1.0  (kind: normal, req: ^0.1)
   └─ DEPENDS_ON ─▶ crate:c@0.1.0  (kind: normal, req: ^0.1)
      └─ VERSION_OF ─▶ crate:c
";
    let said = ask(&graph, "path a c").await.exits(0);
    assert_eq!(said.stdout, expected);
    let said = ask(&graph, "path crate:a@0.1.0 c@0.1.0 --json")
        .await
        .exits(0);
    let path: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(path["found"], true);
    assert_eq!(path["nodes"].as_array().unwrap().len(), 3);
    ask(&graph, "path a licence:MIT --edge LICENSED_UNDER")
        .await
        .exits(0)
        .prints("licence:MIT");
}

#[tokio::test(flavor = "multi_thread")]
async fn that_there_is_no_path_is_said() {
    let graph = filled().await;
    ask(&graph, "path c a")
        .await
        .exits(1)
        .says("no path from crate:c to crate:a within 16 edges");
    ask(&graph, "path a c --max-depth 1")
        .await
        .exits(1)
        .says("within 1 edge");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_named_with_what_to_do() {
    let graph = filled().await;
    for question in ["get nope", "path nope a", "path a nope"] {
        let said = ask(&graph, question).await.exits(1);
        said.says("NOT_FOUND")
            .says("crate:nope")
            .says("graph search");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_shown_found_and_counted() {
    let graph = filled().await;
    let said = ask(&graph, "get b").await.exits(0);
    said.prints("crate:b  Crate")
        .prints("VERSION_OF  crate:b@0.1.0");
    let said = ask(&graph, "get b@0.1.0").await.exits(0);
    said.prints("DEPENDS_ON      crate:c@0.1.0")
        .prints("license");
    let said = ask(&graph, "get b --json").await.exits(0);
    let node: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(node["node"]["properties"]["name"]["stringValue"], "b");

    ask(&graph, "search MIT --type Licence")
        .await
        .exits(0)
        .prints("licence:MIT  Licence");
    ask(&graph, "search nothing-like-it")
        .await
        .exits(0)
        .says("nothing was found");
    ask(&graph, "stats")
        .await
        .exits(0)
        .prints("Version        3")
        .prints("DEPENDS_ON");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_argument_names_its_field() {
    let graph = filled().await;
    let said = ask(&graph, "search x --type no-type-has-dashes")
        .await
        .exits(1);
    said.says("INVALID_ARGUMENT").says("field `types");
}

#[tokio::test]
async fn a_gateway_that_is_not_there_is_named() {
    let url = nobody().await;
    let said = throughline(["graph", "stats", "--gateway", &url])
        .run()
        .await
        .exits(1);
    said.says("UNAVAILABLE").says(&url).says("--gateway");
}
