//! Requests, each with one field out of its bounds.

use serde_json::{Value, json};
use tonic::Code;

/// A request with one field out of its bounds: the call, the field as `Message.field`, and what the error must name.
pub(crate) struct Case {
    pub(crate) rpc: &'static str,
    pub(crate) field: &'static str,
    pub(crate) request: Value,
    pub(crate) named: String,
    pub(crate) code: Code,
}

fn case(rpc: &'static str, field: &'static str, request: Value, named: &str) -> Case {
    Case {
        rpc,
        field,
        request,
        named: named.to_owned(),
        code: Code::InvalidArgument,
    }
}

/// Fields of which any value will do, and why.
pub(crate) const FREE: &[(&str, &str)] = &[
    ("GetNodeRequest.include_edges", "a truth value"),
    ("Node.etag", "output only, and not read"),
    ("Value.int_value", "any 64 bits are one"),
    ("Value.bool_value", "a truth value"),
    ("NodeType.closed", "a truth value"),
    ("PropertyType.required", "a truth value"),
    ("UpdateSchemaRequest.validate_only", "a truth value"),
];

pub(crate) fn reads() -> Vec<Case> {
    let long = |length| "x".repeat(length);
    let bad = json!(["T", "no type"]);
    let mut cases = vec![
        case(
            "GetNode",
            "GetNodeRequest.id",
            json!({"id": long(513)}),
            "id",
        ),
        case(
            "GetNode",
            "GetNodeRequest.max_edges",
            json!({"id": "a", "maxEdges": 1001}),
            "max_edges",
        ),
        case(
            "BatchGetNodes",
            "BatchGetNodesRequest.ids",
            json!({"ids": ["a", "a\u{0}"]}),
            "ids[1]",
        ),
        case(
            "ListNodes",
            "ListNodesRequest.filter",
            json!({"filter": long(8193)}),
            "filter",
        ),
        case(
            "ListNodes",
            "ListNodesRequest.order_by",
            json!({"orderBy": long(1025)}),
            "order_by",
        ),
        case(
            "ListNodes",
            "ListNodesRequest.page_size",
            json!({"pageSize": -1}),
            "page_size",
        ),
        case(
            "ListNodes",
            "ListNodesRequest.page_token",
            json!({"pageToken": long(32_769)}),
            "page_token",
        ),
        case(
            "SearchNodes",
            "SearchNodesRequest.query",
            json!({"query": long(1025)}),
            "query",
        ),
        case(
            "SearchNodes",
            "SearchNodesRequest.types",
            json!({"query": "a", "types": bad}),
            "types[1]",
        ),
        case(
            "SearchNodes",
            "SearchNodesRequest.page_size",
            json!({"query": "a", "pageSize": -1}),
            "page_size",
        ),
        case(
            "SearchNodes",
            "SearchNodesRequest.page_token",
            json!({"query": "a", "pageToken": "!"}),
            "page_token",
        ),
        case(
            "ExportGraph",
            "ExportGraphRequest.node_types",
            json!({"nodeTypes": bad}),
            "node_types[1]",
        ),
        case(
            "ExportGraph",
            "ExportGraphRequest.edge_types",
            json!({"edgeTypes": bad}),
            "edge_types[1]",
        ),
        case(
            "ExportGraph",
            "ExportGraphRequest.resume_token",
            json!({"resumeToken": "!"}),
            "resume_token",
        ),
        case(
            "WatchChanges",
            "WatchChangesRequest.node_types",
            json!({"nodeTypes": bad}),
            "node_types[1]",
        ),
        case(
            "WatchChanges",
            "WatchChangesRequest.resume_token",
            json!({"resumeToken": "!"}),
            "resume_token",
        ),
    ];
    for (rpc, field, request) in [
        (
            "GetNode",
            "GetNodeRequest.read_mask",
            json!({"id": "a", "readMask": "nonsense"}),
        ),
        (
            "BatchGetNodes",
            "BatchGetNodesRequest.read_mask",
            json!({"ids": ["a"], "readMask": "nonsense"}),
        ),
        (
            "ListNodes",
            "ListNodesRequest.read_mask",
            json!({"readMask": "nonsense"}),
        ),
    ] {
        for field in [field, "FieldMask.paths"] {
            cases.push(case(rpc, field, request.clone(), "read_mask"));
        }
    }
    for (field, key, value, named) in [
        ("FindPathRequest.from", "from", json!(long(513)), "from"),
        ("FindPathRequest.to", "to", json!(""), "to"),
        (
            "FindPathRequest.edge_types",
            "edgeTypes",
            bad.clone(),
            "edge_types[1]",
        ),
        (
            "FindPathRequest.node_types",
            "nodeTypes",
            bad.clone(),
            "node_types[1]",
        ),
        (
            "FindPathRequest.direction",
            "direction",
            json!(9),
            "direction",
        ),
        (
            "FindPathRequest.max_depth",
            "maxDepth",
            json!(65),
            "max_depth",
        ),
    ] {
        let mut request = json!({"from": "a", "to": "b"});
        request[key] = value;
        cases.push(case("FindPath", field, request, named));
    }
    for (field, key, value, named) in [
        (
            "TraverseRequest.start",
            "start",
            json!(["a", ""]),
            "start[1]",
        ),
        (
            "TraverseRequest.edge_types",
            "edgeTypes",
            bad.clone(),
            "edge_types[1]",
        ),
        (
            "TraverseRequest.node_types",
            "nodeTypes",
            bad,
            "node_types[1]",
        ),
        (
            "TraverseRequest.direction",
            "direction",
            json!(9),
            "direction",
        ),
        (
            "TraverseRequest.max_depth",
            "maxDepth",
            json!(17),
            "max_depth",
        ),
        (
            "TraverseRequest.max_fan_out",
            "maxFanOut",
            json!(1001),
            "max_fan_out",
        ),
        (
            "TraverseRequest.max_nodes",
            "maxNodes",
            json!(100_001),
            "max_nodes",
        ),
    ] {
        let mut request = json!({"start": ["a"]});
        request[key] = value;
        cases.push(case("Traverse", field, request, named));
    }
    cases
}

