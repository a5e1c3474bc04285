//! What more can be said when it is known who should have taken part.

use crate::tree::is_of;
use crate::{Diagnosis, DiagnosisKind, Expectations, Side, Span, TraceTree};

use super::losses::reported;
use super::scene::{Scene, within};
use super::{HEADER, broken, rank, silent, tell};

/// The diagnoses of the tree, and one for each expected service that has no span and
/// that none of them explains.
pub(crate) fn expected(tree: &TraceTree, expected: &Expectations) -> Vec<Diagnosis> {
    let scene = Scene::new(tree);
    let missing: Vec<&str> = expected
        .services
        .iter()
        .map(String::as_str)
        .filter(|service| !tree.has_service(service))
        .collect();
    let mut found = tree.diagnoses.clone();
    if missing.is_empty() || tree.nodes.is_empty() {
        return found;
    }
    let nowhere = |service: &str| !tree.around.nearby.iter().any(|span| is_of(span, service));
    if let Some(first) = missing.iter().find(|service| nowhere(service)) {
        let rank = |name: &str| expected.services.iter().position(|service| service == name);
        name_unknown(&scene, first, |name| rank(first) < rank(name), &mut found);
    }
    for service in &missing {
        if !explained(tree, service, &found) {
            let more = elsewhere(&scene, service);
            found.push(more.unwrap_or_else(|| unrecorded(tree, service)));
        }
    }
    for lost in reported(&scene, |service| missing.contains(&service)) {
        if !found.contains(&lost) {
            found.push(lost);
        }
    }
    rank(found)
}

/// Whether a diagnosis tells where a missing service is, or is about it.
pub(crate) fn explained(tree: &TraceTree, service: &str, found: &[Diagnosis]) -> bool {
    found
        .iter()
        .any(|diagnosis| explains(tree, service, diagnosis))
}

/// Whether this diagnosis does.
pub(crate) fn explains(tree: &TraceTree, service: &str, diagnosis: &Diagnosis) -> bool {
    let there = diagnosis.other_trace_id.as_ref().is_some_and(|other| {
        let mut nearby = tree.around.nearby.iter();
        nearby.any(|span| span.trace_id == *other && is_of(span, service))
    });
    let breaks = matches!(
        diagnosis.kind,
        DiagnosisKind::NotPropagated | DiagnosisKind::HopNotRecorded | DiagnosisKind::LostInClient
    );
    breaks && (there || diagnosis.service == service)
}

/// A break whose hop is not certain is that of the first expected service that shows up
/// nowhere, for people name hops in their order: one at an address of which no service
/// is known, or before a service expected later whose server side is there.
fn name_unknown(
    scene: &Scene<'_>,
    service: &str,
    is_before: impl Fn(&str) -> bool,
    found: &mut [Diagnosis],
) {
    let nearby = &scene.tree.around.nearby;
    let known = |name: &str| {
        scene.services.contains(name) || nearby.iter().any(|span| span.service == name)
    };
    let serves = |diagnosis: &Diagnosis| {
        nearby.iter().any(|span| {
            span.service == diagnosis.service
                && span.side() == Some(Side::Server)
                && diagnosis.span_ids.contains(&span.span_id)
        })
    };
    let uncertain = found.iter_mut().find(|diagnosis| {
        diagnosis.kind == DiagnosisKind::NotPropagated
            && diagnosis.side == Some(Side::Server)
            && (!known(&diagnosis.service) || (serves(diagnosis) && is_before(&diagnosis.service)))
    });
    if let Some(diagnosis) = uncertain {
        diagnosis.message = format!("{} (the hop is taken to be {service})", diagnosis.message);
        diagnosis.service = service.to_owned();
    }
}

/// Finds a missing service in another trace of that time, as callee or as caller.
fn elsewhere(scene: &Scene<'_>, service: &str) -> Option<Diagnosis> {
    let others = scene
        .others
        .iter()
        .filter(|other| other.spans.iter().any(|span| is_of(span, service)));
    for other in others {
        for root in other.roots() {
            if let Some(caller) = scene.innermost(root) {
                let caller = &caller.span;
                let server = root.side() == Some(Side::Server);
                if server && root.parent_span_id.is_none() {
                    return Some(silent::unsent(scene, caller, root));
                }
                if root.service != caller.service {
                    return Some(unread(scene, caller, root));
                }
            }
        }
        let callers = other
            .spans
            .iter()
            .filter(|span| is_of(span, service) && !span.is_database());
        for caller in callers.rev() {
            let tops = scene
                .tree
                .roots
                .iter()
                .map(|root| &scene.tree.nodes[*root].span);
            let mut tops = tops.filter(|top| top.service != caller.service && within(top, caller));
            if let Some(top) = tops.next() {
                let call = other
                    .unanswered()
                    .find(|call| call.service == service && within(top, call));
                return Some(match call {
                    Some(call) => unread(scene, call, top),
                    None => silent::unsent(scene, caller, top),
                });
            }
        }
    }
    None
}

/// The server side of `top`'s service did not read what `caller` sent.
fn unread(scene: &Scene<'_>, caller: &Span, top: &Span) -> Diagnosis {
    let own = &*scene.tree.trace_id;
    let message = format!(
        "the server side of {} did not take up {HEADER} of {}: {} stands in trace {}",
        top.service,
        tell(caller),
        tell(top),
        top.trace_id,
    );
    let spans = if caller.trace_id == own {
        [caller, top]
    } else {
        [top, caller]
    };
    broken((&top.service, Side::Server), &spans, own, message)
}

fn unrecorded(tree: &TraceTree, service: &str) -> Diagnosis {
    let around = match tree.nodes.last() {
        Some(_) => format!("; the trace has {}", tree.services().join(", ")),
        None => String::new(),
    };
    Diagnosis {
        kind: DiagnosisKind::HopNotRecorded,
        service: service.to_owned(),
        side: None,
        message: format!("{service} recorded no span, in this trace or around it{around}"),
        span_ids: Vec::new(),
        other_trace_id: None,
    }
}
