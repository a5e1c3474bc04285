//! Holds a tree against expectations. What cannot be judged does not hold.

use crate::diagnose::{self, explains, hops};
use crate::{CheckResult, Diagnosis, DiagnosisKind, Expectations, TraceTree, Verdict};

/// What is wrong with the tree, given who was expected in it.
#[must_use]
pub fn diagnose_expected(tree: &TraceTree, expected: &Expectations) -> Vec<Diagnosis> {
    diagnose::expected(tree, expected)
}

/// All together: fails if one fails, else unknown if one is, or if there is none.
#[must_use]
pub fn verdict(results: &[CheckResult]) -> Verdict {
    let any = |verdict| results.iter().any(|result| result.verdict == verdict);
    match (any(Verdict::Fails), any(Verdict::Unknown)) {
        (true, _) => Verdict::Fails,
        (false, false) if !results.is_empty() => Verdict::Holds,
        _ => Verdict::Unknown,
    }
}

/// One result for each expectation, and `unbroken`: a break fails the check even if no
/// expectation names it.
///
/// ```
/// use throughline_trace_model::{Expectations, TraceInput, TraceTree, Verdict, check, verdict};
///
/// let nothing = TraceTree::build(TraceInput::default());
/// assert_eq!(verdict(&check(&nothing, &Expectations::default())), Verdict::Unknown);
/// ```
#[must_use]
pub fn check(tree: &TraceTree, expected: &Expectations) -> Vec<CheckResult> {
    if tree.is_empty() {
        return vec![line(
            "arrived",
            Verdict::Unknown,
            "",
            "nothing of it has arrived",
        )];
    }
    let diagnoses = diagnose_expected(tree, expected);
    let mut results = Vec::new();
    for service in &expected.services {
        results.push(service_there(tree, service, &diagnoses));
    }
    if expected.no_orphans {
        results.extend(no_orphans(tree));
    }
    if expected.one_root {
        results.push(one_root(tree));
    }
    if let Some(errors) = expected.errors {
        results.push(errors_are(tree, errors));
    }
    if expected.same_baggage {
        results.extend(same_baggage(tree));
    }
    results.extend(unbroken(tree, &diagnoses));
    if !tree.quiet {
        results.push(line(
            "quiet",
            Verdict::Unknown,
            "",
            "more of it may yet arrive",
        ));
    }
    results
}

fn service_there(tree: &TraceTree, service: &str, diagnoses: &[Diagnosis]) -> CheckResult {
    if tree.has_service(service) {
        return line(
            "services",
            Verdict::Holds,
            service,
            format!("{service} took part"),
        );
    }
    let sampled = diagnoses
        .iter()
        .find(|d| d.kind == DiagnosisKind::SampledAway);
    if let Some(sampled) = sampled.filter(|_| tree.nodes.is_empty()) {
        return line("services", Verdict::Unknown, service, &*sampled.message);
    }
    let why = diagnoses
        .iter()
        .find(|diagnosis| explains(tree, service, diagnosis));
    let (at_fault, why) = why.map_or((service, ""), |why| (&*why.service, &*why.message));
    line(
        "services",
        Verdict::Fails,
        at_fault,
        format!("{service} has no span in it: {why}"),
    )
}

fn no_orphans(tree: &TraceTree) -> Vec<CheckResult> {
    let check = "no-orphans";
    if tree.nodes.is_empty() {
        return vec![no_span(check)];
    }
    let orphans = tree.orphans().map(|node| {
        let span = &node.span;
        let parent = span.parent_span_id.as_deref().unwrap_or_default();
        let message = format!(
            "{} \"{}\" ({}) of {} names parent {parent}, which did not arrive",
            span.op, span.name, span.span_id, span.service
        );
        line(check, Verdict::Fails, &span.service, message)
    });
    let mut results: Vec<_> = orphans.collect();
    if results.is_empty() {
        results.push(line(check, Verdict::Holds, "", "every parent is there"));
    }
    results
}

