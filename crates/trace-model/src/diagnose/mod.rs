//! Says why a trace is not whole: one module per kind of evidence. Names of services
//! are only ever compared with one another; none is assumed.

mod baggage;
mod calls;
mod expected;
mod losses;
mod orphans;
mod passed_on;
mod scene;
mod silent;

pub(crate) use baggage::hops;
pub(crate) use expected::{expected, explains};

use crate::{Diagnosis, DiagnosisKind, Side, Span, TraceTree};
use scene::Scene;

/// What is wrong with a tree, the most telling first.
pub(crate) fn diagnose(tree: &TraceTree) -> Vec<Diagnosis> {
    let scene = Scene::new(tree);
    let mut found = passed_on::passed_on(&scene);
    found.extend(calls::unanswered(&scene, &found));
    found.extend(calls::answered_elsewhere(&scene));
    found.extend(silent::silent(&scene));
    orphans::orphans(&scene, &mut found);
    losses::losses(&scene, &mut found);
    baggage::mismatches(tree, &mut found);
    rank(found)
}

/// The most telling first; what is said twice, once.
fn rank(mut found: Vec<Diagnosis>) -> Vec<Diagnosis> {
    found.sort_by_key(|diagnosis| diagnosis.kind);
    let mut kept: Vec<Diagnosis> = Vec::with_capacity(found.len());
    for diagnosis in found {
        let same = |other: &Diagnosis| {
            let who = |d: &Diagnosis| (d.kind, d.side, d.other_trace_id.clone());
            who(other) == who(&diagnosis)
                && other.service == diagnosis.service
                && (other.span_ids == diagnosis.span_ids || diagnosis.other_trace_id.is_some())
        };
        if !kept.iter().any(same) {
            kept.push(diagnosis);
        }
    }
    kept
}

/// The most tops of a tree whose breaks are looked into, one by one.
const TOPS: usize = 200;

/// The header without which a trace is not continued.
const HEADER: &str = "sentry-trace";

/// A span for a person: service, operation, name, id.
fn tell(span: &Span) -> String {
    let name = if span.name.is_empty() {
        "unnamed"
    } else {
        &span.name
    };
    format!("{} {} \"{name}\" ({})", span.service, span.op, span.span_id)
}

/// A break between spans.
fn broken(
    (service, side): (&str, Side),
    spans: &[&Span],
    own_trace: &str,
    message: String,
) -> Diagnosis {
    let other = spans.iter().find(|span| span.trace_id != own_trace);
    Diagnosis {
        kind: DiagnosisKind::NotPropagated,
        service: service.to_owned(),
        side: Some(side),
        message,
        span_ids: spans.iter().map(|span| span.span_id.clone()).collect(),
        other_trace_id: other.map(|span| span.trace_id.clone()),
    }
}
