//! `graph get | search | path | stats`, as grpc-web and as plain gRPC.

use serde_json::Value;

use crate::command::{Said, throughline};
use crate::import::filled;
use crate::servers::nobody;
use crate::stack::Stack;

async fn ask(stack: &Stack, question: &str, code: i32) -> Said {
    let words: Vec<_> = question.split(' ').collect();
    let web = stack.ask(&words, code).await;
    let plain = [&words[..], &["--graph", stack.graph.url()]].concat();
    let plain = stack.ask(&plain, code).await;
    assert_eq!(web.stdout, plain.stdout, "the way there changes nothing");
    web
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_is_found_by_bare_names() {
    let stack = filled().await;
    let expected = "\
crate:a@0.1.0
└─ DEPENDS_ON ─▶ crate:b@0.1.0  (kind: normal, req: ^0.1)
   └─ DEPENDS_ON ─▶ crate:c@0.1.0  (kind: normal, req: ^0.1)
      └─ VERSION_OF ─▶ crate:c
";
    let said = ask(&stack, "path a c", 0).await;
    assert_eq!(said.stdout, expected);
    let said = ask(&stack, "path crate:a@0.1.0 c@0.1.0 --json", 0).await;
    let path: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(path["found"], true);
    assert_eq!(path["nodes"].as_array().unwrap().len(), 3);
    ask(&stack, "path a licence:MIT --edge LICENSED_UNDER", 0)
        .await
        .prints("licence:MIT");
}

#[tokio::test(flavor = "multi_thread")]
async fn that_there_is_no_path_is_said() {
    let stack = filled().await;
    ask(&stack, "path c a", 1)
        .await
        .says("no path from crate:c to crate:a within 16 edges");
    ask(&stack, "path a c --max-depth 1", 1)
        .await
        .says("within 1 edge");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_named_with_what_to_do() {
    let stack = filled().await;
    for question in ["get nope", "path nope a", "path a nope"] {
        let said = ask(&stack, question, 1).await;
        said.says("NOT_FOUND")
            .says("crate:nope")
            .says("graph search");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_shown_found_and_counted() {
    let stack = filled().await;
    let said = ask(&stack, "get b", 0).await;
    said.prints("crate:b  Crate")
        .prints("VERSION_OF  crate:b@0.1.0");
    let said = ask(&stack, "get b@0.1.0", 0).await;
    said.prints("DEPENDS_ON      crate:c@0.1.0")
        .prints("license");
    let said = ask(&stack, "get b --json", 0).await;
    let node: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(node["node"]["properties"]["name"]["stringValue"], "b");

    ask(&stack, "search MIT --type Licence", 0)
        .await
        .prints("licence:MIT  Licence");
    ask(&stack, "search nothing-like-it", 0)
        .await
        .says("nothing was found");
    ask(&stack, "stats", 0)
        .await
        .prints("Version        3")
        .prints("DEPENDS_ON");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_argument_names_its_field() {
    let stack = filled().await;
    let said = ask(&stack, "search x --type no-type-has-dashes", 1).await;
    said.says("INVALID_ARGUMENT").says("field `types");
}

#[tokio::test]
async fn a_gateway_that_is_not_there_is_named() {
    let nobody = nobody();
    let url = nobody.url();
    let said = throughline(["graph", "stats", "--gateway", url])
        .run()
        .await
        .exits(1);
    said.says("UNAVAILABLE").says(url).says("--gateway");
}
