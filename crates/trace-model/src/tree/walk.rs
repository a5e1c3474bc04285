//! Reads a tree: walks, counts, who took part. Never recursive.

use std::collections::BTreeSet;

use crate::{Event, SamplingContext, Span, Timestamp};

use super::{Node, TraceTree};

/// A trace is quiet after so many nanoseconds without arrivals.
const QUIET: u64 = 2_000_000_000;
/// The same where Dgraph took part: it sends its spans every 5 s.
const QUIET_WITH_DGRAPH: u64 = 7_000_000_000;

impl TraceTree {
    /// Whether nothing of it is there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.stray_events.is_empty() && self.stray_logs.is_empty()
    }

    /// Every span with its depth, parents before children, siblings by start.
    pub fn walk(&self) -> impl Iterator<Item = (usize, &Node)> {
        let mut open: Vec<_> = self.roots.iter().rev().map(|root| (0, *root)).collect();
        std::iter::from_fn(move || {
            let (depth, place) = open.pop()?;
            let node = &self.nodes[place];
            open.extend(node.children.iter().rev().map(|child| (depth + 1, *child)));
            Some((depth, node))
        })
    }

    /// The spans that this predicate holds for, by start.
    pub fn find<'a>(
        &'a self,
        holds: impl Fn(&Span) -> bool + 'a,
    ) -> impl Iterator<Item = &'a Node> {
        self.nodes.iter().filter(move |node| holds(&node.span))
    }

    /// The children of a node, by start.
    pub fn children<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Node> {
        node.children.iter().map(|child| &self.nodes[*child])
    }

    /// The parent of a node.
    #[must_use]
    pub fn parent(&self, node: &Node) -> Option<&Node> {
        Some(&self.nodes[node.parent?])
    }

    /// The services that took part, in the order in which they did.
    #[must_use]
    pub fn services(&self) -> Vec<&str> {
        let mut seen = BTreeSet::new();
        let services = self.walk().map(|(_, node)| node.span.service.as_str());
        services.filter(|service| seen.insert(*service)).collect()
    }

    /// Whether a service, or a database by its `db.system`, has a span here.
    #[must_use]
    pub fn has_service(&self, service: &str) -> bool {
        self.nodes.iter().any(|node| is_of(&node.span, service))
    }

    /// Every event, those of spans first.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.nodes
            .iter()
            .flat_map(|node| &node.events)
            .chain(&self.stray_events)
    }

    /// Every event that tells of an error.
    pub fn errors(&self) -> impl Iterator<Item = &Event> {
        self.events().filter(|event| event.is_error())
    }

    /// Spans that name a parent that did not arrive.
    pub fn orphans(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.orphan)
    }

    /// From the first start to the last end.
    #[must_use]
    pub fn interval(&self) -> (Timestamp, Timestamp) {
        let strays = self.stray_events.iter().map(|event| event.time);
        let strays = strays.chain(self.stray_logs.iter().map(|log| log.time));
        let starts = self
            .nodes
            .iter()
            .map(|node| node.span.start)
            .chain(strays.clone());
        let ends = self.nodes.iter().map(|node| node.span.end).chain(strays);
        (
            starts.min().unwrap_or_default(),
            ends.max().unwrap_or_default(),
        )
    }

    /// After so many nanoseconds without arrivals the trace is quiet.
    #[must_use]
    pub fn quiet_after(&self) -> u64 {
        let dgraph = self
            .nodes
            .iter()
            .any(|node| node.span.database() == Some("dgraph"));
        if dgraph { QUIET_WITH_DGRAPH } else { QUIET }
    }

    /// The nearest segment around a node, or the node itself.
    #[must_use]
    pub fn segment<'a>(&'a self, node: &'a Node) -> Option<&'a Node> {
        let mut around = Some(node);
        while let Some(node) = around.filter(|node| !node.span.segment) {
            around = self.parent(node);
        }
        around
    }

    pub(super) fn said_of_sampling(&self) -> SamplingContext {
        let segments = self
            .nodes
            .iter()
            .filter_map(|node| node.span.sampling_context.as_ref());
        let events = self
            .events()
            .filter_map(|event| event.sampling_context.as_ref());
        segments.chain(events).next().cloned().unwrap_or_default()
    }
}

/// Whether a span counts for a service; a database counts under its `db.system`.
pub(crate) fn is_of(span: &Span, service: &str) -> bool {
    span.service == service || span.database() == Some(service)
}