fn one_root(tree: &TraceTree) -> CheckResult {
    let check = "one-root";
    let tops: Vec<_> = tree.roots.iter().map(|root| &tree.nodes[*root]).collect();
    match &*tops {
        [] => no_span(check),
        [top] if !top.orphan => {
            let message = format!("{} is the head", top.span.service);
            line(check, Verdict::Holds, &top.span.service, message)
        }
        [top] => {
            let message = format!("the only top, of {}, is an orphan", top.span.service);
            line(check, Verdict::Fails, &top.span.service, message)
        }
        [.., last] => {
            let all = tops.iter().map(|top| {
                let orphan = if top.orphan { ", an orphan" } else { "" };
                format!(
                    "{} \"{}\" ({}{orphan})",
                    top.span.service, top.span.name, top.span.span_id
                )
            });
            let all = all.collect::<Vec<_>>().join(", ");
            let message = format!("{} tops: {all}", tops.len());
            line(check, Verdict::Fails, &last.span.service, message)
        }
    }
}

fn errors_are(tree: &TraceTree, wanted: u32) -> CheckResult {
    let errors: Vec<_> = tree.errors().collect();
    let check = "errors";
    if errors.len() != wanted as usize {
        let all = errors
            .iter()
            .map(|event| format!("{} \"{}\"", event.service, event.title));
        let all = all.collect::<Vec<_>>().join(", ");
        let message = format!("{} errors, wanted {wanted}: {all}", errors.len());
        let service = errors.first().map_or("", |event| &*event.service);
        return line(check, Verdict::Fails, service, message);
    }
    // The count holds only as far as no client of these services dropped one.
    let lost = tree.around.losses.iter().find(|loss| {
        loss.category == "error" && loss.quantity > 0 && tree.has_service(&loss.service)
    });
    match lost {
        Some(loss) => {
            let message = format!(
                "{} errors, but the client of {} reports {} more lost by {}",
                errors.len(),
                loss.service,
                loss.quantity,
                loss.reason
            );
            line(check, Verdict::Unknown, &loss.service, message)
        }
        None => line(check, Verdict::Holds, "", format!("{wanted} errors")),
    }
}

fn same_baggage(tree: &TraceTree) -> Vec<CheckResult> {
    let check = "same-baggage";
    let hops = hops(tree);
    if hops.is_empty() {
        return vec![line(
            check,
            Verdict::Unknown,
            "",
            "no hop to compare with its caller",
        )];
    }
    let mut results = Vec::new();
    for hop in &hops {
        let differences = hop.differences().join("; ");
        let (what, service, caller) = (&hop.what, hop.service, hop.caller);
        match (hop.own, hop.callers) {
            (None, None) => {
                let message = format!("neither {what} of {service} nor its caller {caller} says");
                results.push(line(check, Verdict::Unknown, service, message));
            }
            (None, Some(_)) => {
                let message = format!("{what} of {service} says none, its caller {caller} does");
                results.push(line(check, Verdict::Fails, service, message));
            }
            _ if differences.is_empty() => {}
            _ => {
                let message = format!("{what} of {service}, called by {caller}: {differences}");
                results.push(line(check, Verdict::Fails, service, message));
            }
        }
    }
    if results.is_empty() {
        let message = format!("{} agree with their callers", hops.len());
        results.push(line(check, Verdict::Holds, "", message));
    }
    results
}

fn unbroken(tree: &TraceTree, diagnoses: &[Diagnosis]) -> Vec<CheckResult> {
    let check = "unbroken";
    let breaks = diagnoses.iter().filter(|diagnosis| match diagnosis.kind {
        DiagnosisKind::NotPropagated | DiagnosisKind::HopNotRecorded => true,
        // Where it stands for a certain gap; else it is only by the way.
        DiagnosisKind::LostInClient => !diagnosis.span_ids.is_empty(),
        _ => false,
    });
    let mut results: Vec<_> = breaks
        .map(|found| line(check, Verdict::Fails, &found.service, &*found.message))
        .collect();
    if results.is_empty() {
        results.push(match tree.nodes.is_empty() {
            true => no_span(check),
            false => line(check, Verdict::Holds, "", "no break was found"),
        });
    }
    results
}

fn no_span(check: &str) -> CheckResult {
    line(check, Verdict::Unknown, "", "no span of it has arrived")
}

fn line(check: &str, verdict: Verdict, service: &str, message: impl Into<String>) -> CheckResult {
    CheckResult {
        check: check.to_owned(),
        verdict,
        service: service.to_owned(),
        message: message.into(),
    }
}
