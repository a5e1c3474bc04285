//! A hop that sent on the headers it got, instead of its own: its callee hangs beside
//! it, under its caller. And a hop whose server side is missing: its calls hang directly
//! under its caller's.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Diagnosis, DiagnosisKind, Side, Span};

use super::scene::{Scene, is_call, same_name, within};
use super::{HEADER, TOPS, broken, tell};

pub(super) fn passed_on(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let mut found = beside(scene);
    found.extend(without_server(scene));
    found
}

/// By the parent's id, not its place: the head may never have been recorded.
fn beside(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let mut by_parent = BTreeMap::<&str, Vec<&Span>>::new();
    for node in &scene.tree.nodes {
        let server = node.span.side() == Some(Side::Server);
        if let Some(parent) = node.span.parent_span_id.as_deref().filter(|_| server) {
            by_parent.entry(parent).or_default().push(&node.span);
        }
    }
    let calls = scene.tree.nodes.iter().filter(|node| is_call(&node.span));
    let calls: BTreeSet<_> = calls.map(|node| node.span.span_id.as_str()).collect();
    let mut found = Vec::new();
    for (parent, servers) in by_parent {
        let called = calls.contains(parent);
        for (place, inner) in servers.iter().enumerate() {
            // One call reaches one service. Redirects reach several, one after another.
            let outer = servers[..place].iter().rev().take(TOPS).find(|outer| {
                let overlaps = inner.start <= outer.end;
                outer.service != inner.service
                    && if called {
                        overlaps || same_name(outer, inner)
                    } else {
                        within(inner, outer) && same_name(outer, inner)
                    }
            });
            if let Some(outer) = outer {
                let message = format!(
                    "{} sent on the {HEADER} it got instead of its own: {} hangs beside {}, under {parent}",
                    outer.service,
                    tell(inner),
                    tell(outer),
                );
                let at_fault = (&*outer.service, Side::Client);
                found.push(broken(
                    at_fault,
                    &[outer, inner],
                    &scene.tree.trace_id,
                    message,
                ));
            }
        }
    }
    found
}

/// Calls and queries of a service directly under another service's call.
fn without_server(scene: &Scene<'_>) -> Vec<Diagnosis> {
    let mut found = Vec::<Diagnosis>::new();
    for node in &scene.tree.nodes {
        let Some(caller) = scene
            .tree
            .parent(node)
            .filter(|parent| is_call(&parent.span))
        else {
            continue;
        };
        let span = &node.span;
        let inner = span.side() == Some(Side::Client) || span.is_database();
        if caller.span.service == span.service || !inner {
            continue;
        }
        if found.iter().any(|said| said.service == span.service) {
            continue;
        }
        found.push(Diagnosis {
            kind: DiagnosisKind::HopNotRecorded,
            service: span.service.clone(),
            side: Some(Side::Server),
            message: format!(
                "{} recorded no server span: {} hangs directly under {}",
                span.service,
                tell(span),
                tell(&caller.span),
            ),
            span_ids: vec![caller.span.span_id.clone(), span.span_id.clone()],
            other_trace_id: None,
        });
    }
    found
}
