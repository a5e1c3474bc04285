//! Every RPC of the graph service, called by programs that know nothing of it but what reflection says: each call
//! leaves one whole trace under its caller's span, with its statements.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use throughline_api::FILE_DESCRIPTOR_SET;
use throughline_api::graph::v1::ExportGraphRequest;
use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_continuity::{Chain, ChainOptions, Expected, Root, judge, seeded};
use tonic::Code;

use crate::interop::program;

const SERVICE: &str = "throughline.graph.v1.GraphService";

/// The one call that its caller has to end.
const ENDLESS: &str = "WatchChanges";

/// A call, and the field that its answer must have.
struct Call {
    method: &'static str,
    messages: Vec<Value>,
    answered: &'static str,
    root: Root,
}

/// Every RPC once; the changes that are watched are those of the writes before.
fn calls(watch_token: &str) -> Vec<Call> {
    let mut chance = seeded("reflection");
    let node = |id| json!({"id": id, "type": "Letter", "properties": {"n": {"intValue": "7"}}});
    let edge = json!({"from": "e", "type": "NEXT", "to": "f"});
    let one = |message| vec![message];
    let rows = [
        (
            "ApplyMutations",
            one(json!({"mutations": [{"putNode": node("d")}]})),
            "results",
        ),
        (
            "ImportGraph",
            vec![
                json!({"sequence": "1", "nodes": [node("e"), node("f")]}),
                json!({"sequence": "2", "edges": [edge]}),
            ],
            "edgeCount",
        ),
        (
            "GetNode",
            one(json!({"id": "b", "includeEdges": true})),
            "outgoing",
        ),
        (
            "BatchGetNodes",
            one(json!({"ids": ["a", "nowhere"]})),
            "missing",
        ),
        (
            "ListNodes",
            one(json!({"filter": "type = \"Letter\"", "pageSize": 2})),
            "nextPageToken",
        ),
        ("SearchNodes", one(json!({"query": "b"})), "hits"),
        ("FindPath", one(json!({"from": "a", "to": "c"})), "found"),
        ("GetSchema", one(json!({})), "schema"),
        (
            "UpdateSchema",
            one(json!({"schema": {"nodeTypes": [{"name": "Word"}]}, "validateOnly": true})),
            "schema",
        ),
        ("GetStats", one(json!({})), "nodeCount"),
        ("Traverse", one(json!({"start": ["a"]})), "summary"),
        ("ExportGraph", one(json!({})), "watchToken"),
        (ENDLESS, one(json!({"resumeToken": watch_token})), "changes"),
    ];
    rows.map(|(method, messages, answered)| Call {
        method,
        messages,
        answered,
        root: Root::sampled(&mut chance),
    })
    .into()
}

fn methods() -> BTreeSet<String> {
    let files = <prost_types::FileDescriptorSet as prost::Message>::decode(FILE_DESCRIPTOR_SET);
    let files = files.expect("the descriptor set is one").file;
    let services = files
        .into_iter()
        .filter(|file| file.package() == "throughline.graph.v1");
    let services = services.flat_map(|file| file.service);
    let methods = services.flat_map(|service| service.method);
    methods.map(|method| method.name().to_owned()).collect()
}

/// Starts the chain and makes all calls by `make`; each must be answered and leave its trace.
async fn check(make: impl FnOnce(&str, &[Call]) -> Vec<String>) {
    let mut chain = Chain::start(&ChainOptions::default()).await;
    let channel = GraphServiceClient::connect(chain.graph_url().to_owned()).await;
    let first = channel
        .expect("it connects")
        .export_graph(ExportGraphRequest::default())
        .await;
    let first = first.expect("it answers").into_inner().message().await;
    let token = first.expect("a part").expect("a part").watch_token;
    let calls = calls(&token);
    let called: BTreeSet<String> = calls.iter().map(|call| call.method.to_owned()).collect();
    assert_eq!(called, methods(), "an RPC has no call here yet");

    let target = chain.graph_url().trim_start_matches("http://").to_owned();
    let answers = make(&target, &calls);
    chain.stop().await;
    let records = chain.records();
    assert_eq!(answers.len(), calls.len(), "{answers:?}");
    for (call, answer) in calls.iter().zip(answers) {
        let field = format!("\"{}\"", call.answered);
        assert!(
            answer.contains(&field),
            "{}: no {field} in {answer}",
            call.method
        );
        let (code, expected) = match call.method {
            ENDLESS => (Code::Cancelled, &CANCELLED),
            _ => (Code::Ok, &OK),
        };
        let wrong = judge(&call.root, code, expected, records.iter().cloned());
        assert!(wrong.is_empty(), "{}: {}", call.method, wrong.join("\n"));
    }
}

