//! Where in a trace a span lies, as a bar. Pure.

use throughline_api::inspector::v1::{Span, SpanNode, Trace};

/// From the first start to the last end of a trace, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeline {
    start: i128,
    length: i128,
}

impl Timeline {
    /// The timeline of a trace.
    pub(crate) fn of(trace: &Trace) -> Self {
        let mut bounds: Option<(i128, i128)> = None;
        let mut waiting: Vec<&SpanNode> = trace.roots.iter().collect();
        while let Some(node) = waiting.pop() {
            waiting.extend(&node.children);
            let Some(span) = &node.span else { continue };
            let (from, to) = (start(span), start(span) + length(span));
            bounds = Some(match bounds {
                Some((first, last)) => (first.min(from), last.max(to)),
                None => (from, to),
            });
        }
        let (first, last) = bounds.unwrap_or((0, 0));
        Self {
            start: first,
            length: last - first,
        }
    }

    /// `span` on a bar of `width` cells: spaces before it, blocks for it, at
    /// least one.
    pub(crate) fn bar(&self, span: &Span, width: usize) -> String {
        let from = self.cell(start(span), width).min(width.saturating_sub(1));
        let to = self
            .cell(start(span) + length(span), width)
            .clamp(from + 1, width.max(from + 1));
        format!("{}{}", " ".repeat(from), "█".repeat(to - from))
    }

    fn cell(&self, at: i128, width: usize) -> usize {
        if self.length <= 0 {
            return 0;
        }
        let width = width as i128;
        // Rounded to the nearest edge between two cells.
        let cell = (2 * (at - self.start) * width + self.length) / (2 * self.length);
        usize::try_from(cell.clamp(0, width)).unwrap_or(0)
    }
}

/// When a span began, in nanoseconds since 1970.
pub(crate) fn start(span: &Span) -> i128 {
    instant(span.start_time.as_ref())
}

/// How long a span took, in nanoseconds; never negative.
pub(crate) fn length(span: &Span) -> i128 {
    nanos(span.duration.as_ref()).max(0)
}

/// A point in time in nanoseconds since 1970; 0 if there is none.
pub(crate) fn instant(at: Option<&prost_types::Timestamp>) -> i128 {
    at.map_or(0, |at| {
        i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos)
    })
}

/// A duration in nanoseconds; 0 if there is none.
pub(crate) fn nanos(duration: Option<&prost_types::Duration>) -> i128 {
    duration.map_or(0, |d| {
        i128::from(d.seconds) * 1_000_000_000 + i128::from(d.nanos)
    })
}

#[cfg(test)]
mod tests {
    use super::super::rows::samples::{node, span};
    use super::*;

    fn check(start_ms: i64, length_ms: i64, expected: &str) {
        let trace = Trace {
            roots: vec![node(
                span("root", 1_000, 100),
                vec![node(span("b", 1_050, 50), vec![])],
            )],
            ..Default::default()
        };
        let bar = Timeline::of(&trace).bar(&span("x", 1_000 + start_ms, length_ms), 10);
        assert_eq!(bar, expected, "{start_ms}+{length_ms}");
    }

    #[test]
    fn a_bar_lies_where_its_span_lies() {
        check(0, 100, "██████████");
        check(0, 0, "█");
        check(50, 50, "     █████");
        check(100, 0, "         █");
        check(40, 20, "    ██");
    }

    #[test]
    fn a_span_outside_of_the_trace_stays_on_the_bar() {
        check(-50, 10, "█");
        check(-50, 500, "██████████");
        check(500, 10, "         █");
        check(0, -10, "█");
    }

    #[test]
    fn a_trace_without_length_has_bars_of_one_cell() {
        let trace = Trace {
            roots: vec![node(span("a", 5, 0), vec![])],
            ..Default::default()
        };
        assert_eq!(Timeline::of(&trace).bar(&span("a", 5, 0), 10), "█");
        assert_eq!(
            Timeline::of(&Trace::default()).bar(&span("a", 5, 7), 10),
            "█"
        );
    }
}
