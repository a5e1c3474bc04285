//! What is refused, and how the command says so: the code, the field or bound, the sentence, and what next; each against
//! the real services, and each call leaves its trace.

use crate::stack::Stack;

/// A line, its exit code, and what it says on stderr or prints.
type Row<'a> = (&'a str, i32, &'a [&'a str]);

/// As a shell takes a line apart, single quotes being all that is used here.
fn words(line: &str) -> Vec<&str> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().collect(),
        _ => vec![part],
    });
    words.collect()
}

async fn check(stack: &Stack, rows: &[Row<'_>]) {
    for (line, code, expected) in rows {
        let said = stack.ask(&words(line), *code).await;
        for text in *expected {
            let there = said.stderr.contains(text) || said.stdout.contains(text);
            assert!(there, "{line}: no {text:?} in {said:#?}");
        }
    }
}

/// `a` and `b` in a circle, `c` with an edge to itself, and a type whose `n` is a number.
async fn stack() -> Stack {
    let stack = Stack::start().await;
    let lines = "\
{\"putNode\":{\"id\":\"a\",\"type\":\"T\"}}
{\"putNode\":{\"id\":\"b\",\"type\":\"T\"}}
{\"putNode\":{\"id\":\"c\",\"type\":\"T\"}}
{\"putEdge\":{\"from\":\"a\",\"type\":\"E\",\"to\":\"b\"}}
{\"putEdge\":{\"from\":\"b\",\"type\":\"E\",\"to\":\"a\"}}
{\"putEdge\":{\"from\":\"c\",\"type\":\"E\",\"to\":\"c\"}}
";
    let file = stack.file("small.jsonl", lines);
    stack.ask(&["mutate", "apply", &file], 0).await;
    let schema = r#"{"nodeTypes":[{"name":"Typed","properties":[{"name":"n","valueType":"VALUE_TYPE_INT","required":true}]}]}"#;
    let file = stack.file("schema.json", schema);
    stack.ask(&["schema", "--update", &file], 0).await;
    stack
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_named_with_its_details() {
    let stack = stack().await;
    let long = "x".repeat(513);
    let long = format!("get {long}");
    let rows: &[Row<'_>] = &[
        // An unknown field, a value of the wrong type.
        (
            "list --filter 'a.b = 1'",
            1,
            &[
                "INVALID_ARGUMENT",
                "field `filter`",
                "is no field of a node",
                "reason INVALID_FIELD",
            ],
        ),
        (
            "list --filter 'n < true'",
            1,
            &["INVALID_ARGUMENT", "field `filter`: at character"],
        ),
        (
            "list --order 'n up'",
            1,
            &["INVALID_ARGUMENT", "field `order_by`", "nothing or desc"],
        ),
        (
            "mutate put-node t Typed n=seven",
            1,
            &["FAILED_PRECONDITION", "PRECONDITION `mutations[0]`", "n"],
        ),
        (
            "mutate put-node t Typed",
            1,
            &["FAILED_PRECONDITION", "mutations[0]"],
        ),
        // Circles and edges to oneself are graphs like others, and every walk ends.
        ("traverse a --depth 16", 0, &["E ─▶ a  (*)"]),
        ("path a a", 0, &["0 edges"]),
        ("traverse c --depth 16", 0, &["E ─▶ c  (*)"]),
        ("mutate put-edge b E b", 0, &["1 change made"]),
        // What is not there.
        ("get nope", 1, &["NOT_FOUND", "crate:nope", "graph search"]),
        (
            "mutate put-edge a E nope",
            1,
            &["FAILED_PRECONDITION", "mutations[0]", "nope"],
        ),
        // Tokens and keys of something else.
        (
            "list --page nonsense",
            1,
            &["INVALID_ARGUMENT", "field `page_token`"],
        ),
        (
            "watch --from nonsense",
            1,
            &["INVALID_ARGUMENT", "field `resume_token`"],
        ),
        ("mutate put-node k T --key once", 0, &["1 change made"]),
        ("mutate put-node k T --key once", 0, &["1 change made"]),
        (
            "mutate put-node other T --key once",
            1,
            &[
                "INVALID_ARGUMENT",
                "field `idempotency_key`",
                "other mutations",
            ],
        ),
        (
            "mutate put-node a T --if-etag 99",
            1,
            &["ABORTED", "ETAG `mutations[0]`"],
        ),
        (
            "mutate put-node a T --if-exists false",
            1,
            &["FAILED_PRECONDITION", "mutations[0]"],
        ),
        // Bounds.
        (&long, 1, &["INVALID_ARGUMENT", "field `id`", "512"]),
        (
            "mutate put-node a 1T",
            1,
            &["INVALID_ARGUMENT", "field `mutations[0].put_node.type`"],
        ),
        // The token.
        (
            "mutate put-node a T --token wrong",
            1,
            &["PERMISSION_DENIED", "WRITE_TOKEN_WRONG", "--token"],
        ),
    ];
    check(&stack, rows).await;

    let said = stack.ask(&["list", "--limit", "1"], 0).await;
    let token = said
        .stderr
        .split("--page ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap();
    let another = format!("list --limit 1 --type T --page {token}");
    check(
        &stack,
        &[(
            &another,
            1,
            &["INVALID_ARGUMENT", "field `page_token`", "another query"],
        )],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_text_is_kept_to_the_byte_or_refused_by_a_bound() {
    let stack = Stack::start().await;
    let apply = |id: String, text: String| {
        let node = serde_json::json!({"putNode": {"id": id, "type": "T", "properties": {"p": {"stringValue": text}}}});
        stack.file("node.jsonl", &format!("{node}\n"))
    };
    let ids = ["\"q'q\"", "🦀 e\u{301} 👩‍👩‍👧", "שלום \u{202e}عالم", "a\\b%;--"];
    let texts = [
        "\"'`",
        "🦀👩‍👩‍👧e\u{301}",
        "\u{202e}שלום",
        "a\0b\u{7}",
        &"é".repeat(1 << 19),
    ];
    for (number, text) in texts.iter().enumerate() {
        let id = ids[number % ids.len()];
        let file = apply(id.to_owned(), (*text).to_owned());
        stack.ask(&["mutate", "apply", &file], 0).await;
        let said = stack.ask(&["get", id, "--json"], 0).await;
        let node: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(node["node"]["id"], id);
        let kept = node["node"]["properties"]["p"]["stringValue"].as_str();
        assert!(kept == Some(*text), "{number}: not what was put");
        // And for eyes: nothing that a terminal would obey.
        let said = stack.ask(&["get", id], 0).await;
        let obeyed = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(
            !said.stdout.contains(obeyed),
            "{number}: {}",
            said.stdout.len()
        );
    }
    for (id, text, field) in [
        ("a\0b", "", "mutations[0].put_node.id"),
        ("a\nb", "", "mutations[0].put_node.id"),
        ("a", &*"x".repeat((1 << 20) + 1), "1048576"),
    ] {
        let file = apply(id.to_owned(), text.to_owned());
        let said = stack.ask(&["mutate", "apply", &file], 1).await;
        said.says("INVALID_ARGUMENT").says(field);
    }
}