const OK: Expected = Expected {
    code: Code::Ok,
    ran: &[("graph", Code::Ok)],
    store: true,
    event: None,
};
const CANCELLED: Expected = Expected {
    code: Code::Cancelled,
    ran: &[("graph", Code::Cancelled)],
    store: true,
    event: None,
};

/// Runs a program for one call, and what it prints; one that has no end is ended when it has printed the field.
fn printed(mut program: Command, call: &Call) -> String {
    // A group of its own: what npm installs is a script, and the program that it starts would outlive it.
    program.process_group(0);
    let child = program.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = child.expect("the program starts");
    let mut said = String::new();
    for line in BufReader::new(child.stdout.take().expect("it was asked for")).lines() {
        said.push_str(&line.expect("JSON is text"));
        said.push('\n');
        if call.method == ENDLESS && said.contains(call.answered) {
            let group = format!("-{}", child.id());
            let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
            assert!(killed.expect("kill is part of every Unix").success());
            break;
        }
    }
    child.wait().expect("it ends");
    said
}

/// As flags, each header between two of `quote`.
fn headers(call: &Call, quote: &str) -> impl Iterator<Item = String> {
    let headers = call.root.headers().into_iter();
    headers
        .flat_map(move |(name, value)| ["-H".to_owned(), format!("{quote}{name}: {value}{quote}")])
}

fn messages(call: &Call) -> String {
    call.messages.iter().map(Value::to_string).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn grpcurl_calls_every_rpc() {
    let Some(grpcurl) = program("THROUGHLINE_GRPCURL") else {
        return;
    };
    let make = |target: &str, calls: &[Call]| {
        let one = |call: &Call| {
            let mut command = Command::new(&grpcurl);
            command
                .args(["-plaintext", "-d", &messages(call)])
                .args(headers(call, ""));
            command.args([target.to_owned(), format!("{SERVICE}/{}", call.method)]);
            printed(command, call)
        };
        calls.iter().map(one).collect()
    };
    check(make).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buf_curl_calls_every_rpc() {
    let Some(buf) = program("THROUGHLINE_BUF") else {
        return;
    };
    // Where no configuration of buf's lies, so that the messages can only come by reflection.
    let folder = tempfile::tempdir().expect("a folder");
    let make = |target: &str, calls: &[Call]| {
        let one = |call: &Call| {
            let mut command = Command::new(&buf);
            command.current_dir(folder.path());
            // It takes a header's commas for its own, unless quoted.
            command.args(["curl", "--protocol", "grpc", "--http2-prior-knowledge"]);
            command
                .args(["-d", &messages(call)])
                .args(headers(call, "\""));
            command.arg(format!("http://{target}/{SERVICE}/{}", call.method));
            printed(command, call)
        };
        calls.iter().map(one).collect()
    };
    check(make).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_calls_every_rpc() {
    let Some(python) = program("THROUGHLINE_PYTHON") else {
        return;
    };
    let make = |target: &str, calls: &[Call]| {
        let mut command = Command::new(python);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../interop/python/reflect.py"));
        command
            .args([target, SERVICE])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut asked = child.stdin.take().expect("it was asked for");
        for call in calls {
            let metadata: serde_json::Map<String, Value> = (call.root.headers().into_iter())
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect();
            let until = (call.method == ENDLESS).then_some(call.answered);
            let call = json!({"method": call.method, "messages": call.messages, "metadata": metadata, "until": until});
            writeln!(asked, "{call}").expect("it reads");
        }
        drop(asked);
        let said = child.wait_with_output().expect("it ends");
        assert!(said.status.success());
        String::from_utf8_lossy(&said.stdout)
            .lines()
            .map(str::to_owned)
            .collect()
    };
    check(make).await;
}