/// Nodes and edges are bound alike by whichever call they come.
pub(crate) fn writes() -> Vec<Case> {
    let long = |length| "x".repeat(length);
    let name = |of: Value| json!({"id": "a", "type": "T", "properties": of});
    let nodes = [
        ("Node.id", json!({"id": "a\nb", "type": "T"}), "id"),
        ("Node.type", json!({"id": "a", "type": "1T"}), "type"),
        (
            "Node.properties",
            name(json!({"größe": {"boolValue": true}})),
            "properties",
        ),
        (
            "Value.string_value",
            name(json!({"p": {"stringValue": long((1 << 20) + 1)}})),
            "properties[\"p\"]",
        ),
        (
            "Value.double_value",
            name(json!({"p": {"doubleValue": "NaN"}})),
            "properties[\"p\"]",
        ),
    ];
    let edges = [
        (
            "Edge.from",
            json!({"from": "", "type": "E", "to": "b"}),
            "from",
        ),
        (
            "Edge.type",
            json!({"from": "a", "type": long(65), "to": "b"}),
            "type",
        ),
        (
            "Edge.to",
            json!({"from": "a", "type": "E", "to": "b\u{7f}"}),
            "to",
        ),
        (
            "Edge.properties",
            json!({"from": "a", "type": "E", "to": "b", "properties": {"1": {"intValue": "1"}}}),
            "properties",
        ),
    ];
    let mut cases = Vec::new();
    for (field, node, named) in nodes {
        let mutations = json!({"mutations": [{"putNode": node}]});
        cases.push(case(
            "ApplyMutations",
            field,
            mutations,
            &format!("mutations[0].put_node.{named}"),
        ));
        cases.push(case(
            "ImportGraph",
            field,
            json!({"sequence": "1", "nodes": [node]}),
            &format!("nodes[0].{named}"),
        ));
    }
    for (field, edge, named) in edges {
        let mutations = json!({"mutations": [{"putEdge": edge}]});
        cases.push(case(
            "ApplyMutations",
            field,
            mutations,
            &format!("mutations[0].put_edge.{named}"),
        ));
        cases.push(case(
            "ImportGraph",
            field,
            json!({"sequence": "1", "edges": [edge]}),
            &format!("edges[0].{named}"),
        ));
    }
    let put = |mutation: Value| json!({"mutations": [mutation]});
    let node = json!({"id": "a", "type": "T"});
    let many = |item: Value, count| Value::Array(vec![item; count]);
    let unmet = |field, mutation, code| Case {
        code,
        ..case("ApplyMutations", field, put(mutation), "mutations[0]")
    };
    let exists = json!({"precondition": {"exists": true}, "deleteNode": "gone"});
    let etag = json!({"precondition": {"etag": "other"}, "putNode": node});
    cases.extend([
        unmet("Precondition.exists", exists.clone(), Code::FailedPrecondition),
        unmet("Mutation.precondition", exists, Code::FailedPrecondition),
        unmet("Precondition.etag", etag, Code::Aborted),
        case("ApplyMutations", "ApplyMutationsRequest.mutations", json!({}), "mutations"),
        case("ApplyMutations", "ApplyMutationsRequest.mutations", json!({"mutations": many(json!({"deleteNode": "a"}), 5_001)}), "mutations"),
        case("ApplyMutations", "ApplyMutationsRequest.idempotency_key", json!({"mutations": [{"putNode": node}], "idempotencyKey": long(129)}), "idempotency_key"),
        case("ApplyMutations", "Mutation.put_node", put(json!({"putNode": {}})), "mutations[0].put_node.id"),
        case("ApplyMutations", "Mutation.delete_node", put(json!({"deleteNode": long(513)})), "mutations[0].delete_node"),
        case("ApplyMutations", "Mutation.put_edge", put(json!({"putEdge": {}})), "mutations[0].put_edge.from"),
        case("ApplyMutations", "Mutation.delete_edge", put(json!({"deleteEdge": {}})), "mutations[0].delete_edge.from"),
        case("ImportGraph", "ImportGraphRequest.sequence", json!({"sequence": "-1", "nodes": [node]}), "sequence"),
        case("ImportGraph", "ImportGraphRequest.nodes", json!({"sequence": "1", "nodes": many(node, 5_001)}), "nodes"),
        case("ImportGraph", "ImportGraphRequest.edges", json!({"sequence": "1", "edges": many(json!({"from": "a", "type": "E", "to": "a"}), 5_001)}), "edges"),
        case("ImportGraph", "ImportGraphRequest.import_id", json!({"sequence": "1", "importId": "ü"}), "import_id"),
    ]);
    for (field, at) in [
        ("Value.timestamp_value", json!({"seconds": "-62135596801"})),
        ("Timestamp.seconds", json!({"seconds": "253402300800"})),
        ("Timestamp.nanos", json!({"nanos": 1_000_000_000})),
    ] {
        // No JSON says these, so the message is made of its numbers: see `read`.
        let node = name(json!({"p": {"timestampValue": at}}));
        cases.push(case(
            "ApplyMutations",
            field,
            put(json!({"putNode": node})),
            "mutations[0].put_node.properties[\"p\"]",
        ));
        cases.push(case(
            "ImportGraph",
            field,
            json!({"sequence": "1", "nodes": [node]}),
            "nodes[0].properties[\"p\"]",
        ));
    }
    cases
}

