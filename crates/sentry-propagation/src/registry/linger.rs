//! A queue of things that go after a while, or sooner when there are too many of them.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

#[derive(Debug)]
pub(super) struct Linger<T> {
    queue: VecDeque<(Instant, T)>,
    most: usize,
    time: Duration,
}

impl<T> Linger<T> {
    pub(super) fn new(most: usize, time: Duration) -> Self {
        Self {
            queue: VecDeque::new(),
            most,
            time,
        }
    }

    pub(super) fn push(&mut self, item: T, now: Instant) {
        self.queue.push_back((now, item));
    }

    /// The oldest item, if its time is over or there are more than there may be.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<T> {
        let (since, _) = self.queue.front()?;
        let due =
            self.queue.len() > self.most || now.saturating_duration_since(*since) >= self.time;
        due.then(|| self.queue.pop_front())?.map(|(_, item)| item)
    }
}
