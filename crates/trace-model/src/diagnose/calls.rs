//! Calls under which nothing of the called side hangs.

use crate::{Diagnosis, DiagnosisKind, Node, Side, Span};

use super::scene::{Scene, same_name, within};
use super::{HEADER, TOPS, broken, tell};

/// Calls of the tree that nothing in it answers.
pub(super) fn unanswered(scene: &Scene<'_>, said: &[Diagnosis]) -> Vec<Diagnosis> {
    let mut found = Vec::new();
    for call in scene.calls().filter(|call| !scene.answered(call)) {
        let at_fault =
            |d: &Diagnosis| d.service == call.span.service && d.side == Some(Side::Client);
        if said.iter().any(at_fault) {
            continue;
        }
        match best(scene, call) {
            Some(root) => found.push(elsewhere(scene, &call.span, root)),
            None => found.extend(nowhere(scene, call)),
        }
    }
    found
}

/// Calls of other traces that a top of this one answers: the same breaks, seen from
/// their far side.
pub(super) fn answered_elsewhere(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let mut found = Vec::new();
    for top in scene
        .tree
        .roots
        .iter()
        .take(TOPS)
        .map(|root| &scene.tree.nodes[*root].span)
    {
        // Overlap alone accuses no one: the name must be the same, or the top be
        // something that does not begin a trace.
        let inner = top.is_database() || top.side() == Some(Side::Client);
        let calls = scene.others.iter().flat_map(|other| other.unanswered());
        let calls = calls.filter(|call| call.service != top.service && within(top, call));
        let call = calls
            .filter(|call| same_name(call, top) || inner)
            .min_by_key(|call| (!same_name(call, top), call.duration()));
        found.extend(call.map(|call| elsewhere(scene, call, top)));
    }
    found
}

/// The likeliest far side of a call among the tops of other traces, and of this one but
/// for the top that the call itself stands under: in a trace as short as clocks are apart
/// the head lies in the time of any of its calls.
fn best<'a>(scene: &Scene<'a>, node: &Node) -> Option<&'a Span> {
    let call = &node.span;
    let mut above = node;
    while let Some(parent) = scene.tree.parent(above) {
        above = parent;
    }
    let head = &above.span.span_id;
    let own = scene
        .tree
        .roots
        .iter()
        .take(TOPS)
        .map(|root| &scene.tree.nodes[*root].span);
    let own = own.filter(|top| top.span_id != *head);
    let tops = scene
        .roots()
        .chain(own)
        .filter(|top| top.service != call.service && within(top, call));
    // Of equals the one that fills the call best.
    tops.max_by_key(|top| (same_name(call, top), top.duration()))
}

/// The far side stands in another trace.
fn elsewhere(scene: &Scene<'_>, call: &Span, top: &Span) -> Diagnosis {
    let own = &*scene.tree.trace_id;
    let (called, caller) = (&*top.service, &*call.service);
    let server = top.side() == Some(Side::Server);
    let spans = if call.trace_id == own {
        [call, top]
    } else {
        [top, call]
    };
    let (call, place) = (
        tell(call),
        format!("{} of trace {}", tell(top), top.trace_id),
    );
    let fault = |service, side, message| broken((service, side), &spans, own, message);
    if server && top.parent_span_id.is_some() {
        // Its own server side works, so the break is at a hop before it.
        let service = address(spans.iter().find(|span| span.service == caller));
        let message = format!(
            "between {call} and {place} a hop did not take up {HEADER} and sent one of another trace"
        );
        return fault(service, Side::Server, message);
    }
    let message = if server {
        // A hop between them that records nothing looks the same from here.
        format!(
            "{called} began a trace of its own: {HEADER} of {call} did not reach it, or was not taken up by {place}"
        )
    } else {
        format!(
            "the server side of {called} did not take up {HEADER} of {call}: {place} stands without it"
        )
    };
    fault(called, Side::Server, message)
}

/// The far side stands nowhere.
fn nowhere(scene: &Scene<'_>, call: &Node) -> Option<Diagnosis> {
    let span = &call.span;
    // Over HTTP one calls anyone; an RPC is taken to go to a hop that is traced. A call
    // that failed on the way need not have reached one.
    if !scene.tree.quiet || !(span.op == "rpc.client" || span.op == "grpc.client") || !arrived(span)
    {
        return None;
    }
    let lost = scene.tree.around.losses.iter().find(|loss| {
        loss.service != span.service
            && matches!(&*loss.category, "transaction" | "span")
            && loss.reason != "sample_rate"
    });
    let service = lost.map_or_else(|| address(Some(&span)), |loss| &*loss.service);
    let message = match lost {
        Some(loss) => format!(
            "nothing hangs under {}; the client of {} reports {} {} lost by {}",
            tell(span),
            loss.service,
            loss.quantity,
            loss.category,
            loss.reason
        ),
        None => format!(
            "nothing hangs under {}: the server side at {service} did not take up {HEADER}, or recorded nothing",
            tell(span)
        ),
    };
    let mut found = broken(
        (service, Side::Server),
        &[span],
        &scene.tree.trace_id,
        message,
    );
    if lost.is_some() {
        found.kind = DiagnosisKind::LostInClient;
        found.side = None;
    }
    Some(found)
}

/// Whether the answer can only have come from the other side.
fn arrived(span: &Span) -> bool {
    let code = span
        .attributes
        .get("rpc.grpc.status_code")
        .and_then(serde_json::Value::as_i64);
    let status = matches!(
        &*span.status,
        "unavailable" | "cancelled" | "deadline_exceeded" | "resource_exhausted"
    );
    !status && !matches!(code, Some(1 | 4 | 8 | 14))
}

/// Where a call went, as far as it says.
fn address<'a>(call: Option<&&'a Span>) -> &'a str {
    let said = call.and_then(|call| {
        call.text("server.address")
            .or_else(|| call.text("net.peer.name"))
    });
    said.unwrap_or("(unknown address)")
}
