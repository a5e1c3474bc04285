//! When an answer must come. Judged by the order in which things happen: what holds a call up still does, and a rival, a
//! call that began earlier and is held up for long, is still under way. Only that something is too early is told by a
//! clock, which no load can make go slower.

use std::time::{Duration, Instant};

use throughline_testkit::SAFETY;
use tokio::task::JoinHandle;

use super::ask;
use crate::{Chain, Root};

/// The fault that a rival asks for, which tells it from other calls.
pub(crate) const RIVAL: &str = "delay:59999";
/// The deadline of a rival: far beyond every time that a call of the matrix is to take, and far below what a gateway or a
/// service would end a call at by itself.
const PATIENCE: Duration = Duration::from_secs(50);
/// Servers end calls by so much sooner that the answer arrives in time.
const LEAD: Duration = Duration::from_millis(20);

/// When the answer must come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// At once: nothing that was done holds the call up.
    AtOnce,
    /// Not before these many milliseconds, when what held the call up has let go.
    Late(u64),
    /// Not before these many milliseconds, while what holds the call up still does.
    WhileHeld(u64),
    /// Never: the caller leaves while the call is held up.
    Never,
}

/// What was seen of the time of an answer.
#[derive(Debug)]
pub(super) struct Timed {
    /// From before the call to its answer.
    pub(super) took: Duration,
    /// Whether what was to hold it up still did, when the answer came.
    pub(super) held: bool,
    /// Whether the rival was still under way.
    pub(super) before_rival: bool,
}

impl Time {
    /// What was not as it must be.
    pub(super) fn judge(self, seen: &Timed) -> Option<String> {
        let (least, held) = match self {
            Self::AtOnce => (0, None),
            Self::Late(least) => (least, Some(false)),
            Self::WhileHeld(least) => (least, Some(true)),
            Self::Never => (0, Some(true)),
        };
        let right = seen.before_rival
            && seen.took + LEAD >= Duration::from_millis(least)
            && held.is_none_or(|held| held == seen.held);
        (!right).then(|| format!("the answer did not come {self:?}: {seen:?}"))
    }
}

/// A call that began earlier and is held up for long.
pub(super) struct Rival(JoinHandle<()>);

impl Rival {
    /// Begins one, and waits until the gateway holds it up. Where there is none, the caller only waits.
    pub(super) async fn begin(chain: &mut Chain) -> Self {
        let mut root = Root::sampled(&mut rand::rng()).with_fault(&format!("gateway={RIVAL}"));
        root.timeout = Some(PATIENCE);
        let client = chain.web_client();
        let call = tokio::spawn(async move {
            ask::path(client, &root).await;
        });
        let gateway = chain.gateway.as_ref().expect("it runs");
        gateway
            .wait_for_stderr(|stderr| stderr.contains(RIVAL))
            .await;
        Self(call)
    }

    /// For a caller whose gateway is gone, and every rival with it.
    pub(super) fn of_nobody() -> Self {
        Self(tokio::spawn(tokio::time::sleep(PATIENCE)))
    }

    /// What can be said of an answer that came now to a call that began then.
    pub(super) fn timed(&self, began: Instant, held: bool) -> Timed {
        Timed {
            took: began.elapsed(),
            held,
            before_rival: !self.0.is_finished(),
        }
    }

    /// Ends it, so that no stop waits for it.
    pub(super) async fn end(self) {
        self.0.abort();
        let ended = tokio::time::timeout(SAFETY, self.0).await;
        ended.expect("what was aborted ends").ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_not_as_it_must_be_is_told() {
        let check = |time: Time, took, held, before_rival, right| {
            let seen = Timed {
                took: Duration::from_millis(took),
                held,
                before_rival,
            };
            assert_eq!(time.judge(&seen).is_none(), right, "{time:?} {seen:?}");
        };
        check(Time::AtOnce, 1, false, true, true);
        check(Time::AtOnce, 1, false, false, false);
        check(Time::Late(200), 250, false, true, true);
        check(Time::Late(200), 150, false, true, false);
        check(Time::WhileHeld(500), 499, true, true, true);
        check(Time::WhileHeld(500), 400, true, true, false);
        check(Time::WhileHeld(500), 600, false, true, false);
        check(Time::WhileHeld(500), 600, true, false, false);
        check(Time::Never, 1, true, true, true);
        check(Time::Never, 1, false, true, false);
    }
}
