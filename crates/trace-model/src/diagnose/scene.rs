//! A tree and the traces around it, made ready for questions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{Node, Side, Span, TraceTree};

/// Clocks of one machine agree to this; and a span may end a little after its caller
/// has the answer.
const SLACK: i64 = 20_000_000;

/// The tree and its surroundings.
pub(super) struct Scene<'a> {
    pub(super) tree: &'a TraceTree,
    /// The traces around, by id.
    pub(super) others: Vec<Other<'a>>,
    /// The services that have a span in the tree.
    pub(super) services: BTreeSet<&'a str>,
}

/// What is known of a trace nearby.
pub(super) struct Other<'a> {
    pub(super) spans: Vec<&'a Span>,
    children: HashMap<&'a str, Vec<usize>>,
    ids: HashMap<&'a str, usize>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(tree: &'a TraceTree) -> Self {
        let mut by_trace = BTreeMap::<&str, Vec<&Span>>::new();
        for span in &tree.around.nearby {
            if span.trace_id != tree.trace_id {
                by_trace.entry(&span.trace_id).or_default().push(span);
            }
        }
        Self {
            tree,
            others: by_trace.into_values().map(Other::new).collect(),
            services: tree
                .nodes
                .iter()
                .map(|node| node.span.service.as_str())
                .collect(),
        }
    }

    /// The first spans known of each trace around.
    pub(super) fn roots(&self) -> impl Iterator<Item = &'a Span> {
        self.others.iter().flat_map(Other::roots)
    }

    /// The client spans of the tree that stand for a call: of nested ones the outermost.
    pub(super) fn calls(&self) -> impl Iterator<Item = &'a Node> {
        let tree = self.tree;
        tree.nodes.iter().filter(move |node| {
            let nested = tree.parent(node).is_some_and(|parent| {
                parent.span.side() == Some(Side::Client) && parent.span.service == node.span.service
            });
            is_call(&node.span) && !nested
        })
    }

    /// Whether something of the called side hangs under a call.
    pub(super) fn answered(&self, call: &Node) -> bool {
        let mut open: Vec<&Node> = self.tree.children(call).collect();
        while let Some(node) = open.pop() {
            if crosses(&call.span, &node.span) {
                return true;
            }
            open.extend(self.tree.children(node));
        }
        false
    }

    /// The innermost span of the tree around a span, databases left out.
    pub(super) fn innermost(&self, inner: &Span) -> Option<&'a Node> {
        let around = self.tree.nodes.iter().filter(|node| {
            node.span.span_id != inner.span_id
                && !node.span.is_database()
                && within(inner, &node.span)
        });
        around.min_by_key(|node| node.span.duration())
    }
}

impl<'a> Other<'a> {
    fn new(mut spans: Vec<&'a Span>) -> Self {
        spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        let mut children = HashMap::<_, Vec<_>>::new();
        let mut ids = HashMap::new();
        for (place, span) in spans.iter().enumerate() {
            ids.entry(span.span_id.as_str()).or_insert(place);
            if let Some(parent) = &span.parent_span_id {
                children.entry(parent.as_str()).or_default().push(place);
            }
        }
        Self {
            spans,
            children,
            ids,
        }
    }

    /// Spans whose parent is not known here.
    pub(super) fn roots(&self) -> impl Iterator<Item = &'a Span> {
        self.spans.iter().copied().filter(|span| {
            !span
                .parent_span_id
                .as_ref()
                .is_some_and(|id| self.ids.contains_key(id.as_str()))
        })
    }

    /// The calls without anything of the called side under them.
    pub(super) fn unanswered(&self) -> impl Iterator<Item = &'a Span> {
        self.spans.iter().copied().filter(|span| {
            let parent = span
                .parent_span_id
                .as_ref()
                .and_then(|id| self.ids.get(id.as_str()));
            let nested = parent.is_some_and(|parent| {
                let parent = self.spans[*parent];
                parent.side() == Some(Side::Client) && parent.service == span.service
            });
            is_call(span) && !nested && !self.below(span).any(|below| crosses(span, below))
        })
    }

    /// Whether a span's service makes no call under it.
    pub(super) fn is_silent(&self, span: &Span) -> bool {
        !self
            .below(span)
            .any(|below| is_call(below) && below.service == span.service)
    }

    /// All spans under a span.
    fn below(&self, span: &'a Span) -> impl Iterator<Item = &'a Span> {
        let mut seen = BTreeSet::new();
        let mut open = self
            .children
            .get(span.span_id.as_str())
            .cloned()
            .unwrap_or_default();
        std::iter::from_fn(move || {
            loop {
                let place = open.pop()?;
                // Ids may form a circle.
                if seen.insert(place) {
                    let below = self.spans[place];
                    open.extend(
                        self.children
                            .get(below.span_id.as_str())
                            .into_iter()
                            .flatten(),
                    );
                    return Some(below);
                }
            }
        })
    }
}

/// A client span whose other side can record a span.
pub(super) fn is_call(span: &Span) -> bool {
    span.side() == Some(Side::Client) && !span.is_database()
}

/// Whether a span under a call is of its other side.
fn crosses(call: &Span, below: &Span) -> bool {
    below.service != call.service || below.side() == Some(Side::Server)
}

/// Whether one span lies in the other's time.
pub(super) fn within(inner: &Span, outer: &Span) -> bool {
    inner.start.plus(SLACK) >= outer.start
        && inner.start <= outer.end
        && inner.end.plus(-SLACK) <= outer.end
}

/// Whether both name the same method.
pub(super) fn same_name(a: &Span, b: &Span) -> bool {
    !a.name.is_empty() && a.name.trim_start_matches('/') == b.name.trim_start_matches('/')
}
