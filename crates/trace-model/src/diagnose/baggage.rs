//! Compares sampling contexts: a hop's with its caller's, an event's with its span's.
//! Never siblings: a browser's head may refresh its own between two requests.

use crate::{Diagnosis, DiagnosisKind, Node, SamplingContext, Side, TraceTree};

/// A hop, or an event under it, beside what it must agree with.
pub(crate) struct Hop<'a> {
    pub(crate) service: &'a str,
    pub(crate) caller: &'a str,
    /// What was compared, for a person.
    pub(crate) what: String,
    pub(crate) own: Option<&'a SamplingContext>,
    pub(crate) callers: Option<&'a SamplingContext>,
    span_id: &'a str,
}

impl Hop<'_> {
    /// The keys that differ, with both values.
    pub(crate) fn differences(&self) -> Vec<String> {
        let none = SamplingContext::new();
        let (own, callers) = (self.own.unwrap_or(&none), self.callers.unwrap_or(&none));
        let mut keys: Vec<_> = own.keys().chain(callers.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        let value = |pairs: &SamplingContext, key: &String| {
            pairs
                .get(key)
                .map_or_else(|| "nothing".to_owned(), |value| format!("\"{value}\""))
        };
        keys.into_iter()
            .filter(|key| own.get(*key) != callers.get(*key))
            .filter(|key| !comes_later(key, own, callers))
            .map(|key| format!("{key} is {}, not {}", value(own, key), value(callers, key)))
            .collect()
    }
}

/// Whether only one side has it, and may: a browser's SDK adds the id of a replay when
/// its recorder starts, be the rest frozen or not.
fn comes_later(key: &str, own: &SamplingContext, callers: &SamplingContext) -> bool {
    key == "replay_id" && own.contains_key(key) != callers.contains_key(key)
}

/// Every pair that must agree.
pub(crate) fn hops(tree: &TraceTree) -> Vec<Hop<'_>> {
    let mut hops = Vec::new();
    for node in &tree.nodes {
        let own = &node.span;
        let parent = tree.parent(node).filter(|_| own.segment && !own.otlp);
        if let Some(caller) = parent.and_then(|parent| segment(tree, parent)) {
            hops.push(Hop {
                service: &own.service,
                caller: &caller.span.service,
                what: format!("segment {}", own.span_id),
                own: own.sampling_context.as_ref(),
                callers: caller.span.sampling_context.as_ref(),
                span_id: &own.span_id,
            });
        }
        let segment = if node.events.is_empty() {
            None
        } else {
            tree.segment(node).filter(|segment| !segment.span.otlp)
        };
        for event in &node.events {
            hops.extend(segment.map(|segment| Hop {
                service: &event.service,
                caller: &segment.span.service,
                what: format!("event {}", event.event_id),
                own: event.sampling_context.as_ref(),
                callers: segment.span.sampling_context.as_ref(),
                span_id: &own.span_id,
            }));
        }
    }
    hops
}

/// The nearest segment around a node that has a place for a sampling context: OTLP has none.
fn segment<'a>(tree: &'a TraceTree, node: &'a Node) -> Option<&'a Node> {
    let mut around = tree.segment(node);
    while let Some(found) = around.filter(|found| found.span.otlp) {
        around = tree.parent(found).and_then(|parent| tree.segment(parent));
    }
    around
}

pub(super) fn mismatches(tree: &TraceTree, found: &mut Vec<Diagnosis>) {
    for hop in hops(tree) {
        let differences = hop.differences();
        if hop.own.is_none() || hop.callers.is_none() || differences.is_empty() {
            continue;
        }
        found.push(Diagnosis {
            kind: DiagnosisKind::BaggageMismatch,
            service: hop.service.to_owned(),
            side: Some(Side::Server),
            message: format!(
                "{} of {} has another sampling context than its caller {}: {}",
                hop.what,
                hop.service,
                hop.caller,
                differences.join("; ")
            ),
            span_ids: vec![hop.span_id.to_owned()],
            other_trace_id: None,
        });
    }
}