pub(crate) fn schemas() -> Vec<Case> {
    let of = |field, schema: Value, named: &str| {
        case(
            "UpdateSchema",
            field,
            json!({"schema": schema}),
            &format!("schema.{named}"),
        )
    };
    let nodes = |of: Value| json!({"nodeTypes": [of]});
    let edges = |of: Value| json!({"edgeTypes": [of]});
    let property = |of: Value| nodes(json!({"name": "T", "properties": [of]}));
    let many: Vec<_> = (0..501).map(|n| json!({"name": format!("T{n}")})).collect();
    let outdated = Case {
        code: Code::Aborted,
        ..case(
            "UpdateSchema",
            "Schema.etag",
            json!({"schema": {"etag": "99"}}),
            "schema",
        )
    };
    let twice = json!([{"name": "p"}, {"name": "p"}]);
    vec![
        outdated,
        case(
            "UpdateSchema",
            "UpdateSchemaRequest.schema",
            json!({}),
            "schema",
        ),
        of(
            "Schema.node_types",
            json!({"nodeTypes": many}),
            "node_types",
        ),
        of(
            "Schema.edge_types",
            json!({"edgeTypes": many}),
            "edge_types",
        ),
        of(
            "NodeType.name",
            nodes(json!({"name": "1"})),
            "node_types[0].name",
        ),
        of(
            "NodeType.properties",
            nodes(json!({"name": "T", "properties": twice})),
            "node_types[0].properties[1].name",
        ),
        of(
            "EdgeType.name",
            edges(json!({"name": ""})),
            "edge_types[0].name",
        ),
        of(
            "EdgeType.from_types",
            edges(json!({"name": "E", "fromTypes": ["a b"]})),
            "edge_types[0].from_types[0]",
        ),
        of(
            "EdgeType.to_types",
            edges(json!({"name": "E", "toTypes": ["a b"]})),
            "edge_types[0].to_types[0]",
        ),
        of(
            "EdgeType.properties",
            edges(json!({"name": "E", "properties": twice})),
            "edge_types[0].properties[1].name",
        ),
        of(
            "PropertyType.name",
            property(json!({"name": "a-b"})),
            "node_types[0].properties[0].name",
        ),
        of(
            "PropertyType.value_type",
            property(json!({"name": "p", "valueType": 9})),
            "node_types[0].properties[0].value_type",
        ),
        of(
            "PropertyType.unique",
            edges(json!({"name": "E", "properties": [{"name": "p", "unique": true}]})),
            "edge_types[0].properties[0].unique",
        ),
    ]
}
