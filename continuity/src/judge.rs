//! Judges one call's trace, when everything that was to arrive has arrived: one tree under the driver's span, each hop
//! that ran ended once with its status, one error event in its place, the head's baggage on all of it.

use throughline_testkit::outline;
use throughline_trace_model::{Node, Record, TraceInput, TraceTree};
use tonic::Code;

use crate::Root;

/// The services of the chain, by their order in it.
const SERVICES: &[&str] = &["gateway", "graph"];

/// What must be stored of a call.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// What the caller saw.
    pub code: Code,
    /// The hops that ran, the first called first, with the status that each ended with.
    pub ran: &'static [(&'static str, Code)],
    /// Whether the database was asked.
    pub store: bool,
    /// The hop under whose call the one error event hangs, if there is to be one.
    pub event: Option<&'static str>,
}

/// Everything that is wrong with the trace of `root`; nothing if it holds.
pub fn judge(
    root: &Root,
    seen: Code,
    expected: &Expected,
    records: impl IntoIterator<Item = Record>,
) -> Vec<String> {
    let mut input = TraceInput::from_records(&root.trace_id, records);
    input.nearby.clear();
    input.spans.push(root.span(seen));
    let tree = TraceTree::build(input);
    let mut wrong = Wrong(Vec::new());
    wrong.unless(seen == expected.code, || {
        format!("the caller saw {seen:?}, not {:?}", expected.code)
    });
    one_tree(&tree, root, &mut wrong);
    for service in SERVICES {
        let ran = expected.ran.iter().find(|(hop, _)| hop == service);
        // Who called it: the hop that ran before it, or the driver.
        let hops = expected.ran.iter().map(|(hop, _)| *hop);
        let before = hops.take_while(|hop| hop != service).last();
        let code = ran.map(|(_, code)| *code);
        hop(&tree, root, (service, before), code, &mut wrong);
    }
    store(&tree, expected.store, &mut wrong);
    event(&tree, root, expected.event, &mut wrong);
    if !wrong.0.is_empty() {
        wrong.0.push(format!("\n{}", outline(&tree)));
    }
    wrong.0
}

struct Wrong(Vec<String>);

impl Wrong {
    fn unless(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }
}

fn one_tree(tree: &TraceTree, root: &Root, wrong: &mut Wrong) {
    wrong.unless(tree.roots.len() == 1, || {
        format!("{} roots", tree.roots.len())
    });
    wrong.unless(tree.duplicates == 0, || {
        format!("{} spans came twice", tree.duplicates)
    });
    wrong.unless(tree.stray_events.is_empty(), || {
        format!("{} events hang under no span", tree.stray_events.len())
    });
    let segments = tree.nodes.iter().filter(|node| node.span.segment);
    for segment in segments {
        wrong.unless(
            segment.span.sampling_context.as_ref() == Some(&root.pairs()),
            || format!("{}: not the head's baggage", segment.span.service),
        );
    }
}

fn of<'t>(tree: &'t TraceTree, service: &str, op: &str) -> Vec<&'t Node> {
    let is = |node: &&Node| node.span.service == service && node.span.op == op;
    tree.nodes.iter().filter(is).collect()
}

/// One call of a hop with its status, under the span that called it; or none.
fn hop(
    tree: &TraceTree,
    root: &Root,
    (service, before): (&str, Option<&str>),
    code: Option<Code>,
    wrong: &mut Wrong,
) {
    let calls = of(tree, service, "rpc.server");
    let ended = usize::from(code.is_some());
    wrong.unless(calls.len() == ended, || {
        format!("{service} ended {} calls, not {ended}", calls.len())
    });
    let ([call], Some(code)) = (calls.as_slice(), code) else {
        return;
    };
    let stored = call.span.attributes.get("rpc.grpc.status_code");
    let stored = stored.and_then(|stored| stored.as_i64());
    wrong.unless(stored == Some(i64::from(code as i32)), || {
        format!("{service} stored status {stored:?}, not {code:?}")
    });
    let parent = call.parent.map(|parent| &tree.nodes[parent].span);
    let right = parent.is_some_and(|parent| match before {
        None => parent.span_id == root.span_id,
        Some(before) => parent.service == before && parent.op == "rpc.client",
    });
    wrong.unless(right, || {
        format!("{service} hangs under {:?}", parent.map(|span| &span.name))
    });
}

fn store(tree: &TraceTree, asked: bool, wrong: &mut Wrong) {
    let statements: Vec<&Node> = tree
        .nodes
        .iter()
        .filter(|node| node.span.is_database())
        .collect();
    wrong.unless(statements.is_empty() != asked, || {
        format!("{} statements of the database", statements.len())
    });
    for statement in statements {
        let mut above = statement.parent;
        let mut under = false;
        while let Some(place) = above.filter(|_| !under) {
            let span = &tree.nodes[place].span;
            under = span.service == "graph" && span.op == "rpc.server";
            above = tree.nodes[place].parent;
        }
        wrong.unless(under, || "a statement outside the graph's call".to_owned());
    }
}

fn event(tree: &TraceTree, root: &Root, expected: Option<&str>, wrong: &mut Wrong) {
    let placed = tree
        .nodes
        .iter()
        .flat_map(|node| node.events.iter().map(move |event| (node, event)));
    let errors: Vec<_> = placed.filter(|(_, event)| event.is_error()).collect();
    let count = usize::from(expected.is_some());
    wrong.unless(errors.len() == count, || {
        format!("{} error events, not {count}", errors.len())
    });
    for (node, event) in errors {
        let place = (node.span.service.as_str(), node.span.op.as_str());
        let right = Some(event.service.as_str()) == expected
            && expected == Some(place.0)
            && (place.1 == "rpc.server" || node.span.is_database());
        wrong.unless(right, || {
            format!(
                "`{}` of {} hangs under {place:?}",
                event.title, event.service
            )
        });
        wrong.unless(
            event.sampling_context.as_ref() == Some(&root.pairs()),
            || format!("`{}` has not the head's baggage", event.title),
        );
    }
}
