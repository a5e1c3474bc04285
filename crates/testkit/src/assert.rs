//! What every test of a trace asserts, and the trace as text for when it does not hold.

use std::fmt::Write as _;

use throughline_trace_model::{Expectations, TraceTree, Verdict, check};

/// Asserts that a trace is one tree: something arrived, one span is its head, each other has its parent, each
/// event and log its span, and each hop its caller's baggage.
///
/// What cannot be judged counts as broken: a test that passes without having looked is worse than none.
///
/// # Panics
///
/// When the trace is broken, with what is wrong and an outline of the trace.
#[track_caller]
pub fn assert_unbroken(tree: &TraceTree) {
    let expected = Expectations {
        no_orphans: true,
        one_root: true,
        same_baggage: true,
        ..Expectations::default()
    };
    let mut wrong = Vec::new();
    // The judgement of the trace model, and beside it the bare facts: a slip in the one must not hide a break.
    if tree.roots.len() != 1 {
        wrong.push(format!("{} roots", tree.roots.len()));
    }
    for orphan in tree.nodes.iter().filter(|node| node.orphan) {
        wrong.push(format!("span {} is an orphan", orphan.span.span_id));
    }
    for event in &tree.stray_events {
        wrong.push(format!("event `{}` hangs under no span", event.title));
    }
    for log in &tree.stray_logs {
        wrong.push(format!("log `{}` hangs under no span", log.body));
    }
    for diagnosis in &tree.diagnoses {
        wrong.push(format!("{:?}: {}", diagnosis.kind, diagnosis.message));
    }
    for result in check(tree, &expected) {
        if result.verdict != Verdict::Holds {
            wrong.push(format!(
                "{}: {:?}: {}",
                result.check, result.verdict, result.message
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "trace {} is broken:\n  {}\n{}",
        tree.trace_id,
        wrong.join("\n  "),
        outline(tree)
    );
}

/// The trace as lines: service, operation, name, status, indented by depth.
pub fn outline(tree: &TraceTree) -> String {
    let mut lines = String::new();
    for (depth, node) in tree.walk() {
        let span = &node.span;
        let _ = writeln!(
            lines,
            "{:indent$}{} {} {} [{}] {}{}",
            "",
            span.service,
            span.op,
            span.name,
            span.status,
            span.span_id,
            if node.orphan { " ORPHAN" } else { "" },
            indent = 2 * depth,
        );
        for event in &node.events {
            let _ = writeln!(
                lines,
                "{:indent$}! {}",
                "",
                event.title,
                indent = 2 * depth + 2
            );
        }
    }
    lines
}
