//! Spans of noisy sources whose trace no other hop has reported yet. Pure: told the time.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use throughline_trace_model::Record;

/// The spans that wait, oldest trace first.
#[derive(Debug)]
pub(super) struct Waiting {
    traces: HashMap<String, Vec<Record>>,
    since: VecDeque<(Instant, String)>,
    records: usize,
    max_records: usize,
    max_wait: Duration,
}

impl Waiting {
    pub(super) fn new(max_records: usize, max_wait: Duration) -> Self {
        Self {
            traces: HashMap::new(),
            since: VecDeque::new(),
            records: 0,
            max_records,
            max_wait,
        }
    }

    /// Takes records of one trace in; returns how many of the oldest had to go for them.
    pub(super) fn hold(&mut self, trace_id: &str, records: Vec<Record>, now: Instant) -> u64 {
        self.records += records.len();
        if let Some(held) = self.traces.get_mut(trace_id) {
            held.extend(records);
        } else {
            self.traces.insert(trace_id.to_owned(), records);
            self.since.push_back((now, trace_id.to_owned()));
        }
        self.drop_while(|waiting, _| waiting.records > waiting.max_records)
    }

    /// Gives a trace's records out.
    pub(super) fn take(&mut self, trace_id: &str) -> Vec<Record> {
        let taken = self.traces.remove(trace_id).unwrap_or_default();
        self.records -= taken.len();
        taken
    }

    /// Drops what has waited long enough; returns how many.
    pub(super) fn expire(&mut self, now: Instant) -> u64 {
        self.drop_while(|waiting, since| now.saturating_duration_since(since) >= waiting.max_wait)
    }

    /// Whether records of the trace wait.
    pub(super) fn holds(&self, trace_id: &str) -> bool {
        self.traces.contains_key(trace_id)
    }

    /// The traces that wait.
    pub(super) fn ids(&self) -> Vec<String> {
        self.traces.keys().cloned().collect()
    }

    fn drop_while(&mut self, goes: impl Fn(&Self, Instant) -> bool) -> u64 {
        let mut dropped = 0;
        while let Some((since, _)) = self.since.front() {
            let held = self.traces.contains_key(&self.since[0].1);
            if held && !goes(self, *since) {
                break;
            }
            // Given out already, or to go.
            if let Some((_, trace_id)) = self.since.pop_front() {
                dropped += self.take(&trace_id).len() as u64;
            }
        }
        dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use throughline_trace_model::Span;

    fn spans(count: usize) -> Vec<Record> {
        vec![Record::Span(Span::default()); count]
    }

    #[test]
    fn what_waits_is_given_out_once_and_bounded_in_number_and_time() {
        let start = Instant::now();
        let later = |seconds| start + Duration::from_secs(seconds);
        let mut waiting = Waiting::new(5, Duration::from_secs(10));
        assert_eq!(waiting.hold("a", spans(2), start), 0);
        assert_eq!(waiting.hold("b", spans(2), later(1)), 0);
        assert_eq!(waiting.hold("a", spans(1), later(2)), 0);
        assert_eq!(waiting.take("a").len(), 3);
        assert_eq!(waiting.take("a").len(), 0);
        assert_eq!(waiting.hold("c", spans(3), later(3)), 0);
        // One too many: the oldest goes.
        assert_eq!(waiting.hold("d", spans(1), later(4)), 2);
        assert_eq!(waiting.expire(later(12)), 0);
        assert_eq!(waiting.expire(later(13)), 3);
        assert_eq!(waiting.ids(), ["d"]);
        assert_eq!(waiting.expire(later(99)), 1);
        assert!(waiting.since.is_empty() && waiting.records == 0);
    }

    #[test]
    fn more_than_the_bound_at_once_does_not_stay() {
        let mut waiting = Waiting::new(5, Duration::from_secs(10));
        assert_eq!(waiting.hold("a", spans(6), Instant::now()), 6);
        assert!(waiting.ids().is_empty());
    }
}
