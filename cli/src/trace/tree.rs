//! A trace as a tree on a terminal or in a pipe. Pure.

use std::fmt::Write as _;

use throughline_api::inspector::v1::{Event, Log, Span, Trace, TraceSummary};

use super::diagnoses;
use super::rows::{self, Item, Row};
use super::timeline::{self, Timeline};
use crate::render::palette::paint;
use crate::render::text::{clean, columns, cut, plural};
use crate::render::{Canvas, duration};

/// Cells of a bar in a pipe, and the most on a terminal.
const BAR: usize = 32;
/// The fewest cells that still say where a span lies.
const SHORTEST_BAR: usize = 8;
/// The most columns of names in a pipe: a statement may be as long as a page,
/// and `--json` has all of it.
const NAMES: usize = 110;
/// Columns of a duration: `12.3 ms`.
const DURATION: usize = 7;

/// The whole picture: a line about the trace, its tree, and what is wrong.
pub(crate) fn draw(trace: &Trace, canvas: &Canvas) -> String {
    let mut drawn = heading(trace, canvas);
    let rows = rows::of(trace);
    let grid = Grid::fit(&rows, canvas);
    let timeline = Timeline::of(trace);
    for row in &rows {
        drawn.push_str(&line(row, trace, &grid, &timeline, canvas));
    }
    let strays = rows::strays(trace);
    if !strays.is_empty() {
        drawn.push_str("Under no span of this trace:\n");
        for row in &strays {
            drawn.push_str(&line(row, trace, &grid, &timeline, canvas));
        }
    }
    drawn.push_str(&diagnoses::draw(trace, canvas));
    drawn
}

fn heading(trace: &Trace, canvas: &Canvas) -> String {
    let Some(summary) = &trace.summary else {
        return String::new();
    };
    let palette = canvas.palette;
    let id = paint(
        palette.strong(),
        format_args!("trace {}", clean(&summary.trace_id)),
    );
    let counts = [
        duration::human(timeline::nanos(summary.duration.as_ref())),
        plural(summary.services.len() as i64, "service"),
        plural(summary.span_count, "span"),
        plural(summary.error_count, "error"),
    ];
    format!("{id}  {}\n\n", paint(palette.faint(), counts.join(" · ")))
}

/// How the columns are laid out.
struct Grid {
    left: usize,
    status: usize,
    bar: usize,
}

