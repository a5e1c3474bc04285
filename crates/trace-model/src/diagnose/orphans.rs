//! Spans whose parent did not arrive, and servers that begin where others already were.

use std::collections::BTreeSet;

use crate::{Diagnosis, DiagnosisKind, Node, Side, TraceTree};

use super::scene::{Scene, within};
use super::{HEADER, TOPS, broken, tell};

pub(super) fn orphans(scene: &Scene<'_>, found: &mut Vec<Diagnosis>) {
    let tree = scene.tree;
    let headless = tree.roots.iter().all(|root| tree.nodes[*root].orphan);
    let mut missing = BTreeSet::new();
    let mut added = Vec::new();
    for root in tree.roots.iter().take(TOPS) {
        let node = &tree.nodes[*root];
        let said = found
            .iter()
            .any(|said| said.span_ids.contains(&node.span.span_id));
        let around = around(tree, node);
        let Some(parent) = &node.span.parent_span_id else {
            added.extend(restarted(scene, node).filter(|_| !said));
            continue;
        };
        // One sentence for each missing parent, however many name it.
        let first = !missing.contains(parent.as_str());
        if !tree.quiet {
            missing.insert(parent.as_str());
            added.extend(first.then(|| late(node, parent)));
        } else if headless && around.is_none() {
            missing.insert(parent.as_str());
            added.extend(first.then(|| no_head(node, parent)));
        } else if !said {
            added.push(gap(node, parent, around));
        }
    }
    if tree.nodes.is_empty() && !tree.is_empty() && tree.quiet && !sampled_away(tree) {
        added.push(Diagnosis {
            kind: DiagnosisKind::HeadNeverRecorded,
            service: String::new(),
            side: None,
            message: "events or logs arrived, but no span".to_owned(),
            span_ids: Vec::new(),
            other_trace_id: None,
        });
    }
    found.extend(added);
}

/// Whether the head decided against this trace.
pub(super) fn sampled_away(tree: &TraceTree) -> bool {
    let no = |pairs: &crate::SamplingContext| pairs.get("sampled").is_some_and(|v| v == "false");
    let events = tree
        .events()
        .filter_map(|event| event.sampling_context.as_ref());
    tree.nodes.is_empty() && events.into_iter().any(no)
}

/// The innermost span around a top, out of another top's tree.
fn around<'a>(tree: &'a TraceTree, node: &Node) -> Option<&'a Node> {
    // A top's own tree begins with it, so whatever began earlier is of another.
    let others = tree.nodes.iter().filter(|other| {
        other.span.start <= node.span.start
            && other.span.span_id != node.span.span_id
            && other.span.service != node.span.service
            && !other.span.is_database()
            && within(&node.span, &other.span)
    });
    others
        .filter(|other| !is_under(tree, other, node))
        .min_by_key(|other| other.span.duration())
}

fn is_under(tree: &TraceTree, node: &Node, top: &Node) -> bool {
    let mut at = Some(node);
    while let Some(node) = at {
        if std::ptr::eq(node, top) {
            return true;
        }
        at = tree.parent(node);
    }
    false
}

fn late(node: &Node, parent: &str) -> Diagnosis {
    Diagnosis {
        kind: DiagnosisKind::Late,
        service: String::new(),
        side: None,
        message: format!(
            "{parent}, the parent of {}, may yet arrive",
            tell(&node.span)
        ),
        span_ids: vec![node.span.span_id.clone(), parent.to_owned()],
        other_trace_id: None,
    }
}

fn no_head(node: &Node, parent: &str) -> Diagnosis {
    Diagnosis {
        kind: DiagnosisKind::HeadNeverRecorded,
        message: format!(
            "{parent}, which {} continues, was never recorded",
            tell(&node.span)
        ),
        ..late(node, parent)
    }
}

fn gap(node: &Node, parent: &str, around: Option<&Node>) -> Diagnosis {
    let before = around.map_or_else(String::new, |around| {
        format!(" after {}", tell(&around.span))
    });
    Diagnosis {
        kind: DiagnosisKind::HopNotRecorded,
        // The last hop that is known before the gap; it made that span, or called who did.
        service: around.map_or_else(
            || node.span.service.clone(),
            |around| around.span.service.clone(),
        ),
        side: Some(if around.is_some() {
            Side::Client
        } else {
            Side::Server
        }),
        message: format!(
            "{parent}, the parent of {}, was never recorded{before}",
            tell(&node.span)
        ),
        ..late(node, parent)
    }
}

/// A server without a parent in a trace that already ran: the trace's id came, the
/// parent's did not.
fn restarted(scene: &Scene<'_>, node: &Node) -> Option<Diagnosis> {
    let tree = scene.tree;
    let first = tree.roots.first().map(|root| &tree.nodes[*root])?;
    if node.span.side() != Some(Side::Server) || std::ptr::eq(first, node) {
        return None;
    }
    let span = &node.span;
    let message = format!(
        "{} has the trace's id but no parent: its {HEADER} was not read whole",
        tell(span)
    );
    Some(broken(
        (&span.service, Side::Server),
        &[span],
        &tree.trace_id,
        message,
    ))
}
