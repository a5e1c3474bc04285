//! Bounds how many children of one span of a noisy source are kept: a query of two
//! hundred predicates makes two hundred spans. Pure.

use std::collections::{HashMap, VecDeque};

use throughline_trace_model::Span;

/// On the last child kept: how many siblings came after it, in the same request.
pub(super) const LEFT_OUT: &str = "otel.siblings_left_out";

/// How many children each parent has had, of the parents seen last.
#[derive(Debug)]
pub(super) struct Siblings {
    counts: HashMap<(String, String), usize>,
    order: VecDeque<(String, String)>,
    max_children: usize,
    max_parents: usize,
}

impl Siblings {
    pub(super) fn new(max_children: usize, max_parents: usize) -> Self {
        Self {
            counts: HashMap::new(),
            order: VecDeque::new(),
            max_children,
            max_parents,
        }
    }

    /// Keeps what is within the bound, in order; returns how many were left out, which
    /// also stands on each family's last one kept of these.
    pub(super) fn bound(&mut self, spans: Vec<Span>) -> (Vec<Span>, u64) {
        let mut kept: Vec<Span> = Vec::with_capacity(spans.len());
        let mut last = HashMap::<(String, String), usize>::new();
        let mut left_out = 0;
        for span in spans {
            let Some(parent) = span.parent_span_id.clone() else {
                kept.push(span);
                continue;
            };
            let family = (span.trace_id.clone(), parent);
            let count = self.count(&family);
            if count <= self.max_children {
                last.insert(family, kept.len());
                kept.push(span);
                continue;
            }
            left_out += 1;
            if let Some(sibling) = last.get(&family).and_then(|index| kept.get_mut(*index)) {
                let said = sibling
                    .attributes
                    .entry(LEFT_OUT.to_owned())
                    .or_insert(0.into());
                *said = (said.as_u64().unwrap_or(0) + 1).into();
            }
        }
        (kept, left_out)
    }

    fn count(&mut self, family: &(String, String)) -> usize {
        if let Some(count) = self.counts.get_mut(family) {
            *count += 1;
            return *count;
        }
        if self.order.len() >= self.max_parents
            && let Some(oldest) = self.order.pop_front()
        {
            self.counts.remove(&oldest);
        }
        self.order.push_back(family.clone());
        self.counts.insert(family.clone(), 1);
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn child(parent: Option<&str>) -> Span {
        Span {
            parent_span_id: parent.map(str::to_owned),
            ..Span::default()
        }
    }

    #[test]
    fn so_many_of_each_parent_and_the_rest_counted() {
        let mut siblings = Siblings::new(2, 10);
        let mut spans = vec![child(None); 3];
        spans.extend(vec![child(Some("a")); 5]);
        spans.push(child(Some("b")));
        let (kept, left_out) = siblings.bound(spans);
        assert_eq!((kept.len(), left_out), (6, 3));
        assert_eq!(kept[4].attributes[LEFT_OUT], 3);
        // A later request of the same parent is held to the same count.
        let (kept, left_out) = siblings.bound(vec![child(Some("a")), child(Some("b"))]);
        assert_eq!((kept.len(), left_out), (1, 1));
    }

    #[test]
    fn parents_are_forgotten_oldest_first() {
        let mut siblings = Siblings::new(1, 1);
        for parent in ["a", "b", "a"] {
            assert_eq!(siblings.bound(vec![child(Some(parent))]).1, 0);
        }
        assert_eq!(siblings.counts.len(), 1);
    }
}
