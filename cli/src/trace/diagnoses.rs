//! Why a trace is not whole, in words. Pure.

use std::fmt::Write as _;

use throughline_api::inspector::v1::{Diagnosis, DiagnosisKind, Side, Trace};

use crate::render::palette::paint;
use crate::render::text::{clean, plural};
use crate::render::{Canvas, Palette};

/// What stands under a tree: nothing if the trace is whole and quiet.
pub(crate) fn draw(trace: &Trace, canvas: &Canvas) -> String {
    let mut text = String::new();
    let palette = canvas.palette;
    if !trace.diagnoses.is_empty() {
        let _ = writeln!(text, "\n{}", paint(palette.strong(), heading(trace)));
        for diagnosis in &trace.diagnoses {
            text.push_str(&one(diagnosis, palette));
        }
    }
    let orphans = trace
        .summary
        .as_ref()
        .map_or(0, |summary| summary.orphan_count);
    let broken = orphans > 0 || trace.roots.len() > 1;
    if trace.diagnoses.is_empty() && broken {
        let parts = plural(trace.roots.len() as i64, "part");
        let line = format!("This trace is in {parts}; nothing that arrived says why.");
        let _ = writeln!(text, "\n{}", paint(palette.doubtful(), line));
    }
    if !trace.quiet {
        let line = "More of this trace may yet arrive; --wait gives it time to.";
        let _ = writeln!(text, "\n{}", paint(palette.faint(), line));
    }
    text
}

fn heading(trace: &Trace) -> &'static str {
    let only_losses = trace.diagnoses.iter().all(|d| {
        matches!(
            d.kind(),
            DiagnosisKind::LostInClient | DiagnosisKind::BaggageMismatch
        )
    });
    if only_losses && trace.roots.len() < 2 {
        "What is wrong with this trace:"
    } else {
        "Why this trace is not whole:"
    }
}

/// A diagnosis on a line, with where to look under it.
pub(crate) fn one(diagnosis: &Diagnosis, palette: Palette) -> String {
    let style = match diagnosis.kind() {
        DiagnosisKind::Late => palette.doubtful(),
        _ => palette.bad(),
    };
    let kind = paint(style, kind(diagnosis.kind()));
    let place = place(diagnosis).map_or_else(String::new, |place| format!(" ({place})"));
    let mut text = format!("  {kind}{place}: {}\n", clean(&diagnosis.message));
    let mut hint = |line: String| {
        let _ = writeln!(text, "    {}", paint(palette.faint(), line));
    };
    if !diagnosis.other_trace_id.is_empty() {
        hint(format!(
            "the missing part: throughline trace show {}",
            clean(&diagnosis.other_trace_id)
        ));
    }
    text
}

fn kind(kind: DiagnosisKind) -> &'static str {
    match kind {
        DiagnosisKind::Unspecified => "unknown",
        DiagnosisKind::Late => "late",
        DiagnosisKind::NotPropagated => "not propagated",
        DiagnosisKind::LostInClient => "lost in the client",
        DiagnosisKind::SampledAway => "sampled away",
        DiagnosisKind::HeadNeverRecorded => "head never recorded",
        DiagnosisKind::BaggageMismatch => "baggage mismatch",
        DiagnosisKind::HopNotRecorded => "hop not recorded",
    }
}

fn place(diagnosis: &Diagnosis) -> Option<String> {
    let side = match diagnosis.side() {
        Side::Unspecified => None,
        Side::Server => Some("server side"),
        Side::Client => Some("client side"),
    };
    let service = Some(clean(&diagnosis.service)).filter(|service| !service.is_empty());
    match (service, side) {
        (Some(service), Some(side)) => Some(format!("{service}, {side}")),
        (Some(service), None) => Some(service),
        (None, Some(side)) => Some(side.to_owned()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use throughline_api::inspector::v1::SpanNode;

    use super::*;

    fn check(trace: Trace, expected: &str) {
        assert_eq!(draw(&trace, &Canvas::PIPE), expected);
    }

    fn diagnosis(kind: DiagnosisKind, service: &str, side: Side) -> Diagnosis {
        Diagnosis {
            kind: kind.into(),
            service: service.into(),
            side: side.into(),
            message: "a sentence".into(),
            ..Default::default()
        }
    }

    #[test]
    fn each_break_names_its_hop_and_side() {
        let mut lost = diagnosis(DiagnosisKind::NotPropagated, "gateway", Side::Client);
        lost.other_trace_id = "ab12".into();
        check(
            Trace {
                diagnoses: vec![
                    lost,
                    diagnosis(DiagnosisKind::SampledAway, "", Side::Unspecified),
                    diagnosis(DiagnosisKind::HopNotRecorded, "graph", Side::Server),
                ],
                quiet: true,
                ..Default::default()
            },
            "\nWhy this trace is not whole:\n  \
             not propagated (gateway, client side): a sentence\n    \
             the missing part: throughline trace show ab12\n  \
             sampled away: a sentence\n  \
             hop not recorded (graph, server side): a sentence\n",
        );
    }

    #[test]
    fn a_whole_and_quiet_trace_needs_no_words() {
        check(
            Trace {
                quiet: true,
                ..Default::default()
            },
            "",
        );
        let parts = vec![SpanNode::default(), SpanNode::default()];
        check(
            Trace {
                roots: parts,
                quiet: true,
                ..Default::default()
            },
            "\nThis trace is in 2 parts; nothing that arrived says why.\n",
        );
        check(
            Trace::default(),
            "\nMore of this trace may yet arrive; --wait gives it time to.\n",
        );
    }
}
