//! How long a caller may keep us waiting over a message. Only waiting for the caller counts: while the service behind does
//! not read, nobody waits.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::Limits;

/// The account of one message.
#[derive(Debug)]
pub(super) struct Pace {
    pause: Duration,
    grace: Duration,
    rate: u32,
    bytes: usize,
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Pace {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            pause: limits.body_pause,
            grace: limits.body_grace,
            rate: limits.body_rate.max(1),
            bytes: 0,
            waited: Duration::ZERO,
            waiting: None,
        }
    }

    /// A message may begin: what was of the last one is no matter any more.
    pub(super) fn begin(&mut self) {
        self.bytes = 0;
        self.waited = Duration::ZERO;
        self.waiting = None;
    }

    /// So many bytes came.
    pub(super) fn arrived(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
        if let Some((since, _)) = self.waiting.take() {
            self.waited += since.elapsed();
        }
    }

    fn left(&self) -> Duration {
        allowance(self.bytes, self.rate, self.grace)
            .saturating_sub(self.waited)
            .min(self.pause)
    }

    /// Ready when the caller has kept us waiting for longer than it may.
    pub(super) fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let left = self.left();
        let (_, sleep) = self
            .waiting
            .get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(left))));
        ready!(sleep.as_mut().poll(context));
        Poll::Ready(())
    }
}

/// How long may be waited in all for so many bytes and the next.
fn allowance(bytes: usize, rate: u32, grace: Duration) -> Duration {
    let millis = (bytes as u64).saturating_mul(1000) / u64::from(rate);
    grace.saturating_add(Duration::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_buy_time() {
        let grace = Duration::from_secs(10);
        let check = |bytes, expected| {
            assert_eq!(allowance(bytes, 1024, grace), Duration::from_secs(expected));
        };
        check(0, 10);
        check(1024, 11);
        check(1024 * 100, 110);
        assert!(allowance(usize::MAX, 1, grace) > grace, "no overflow");
    }

    #[test]
    fn waiting_uses_it_up() {
        let mut pace = Pace::new(&Limits::default());
        assert_eq!(pace.left(), pace.pause, "a pause is the most at once");
        pace.waited = pace.grace - Duration::from_secs(1);
        assert_eq!(pace.left(), Duration::from_secs(1));
        pace.arrived(1024);
        assert_eq!(pace.left(), Duration::from_secs(2));
        pace.waited = Duration::from_secs(3600);
        assert_eq!(pace.left(), Duration::ZERO);
        pace.begin();
        assert_eq!(pace.left(), pace.pause);
    }
}
