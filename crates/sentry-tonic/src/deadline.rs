//! The `grpc-timeout` of a request, kept so that a call dropped at its deadline
//! is not taken for one that was cancelled. Labels only; arms no timer.

use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName};

use crate::{Code, Limits};

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// When a call's time is up, if it said so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    at: Option<Instant>,
    slack: Duration,
}

impl Deadline {
    /// The deadline of a request that arrives, or leaves, now.
    pub(crate) fn of(headers: &HeaderMap, limits: &Limits) -> Self {
        let timeout = headers
            .get(GRPC_TIMEOUT)
            .and_then(|value| parse_timeout(value.as_bytes()));
        Self {
            at: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            slack: slack(timeout.unwrap_or_default(), limits),
        }
    }

    /// What a call that nobody waits for any more ended with. The side that
    /// gives up may do so a little before this side's deadline, hence the slack.
    pub(crate) fn code_of_drop(&self, now: Instant) -> Code {
        match self.at {
            Some(at) if now + self.slack >= at => Code::DeadlineExceeded,
            _ => Code::Cancelled,
        }
    }
}

/// A timeout counts from where it is read, so this deadline is later than that of the side which wrote it by the time that
/// the request took: on a busy machine more than milliseconds, and a part of the whole that matters to nobody.
fn slack(timeout: Duration, limits: &Limits) -> Duration {
    let share = timeout / limits.deadline_slack_share.max(1);
    let most = limits.deadline_slack_most;
    share.min(most).max(limits.deadline_slack)
}

/// Reads a `grpc-timeout`: at most eight digits and one of `H M S m u n`.
#[must_use]
pub fn parse_timeout(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let amount = digits
        .iter()
        .fold(0u64, |amount, digit| amount * 10 + u64::from(digit - b'0'));
    Some(match unit {
        b'H' => Duration::from_secs(amount * 3600),
        b'M' => Duration::from_secs(amount * 60),
        b'S' => Duration::from_secs(amount),
        b'm' => Duration::from_millis(amount),
        b'u' => Duration::from_micros(amount),
        b'n' => Duration::from_nanos(amount),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn timeouts() {
        for (text, expected) in [
            ("2H", Some(Duration::from_secs(7200))),
            ("3M", Some(Duration::from_secs(180))),
            ("42S", Some(Duration::from_secs(42))),
            ("13m", Some(Duration::from_millis(13))),
            ("2u", Some(Duration::from_micros(2))),
            ("82n", Some(Duration::from_nanos(82))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3600))),
            ("123456789H", None),
            ("82f", None),
            ("H", None),
            ("-1S", None),
            ("1.5S", None),
            ("", None),
        ] {
            assert_eq!(parse_timeout(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn a_drop_near_the_deadline_is_the_deadline() {
        let now = Instant::now();
        let slack = Duration::from_millis(5);
        let of = |left: Option<Duration>| {
            let at = left.map(|left| now + left);
            Deadline { at, slack }.code_of_drop(now)
        };
        assert_eq!(of(None), Code::Cancelled);
        assert_eq!(of(Some(Duration::from_millis(6))), Code::Cancelled);
        assert_eq!(of(Some(Duration::from_millis(5))), Code::DeadlineExceeded);
        assert_eq!(of(Some(Duration::ZERO)), Code::DeadlineExceeded);
    }

    #[test]
    fn the_slack_is_a_share_within_bounds() {
        let check = |timeout, expected| {
            let timeout = Duration::from_millis(timeout);
            let slack = slack(timeout, &Limits::default());
            assert_eq!(slack, Duration::from_millis(expected), "{timeout:?}");
        };
        check(0, 5);
        check(20, 5);
        check(500, 50);
        check(60_000, 250);
    }

    proptest! {
        #[test]
        fn no_header_breaks_it(value in proptest::collection::vec(any::<u8>(), 0..16)) {
            let _ = parse_timeout(&value);
        }
    }
}
