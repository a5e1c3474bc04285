//! The lines of a tree: which branch each hangs on, in order of time. Pure;
//! knows no colour and no width.

use throughline_api::inspector::v1::{Event, Log, Span, SpanNode, Trace};

use super::timeline;

/// One line of a tree.
#[derive(Clone, Debug)]
pub(crate) struct Row<'a> {
    /// The branches before it, for example `│  ├─ `.
    pub(crate) branch: String,
    /// What stands there.
    pub(crate) item: Item<'a>,
}

/// What a line stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item<'a> {
    /// A span.
    Span(&'a Span),
    /// An error event.
    Event(&'a Event),
    /// A log line.
    Log(&'a Log),
}

enum Entry<'a> {
    Node(&'a SpanNode),
    Leaf(Item<'a>),
}

/// All lines of the spans of a trace.
pub(crate) fn of(trace: &Trace) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for root in &trace.roots {
        push(root, "", "", &mut rows);
    }
    rows
}

/// The lines of what hangs under no span.
pub(crate) fn strays(trace: &Trace) -> Vec<Row<'_>> {
    let events = trace.stray_events.iter().map(Item::Event);
    let mut items: Vec<_> = events
        .chain(trace.stray_logs.iter().map(Item::Log))
        .collect();
    items.sort_by_key(time);
    items
        .into_iter()
        .map(|item| Row {
            branch: "  ".to_owned(),
            item,
        })
        .collect()
}

fn push<'a>(node: &'a SpanNode, own: &str, below: &str, rows: &mut Vec<Row<'a>>) {
    if let Some(span) = &node.span {
        rows.push(Row {
            branch: own.to_owned(),
            item: Item::Span(span),
        });
    }
    let entries = entries(node);
    let count = entries.len();
    for (index, entry) in entries.into_iter().enumerate() {
        let last = index + 1 == count;
        let own = format!("{below}{}", if last { "└─ " } else { "├─ " });
        match entry {
            Entry::Leaf(item) => rows.push(Row { branch: own, item }),
            Entry::Node(child) => {
                let below = format!("{below}{}", if last { "   " } else { "│  " });
                push(child, &own, &below, rows);
            }
        }
    }
}

/// What hangs under a span, by time. The sort is stable: what has no time of
/// its own stays in the order in which it came.
fn entries(node: &SpanNode) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = node.children.iter().map(Entry::Node).collect();
    entries.extend(
        node.events
            .iter()
            .map(|event| Entry::Leaf(Item::Event(event))),
    );
    entries.extend(node.logs.iter().map(|log| Entry::Leaf(Item::Log(log))));
    entries.sort_by_key(|entry| match entry {
        Entry::Node(child) => child.span.as_ref().map_or(0, timeline::start),
        Entry::Leaf(item) => time(item),
    });
    entries
}

fn time(item: &Item<'_>) -> i128 {
    match item {
        Item::Span(span) => timeline::start(span),
        Item::Event(event) => timeline::instant(event.time.as_ref()),
        Item::Log(log) => timeline::instant(log.time.as_ref()),
    }
}

#[cfg(test)]
pub(crate) mod samples {
    //! Small traces for the tests of this folder.

    use prost_types::{Duration, Timestamp};
    use throughline_api::inspector::v1::{Event, Log, Span, SpanNode};

    pub(crate) fn at(ms: i64) -> Option<Timestamp> {
        Some(Timestamp {
            seconds: ms / 1_000,
            nanos: (ms % 1_000 * 1_000_000) as i32,
        })
    }

    pub(crate) fn lasting(ms: i64) -> Option<Duration> {
        Some(Duration {
            seconds: ms / 1_000,
            nanos: (ms % 1_000 * 1_000_000) as i32,
        })
    }

    pub(crate) fn span(name: &str, start_ms: i64, length_ms: i64) -> Span {
        Span {
            span_id: format!("{:016x}", start_ms * 1_000 + length_ms),
            service: "graph".into(),
            op: "rpc.server".into(),
            name: name.into(),
            status: "ok".into(),
            start_time: at(start_ms),
            duration: lasting(length_ms),
            ..Default::default()
        }
    }

    pub(crate) fn node(span: Span, children: Vec<SpanNode>) -> SpanNode {
        SpanNode {
            span: Some(span),
            children,
            ..Default::default()
        }
    }

    pub(crate) fn event(title: &str, ms: i64) -> Event {
        Event {
            level: "error".into(),
            title: title.into(),
            service: "graph".into(),
            time: at(ms),
            ..Default::default()
        }
    }

    pub(crate) fn log(body: &str, ms: i64) -> Log {
        Log {
            level: "info".into(),
            body: body.into(),
            service: "graph".into(),
            time: at(ms),
            ..Default::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{event, log, node, span};
    use super::*;

    fn words(rows: &[Row<'_>]) -> Vec<String> {
        let word = |row: &Row<'_>| match row.item {
            Item::Span(span) => format!("{}{}", row.branch, span.name),
            Item::Event(event) => format!("{}!{}", row.branch, event.title),
            Item::Log(log) => format!("{}.{}", row.branch, log.body),
        };
        rows.iter().map(word).collect()
    }

    #[test]
    fn events_and_logs_stand_where_they_happened() {
        let mut middle = node(span("b", 10, 50), vec![node(span("d", 30, 5), vec![])]);
        middle.events.push(event("oops", 40));
        middle.logs.push(log("begin", 11));
        let mut root = node(
            span("a", 0, 100),
            vec![middle, node(span("c", 70, 20), vec![])],
        );
        root.logs.push(log("between", 65));
        let trace = Trace {
            roots: vec![root],
            ..Default::default()
        };
        let expected = [
            "a",
            "├─ b",
            "│  ├─ .begin",
            "│  ├─ d",
            "│  └─ !oops",
            "├─ .between",
            "└─ c",
        ];
        assert_eq!(words(&of(&trace)), expected);
    }

    #[test]
    fn strays_stand_by_time() {
        let trace = Trace {
            stray_events: vec![event("late", 9)],
            stray_logs: vec![log("early", 1)],
            ..Default::default()
        };
        assert_eq!(words(&strays(&trace)), ["  .early", "  !late"]);
        assert!(of(&trace).is_empty());
    }
}
