//! Puts spans, events and logs in their places. Clocks are taken as they are.

use std::collections::HashMap;

use crate::{Span, TraceInput, diagnose};

use super::{Around, Node, TraceTree, phases};

impl TraceTree {
    /// Builds the tree of what is known and says what is wrong with it.
    #[must_use]
    pub fn build(input: TraceInput) -> Self {
        let (mut spans, duplicates) = distinct(input.spans);
        phases::add(&mut spans);
        sort(&mut spans);
        let mut tree = Self {
            trace_id: input.trace_id,
            nodes: spans
                .into_iter()
                .map(|span| Node {
                    span,
                    ..Node::default()
                })
                .collect(),
            duplicates,
            around: Around {
                losses: input.losses,
                nearby: input.nearby,
            },
            ..Self::default()
        };
        let places = tree.link();
        for event in input.events {
            match event.span_id.as_ref().and_then(|id| places.get(id)) {
                Some(place) => tree.nodes[*place].events.push(event),
                None => tree.stray_events.push(event),
            }
        }
        for log in input.logs {
            match log.span_id.as_ref().and_then(|id| places.get(id)) {
                Some(place) => tree.nodes[*place].logs.push(log),
                None => tree.stray_logs.push(log),
            }
        }
        tree.sort_by_time();
        let age = input.now.map(|now| now.since(input.last_arrival));
        tree.quiet = age.is_none_or(|age| age >= tree.quiet_after());
        tree.sampling_context = tree.said_of_sampling();
        tree.diagnoses = diagnose::diagnose(&tree);
        tree
    }

    /// Sets parents, children and tops; returns the place of each span id.
    fn link(&mut self) -> HashMap<String, usize> {
        let mut places = HashMap::with_capacity(self.nodes.len());
        for (place, node) in self.nodes.iter().enumerate() {
            // Where services share a span id, the first to start has it.
            places.entry(node.span.span_id.clone()).or_insert(place);
        }
        for place in 0..self.nodes.len() {
            let parent = self.nodes[place].span.parent_span_id.as_ref();
            let found = parent.and_then(|parent| places.get(parent)).copied();
            self.nodes[place].parent = found.filter(|parent| *parent != place);
        }
        self.break_cycles();
        for place in 0..self.nodes.len() {
            match self.nodes[place].parent {
                Some(parent) => self.nodes[parent].children.push(place),
                None => {
                    self.nodes[place].orphan = self.nodes[place].span.parent_span_id.is_some();
                    self.roots.push(place);
                }
            }
        }
        places
    }

    /// Makes the first span of each cycle a top.
    fn break_cycles(&mut self) {
        #[derive(Clone, Copy, PartialEq)]
        enum Seen {
            No,
            Now,
            Done,
        }
        let mut seen = vec![Seen::No; self.nodes.len()];
        for first in 0..self.nodes.len() {
            let mut path = Vec::new();
            let mut next = Some(first);
            while let Some(place) = next.filter(|place| seen[*place] == Seen::No) {
                seen[place] = Seen::Now;
                path.push(place);
                next = self.nodes[place].parent;
            }
            if let Some(place) = next.filter(|place| seen[*place] == Seen::Now) {
                let from = path.iter().position(|on| *on == place).unwrap_or(0);
                // Nodes stand by start, so the lowest place began first.
                if let Some(top) = path[from..].iter().min() {
                    self.nodes[*top].parent = None;
                }
            }
            for place in path {
                seen[place] = Seen::Done;
            }
        }
    }

    fn sort_by_time(&mut self) {
        for node in &mut self.nodes {
            node.events.sort_by_key(|event| event.time);
            node.logs.sort_by_key(|log| log.time);
        }
        self.stray_events.sort_by_key(|event| event.time);
        self.stray_logs.sort_by_key(|log| log.time);
    }
}

/// Spans without those that came twice; the fuller one is kept. The same id out of
/// another service is another span.
fn distinct(mut spans: Vec<Span>) -> (Vec<Span>, usize) {
    let came = spans.len();
    spans.sort_by(|a, b| {
        let fullness = |span: &Span| {
            (
                span.sampling_context.is_some(),
                span.attributes.len(),
                span.end,
            )
        };
        (&a.span_id, &a.service, fullness(b)).cmp(&(&b.span_id, &b.service, fullness(a)))
    });
    spans.dedup_by(|later, kept| later.span_id == kept.span_id && later.service == kept.service);
    let duplicates = came - spans.len();
    (spans, duplicates)
}

/// By start.
fn sort(spans: &mut [Span]) {
    // A parent that begins in the same instant stands before its child.
    spans.sort_by(|a, b| {
        (a.start, std::cmp::Reverse(a.end), &a.span_id).cmp(&(
            b.start,
            std::cmp::Reverse(b.end),
            &b.span_id,
        ))
    });
}
