//! Model to protocol.

use prost_types::{Duration, Timestamp};
use throughline_api::inspector::v1 as pb;
use throughline_trace_model as model;
use throughline_trace_model::TraceTree;
use throughline_trace_store::Intake;

/// A tree as the protocol has it; spans deeper than `depth` stand at that depth.
pub(super) fn trace(tree: TraceTree, depth: usize) -> pb::Trace {
    let summary = Some(summary(&tree));
    let order = preorder(&tree, depth);
    let mut built: Vec<Option<pb::SpanNode>> =
        tree.nodes.into_iter().map(|n| Some(node(n))).collect();
    let mut roots = Vec::with_capacity(tree.roots.len());
    // Children come after their parents, so from the end each is whole when it is hung up.
    for (place, parent) in order.into_iter().rev() {
        let Some(mut done) = built[place].take() else {
            continue;
        };
        done.children.reverse();
        match parent {
            Some(parent) => built[parent].get_or_insert_default().children.push(done),
            None => roots.push(done),
        }
    }
    roots.reverse();
    pb::Trace {
        summary,
        roots,
        stray_events: tree.stray_events.into_iter().map(event).collect(),
        stray_logs: tree.stray_logs.into_iter().map(log).collect(),
        diagnoses: tree.diagnoses.into_iter().map(diagnosis).collect(),
        quiet: tree.quiet,
        sampling_context: tree.sampling_context.into_iter().collect(),
    }
}

/// Each span's place with the place under which it is shown.
fn preorder(tree: &TraceTree, max: usize) -> Vec<(usize, Option<usize>)> {
    let mut order = Vec::with_capacity(tree.nodes.len());
    let mut open: Vec<_> = tree
        .roots
        .iter()
        .rev()
        .map(|root| (*root, None, 1))
        .collect();
    while let Some((place, parent, depth)) = open.pop() {
        order.push((place, parent));
        let (under, depth) = if depth < max {
            (Some(place), depth + 1)
        } else {
            (parent, depth)
        };
        open.extend(
            tree.nodes[place]
                .children
                .iter()
                .rev()
                .map(|child| (*child, under, depth)),
        );
    }
    order
}

pub(super) fn summary(tree: &TraceTree) -> pb::TraceSummary {
    let (start, end) = tree.interval();
    let heads = tree.roots.iter().map(|root| &tree.nodes[*root]);
    let head = heads
        .clone()
        .find(|node| !node.orphan)
        .or_else(|| heads.clone().next());
    let first_event = tree.events().next().map(|event| &event.title);
    pb::TraceSummary {
        trace_id: tree.trace_id.clone(),
        name: head
            .map(|node| &node.span.name)
            .or(first_event)
            .cloned()
            .unwrap_or_default(),
        start_time: Some(timestamp(start)),
        duration: Some(duration(end.since(start))),
        services: tree.services().into_iter().map(str::to_owned).collect(),
        span_count: count(tree.nodes.len()),
        error_count: count(tree.errors().count()),
        orphan_count: count(tree.orphans().count()),
    }
}

fn node(node: model::Node) -> pb::SpanNode {
    let span = node.span;
    pb::SpanNode {
        children: Vec::new(),
        events: node.events.into_iter().map(event).collect(),
        logs: node.logs.into_iter().map(log).collect(),
        span: Some(pb::Span {
            start_time: Some(timestamp(span.start)),
            duration: Some(duration(span.duration())),
            span_id: span.span_id,
            parent_span_id: span.parent_span_id.unwrap_or_default(),
            service: span.service,
            op: span.op,
            name: span.name,
            status: span.status,
            segment: span.segment,
            orphan: node.orphan,
            attributes: span
                .attributes
                .into_iter()
                .map(|(k, v)| (k, v.to_string()))
                .collect(),
        }),
    }
}

fn event(event: model::Event) -> pb::Event {
    pb::Event {
        event_id: event.event_id,
        span_id: event.span_id.unwrap_or_default(),
        service: event.service,
        level: event.level,
        title: event.title,
        culprit: event.culprit,
        time: Some(timestamp(event.time)),
    }
}

fn log(log: model::Log) -> pb::Log {
    pb::Log {
        span_id: log.span_id.unwrap_or_default(),
        service: log.service,
        level: log.level,
        body: log.body,
        time: Some(timestamp(log.time)),
    }
}

fn diagnosis(diagnosis: model::Diagnosis) -> pb::Diagnosis {
    use model::DiagnosisKind as Kind;
    let kind = match diagnosis.kind {
        Kind::NotPropagated => pb::DiagnosisKind::NotPropagated,
        Kind::HopNotRecorded => pb::DiagnosisKind::HopNotRecorded,
        Kind::LostInClient => pb::DiagnosisKind::LostInClient,
        Kind::SampledAway => pb::DiagnosisKind::SampledAway,
        Kind::HeadNeverRecorded => pb::DiagnosisKind::HeadNeverRecorded,
        Kind::BaggageMismatch => pb::DiagnosisKind::BaggageMismatch,
        Kind::Late => pb::DiagnosisKind::Late,
    };
    let side = match diagnosis.side {
        Some(model::Side::Server) => pb::Side::Server,
        Some(model::Side::Client) => pb::Side::Client,
        None => pb::Side::Unspecified,
    };
    pb::Diagnosis {
        kind: kind.into(),
        service: diagnosis.service,
        side: side.into(),
        message: diagnosis.message,
        span_ids: diagnosis.span_ids,
        other_trace_id: diagnosis.other_trace_id.unwrap_or_default(),
    }
}

pub(super) fn verdict(verdict: model::Verdict) -> pb::Verdict {
    match verdict {
        model::Verdict::Holds => pb::Verdict::Holds,
        model::Verdict::Fails => pb::Verdict::Fails,
        model::Verdict::Unknown => pb::Verdict::Unknown,
    }
}

pub(super) fn result(result: model::CheckResult) -> pb::CheckResult {
    pb::CheckResult {
        check: result.check,
        verdict: verdict(result.verdict).into(),
        service: result.service,
        message: result.message,
    }
}

pub(super) fn intake(intake: Intake) -> pb::GetIntakeResponse {
    let number = |n| i64::try_from(n).unwrap_or(i64::MAX);
    let items = intake.items.into_iter();
    let problems = intake.problems.into_iter();
    let losses = intake.losses.into_iter().map(|loss| pb::LossCount {
        service: loss.service,
        reason: loss.reason,
        category: loss.category,
        quantity: number(loss.quantity),
    });
    pb::GetIntakeResponse {
        envelope_count: number(intake.envelopes),
        items: items
            .map(|(r#type, n)| pb::ItemCount {
                r#type,
                count: number(n),
            })
            .collect(),
        problems: problems
            .map(|(reason, n)| pb::ProblemCount {
                reason,
                count: number(n),
            })
            .collect(),
        losses: losses.collect(),
        stored_bytes: number(intake.stored_bytes),
    }
}

fn timestamp(time: model::Timestamp) -> Timestamp {
    let nanos = time.0.rem_euclid(1_000_000_000);
    Timestamp {
        seconds: time.0.div_euclid(1_000_000_000),
        nanos: i32::try_from(nanos).unwrap_or(0),
    }
}

fn duration(nanos: u64) -> Duration {
    Duration {
        seconds: i64::try_from(nanos / 1_000_000_000).unwrap_or(i64::MAX),
        nanos: i32::try_from(nanos % 1_000_000_000).unwrap_or(0),
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