impl Grid {
    fn fit(rows: &[Row<'_>], canvas: &Canvas) -> Self {
        let spans = || {
            rows.iter().filter_map(|row| match row.item {
                Item::Span(span) => Some((row, span)),
                _ => None,
            })
        };
        let left = spans().map(|(row, span)| columns(&row.branch) + columns(&words(span)));
        let left = left.max().unwrap_or(0);
        let status = spans()
            .map(|(_, span)| columns(status(span)))
            .max()
            .unwrap_or(0);
        let Some(width) = canvas.width else {
            return Self {
                left: left.min(NAMES),
                status,
                bar: BAR,
            };
        };
        let fixed = 2 + DURATION + 2 + status;
        let rest = width.saturating_sub(fixed);
        // The bar takes what names leave, within reason, and goes altogether
        // where it would say nothing.
        let least = (width / 6).clamp(SHORTEST_BAR, BAR);
        let bar = rest.saturating_sub(left + 2).clamp(least, BAR);
        let bar = if rest < 4 * SHORTEST_BAR { 0 } else { bar };
        let gap = if bar == 0 { 0 } else { 2 };
        Self {
            left: left.min(rest.saturating_sub(bar + gap)),
            status,
            bar,
        }
    }
}

fn line(row: &Row<'_>, trace: &Trace, grid: &Grid, timeline: &Timeline, canvas: &Canvas) -> String {
    match row.item {
        Item::Span(span) => span_line(&row.branch, span, trace, grid, timeline, canvas),
        Item::Event(event) => event_line(&row.branch, event, canvas),
        Item::Log(log) => log_line(&row.branch, log, canvas),
    }
}

fn span_line(
    branch: &str,
    span: &Span,
    trace: &Trace,
    grid: &Grid,
    timeline: &Timeline,
    canvas: &Canvas,
) -> String {
    let palette = canvas.palette;
    let service = palette.service(index(span, trace.summary.as_ref()));
    let room = grid.left.saturating_sub(columns(branch));
    let mut all = words(span);
    if columns(&all) > room && span.op.starts_with("rpc.") {
        all = all.replacen(&clean(&span.name), &clean(short(&span.name)), 1);
    }
    let shown = cut(&all, room);
    let fill = " ".repeat(room.saturating_sub(columns(&shown)));

    let mut text = paint(palette.faint(), branch);
    // The service's part is coloured; it is a prefix of what is shown.
    let name = hop(span);
    match shown.strip_prefix(name.as_str()) {
        Some(rest) => {
            let _ = write!(text, "{}{rest}{fill}", paint(service, &name));
        }
        None => {
            let _ = write!(text, "{shown}{fill}");
        }
    }
    let took = duration::human(timeline::length(span));
    let missing = " ".repeat(DURATION.saturating_sub(columns(&took)));
    let ended = status(span);
    let style = match ended {
        "ok" => palette.good(),
        "-" | "cancelled" => palette.faint(),
        _ => palette.bad(),
    };
    let _ = write!(text, "  {missing}{took}  {}", paint(style, ended));
    if grid.bar > 0 {
        let gap = " ".repeat(grid.status.saturating_sub(columns(ended)) + 2);
        let bar = timeline.bar(span, grid.bar);
        let _ = write!(text, "{gap}{}", paint(service, bar));
    }
    text.push('\n');
    text
}

fn event_line(branch: &str, event: &Event, canvas: &Canvas) -> String {
    let palette = canvas.palette;
    let mut said = format!("✗ {}  {}", clean(&event.level), clean(&event.title));
    if !event.culprit.is_empty() {
        let _ = write!(said, "  in {}", clean(&event.culprit));
    }
    let said = fit(&said, branch, canvas);
    format!(
        "{}{}\n",
        paint(palette.faint(), branch),
        paint(palette.bad(), said)
    )
}

fn log_line(branch: &str, log: &Log, canvas: &Canvas) -> String {
    let palette = canvas.palette;
    let said = fit(
        &format!("· {}  {}", clean(&log.level), clean(&log.body)),
        branch,
        canvas,
    );
    let said = match log.level.as_str() {
        "error" | "fatal" => paint(palette.bad(), said),
        "warn" | "warning" => paint(palette.doubtful(), said),
        _ => paint(palette.faint(), said),
    };
    format!("{}{said}\n", paint(palette.faint(), branch))
}

fn fit(text: &str, branch: &str, canvas: &Canvas) -> String {
    match canvas.width {
        Some(width) => cut(text, width.saturating_sub(columns(branch))),
        None => text.to_owned(),
    }
}

/// Service, operation and name of a span, and whether it hangs in the air.
fn words(span: &Span) -> String {
    let mut words = format!("{}  {}  {}", hop(span), clean(&span.op), clean(&span.name));
    if span.orphan {
        let _ = write!(
            words,
            "  (parent {} did not arrive)",
            clean(&span.parent_span_id)
        );
    }
    words
}

/// A method without its package, which is what its end leaves room for:
/// `Service/Method`.
fn short(name: &str) -> &str {
    let package = name.find('/').and_then(|slash| name[..slash].rfind('.'));
    package.map_or(name, |dot| &name[dot + 1..])
}

/// Where a span ran: in its service, or in the database that the service asked.
fn hop(span: &Span) -> String {
    let system = span
        .attributes
        .get("db.system")
        .map(|json| json.trim_matches('"'));
    clean(
        system
            .filter(|system| !system.is_empty())
            .unwrap_or(&span.service),
    )
}

fn status(span: &Span) -> &str {
    // A status is one of Sentry's words; anything else is not shown.
    let word = span.status.as_str();
    let known = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if known { word } else { "-" }
}

fn index(span: &Span, summary: Option<&TraceSummary>) -> usize {
    let services = summary.map_or(&[][..], |summary| &summary.services);
    services
        .iter()
        .position(|service| *service == span.service)
        .unwrap_or(services.len())
}

#[cfg(test)]
mod tests;
