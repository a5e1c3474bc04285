//! Services that show no call at all, while what they called began a trace of its own.

use crate::{Diagnosis, Node, Side, Span};

use super::scene::{Scene, is_call, same_name, within};
use super::{HEADER, TOPS, broken, tell};

pub(super) fn silent(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let mut found = Vec::new();
    for node in &scene.tree.nodes {
        if entry(scene, node) && makes_no_call(scene, node) {
            let heads = scene.roots().filter(|root| begins(root, &node.span));
            let head = heads
                .filter(|root| told_apart(scene, node, root))
                .max_by_key(|root| (same_name(root, &node.span), root.duration()));
            found.extend(head.map(|head| unsent(scene, &node.span, head)));
        }
    }
    // The same seen from the far side. A caller around a whole trace may be there by
    // chance, so it must have taken the same call.
    for top in scene
        .tree
        .roots
        .iter()
        .take(TOPS)
        .map(|root| &scene.tree.nodes[*root].span)
    {
        let callers = scene.others.iter().flat_map(|other| {
            let entries = other
                .spans
                .iter()
                .filter(|span| span.side() == Some(Side::Server));
            entries.filter(|span| other.is_silent(span))
        });
        let caller = callers
            .filter(|caller| begins(top, caller) && same_name(top, caller))
            .min_by_key(|caller| caller.duration());
        found.extend(caller.map(|caller| unsent(scene, caller, top)));
    }
    found
}

/// The client side of `caller` sent nothing to `head`.
pub(super) fn unsent(scene: &Scene<'_>, caller: &Span, head: &Span) -> Diagnosis {
    let own = &*scene.tree.trace_id;
    let message = format!(
        "the client side of {} sends no {HEADER}: {} began trace {} while {} ran and shows no call",
        caller.service,
        tell(head),
        head.trace_id,
        tell(caller),
    );
    let spans = if caller.trace_id == own {
        [caller, head]
    } else {
        [head, caller]
    };
    broken((&caller.service, Side::Client), &spans, own, message)
}

/// Whether a span begins its trace as a server, in the time of a caller elsewhere.
fn begins(head: &Span, caller: &Span) -> bool {
    head.parent_span_id.is_none()
        && head.side() == Some(Side::Server)
        && head.service != caller.service
        && within(head, caller)
}

/// Whether a node is the first of its service on its branch.
fn entry(scene: &Scene<'_>, node: &Node) -> bool {
    let parent = scene.tree.parent(node);
    !node.span.is_database()
        && !is_call(&node.span)
        && parent.is_none_or(|parent| parent.span.service != node.span.service)
}

/// Whether no call of its service, nor another service, is under a node.
fn makes_no_call(scene: &Scene<'_>, node: &Node) -> bool {
    let mut open: Vec<&Node> = scene.tree.children(node).collect();
    while let Some(below) = open.pop() {
        if is_call(&below.span) || below.span.service != node.span.service {
            return false;
        }
        open.extend(scene.tree.children(below));
    }
    true
}

/// Whether a head in the time of a node is its callee rather than there by chance: the
/// same call sent on; or a head of a service that is not in the trace, under a node that
/// neither takes calls of that kind itself nor explains its time by a database.
fn told_apart(scene: &Scene<'_>, node: &Node, head: &Span) -> bool {
    let queries = scene
        .tree
        .children(node)
        .any(|child| child.span.is_database());
    let foreign = !scene.services.contains(head.service.as_str());
    same_name(head, &node.span) || (foreign && !queries && node.span.op != head.op)
}
