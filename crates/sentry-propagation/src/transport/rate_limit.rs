//! What the collector asked not to be sent for a while, by category. Pure: the time comes in by parameter,
//! and any bytes may stand in the headers.

use std::time::{Duration, Instant};

use sentry_core::protocol::client_report::Category;

use super::losses::Losses;

/// How long everything is held back when the collector does not say.
const DEFAULT_BACKOFF: Duration = Duration::from_secs(60);
/// Groups of a header that are read.
const GROUPS: usize = 32;

const CATEGORIES: [(&str, Category); 7] = [
    ("error", Category::Error),
    ("transaction", Category::Transaction),
    ("session", Category::Session),
    ("attachment", Category::Attachment),
    ("monitor", Category::Monitor),
    ("log_item", Category::LogItem),
    ("trace_metric", Category::TraceMetric),
];

/// The limits in force.
#[derive(Debug, Default)]
pub(super) struct RateLimits {
    all: Option<Instant>,
    by_category: [Option<Instant>; CATEGORIES.len()],
}

impl RateLimits {
    /// Whether what is of this category must not be sent.
    pub(super) fn forbid(&self, category: Category, now: Instant) -> bool {
        let in_force = |until: Option<Instant>| until.is_some_and(|until| now < until);
        in_force(self.all)
            || CATEGORIES
                .iter()
                .zip(self.by_category)
                .any(|((_, of), until)| *of == category && in_force(until))
    }

    /// Whether any of what these would lose must not be sent.
    pub(super) fn forbid_any(&self, losses: &Losses, now: Instant) -> bool {
        // Reports of earlier losses name their reason; they are small and always wanted.
        let mut unreported = losses.iter().filter(|(reason, ..)| reason.is_none());
        unreported.any(|(_, category, _)| self.forbid(*category, now))
    }

    /// Whether anything is limited.
    pub(super) fn any(&self, now: Instant) -> bool {
        self.by_category
            .iter()
            .chain([&self.all])
            .any(|until| until.is_some_and(|until| now < until))
    }

    /// Reads `X-Sentry-Rate-Limits`: `60:transaction;error:organization, 2700::organization`.
    pub(super) fn update(&mut self, header: &str, now: Instant, longest: Duration) {
        for group in header.split(',').take(GROUPS) {
            let mut parts = group.trim().split(':');
            let (Some(seconds), Some(categories)) = (parts.next(), parts.next()) else {
                continue;
            };
            let Some(until) = seconds_from(seconds, now, longest) else {
                continue;
            };
            if categories.is_empty() {
                self.all = self.all.max(Some(until));
            }
            for name in categories.split(';') {
                for ((known, _), slot) in CATEGORIES.iter().zip(&mut self.by_category) {
                    if *known == name {
                        *slot = (*slot).max(Some(until));
                    }
                }
            }
        }
    }

    /// Reads `Retry-After` of an answer 429 that says nothing by category. A date is read as the default.
    pub(super) fn back_off(&mut self, retry_after: Option<&str>, now: Instant, longest: Duration) {
        let until = retry_after.and_then(|seconds| seconds_from(seconds.trim(), now, longest));
        self.all = until.or_else(|| now.checked_add(DEFAULT_BACKOFF.min(longest)));
    }
}

fn seconds_from(text: &str, now: Instant, longest: Duration) -> Option<Instant> {
    let seconds: f64 = text.parse().ok()?;
    if !seconds.is_finite() || seconds < 0.0 {
        return None;
    }
    now.checked_add(Duration::from_secs_f64(
        seconds.ceil().min(longest.as_secs_f64()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LONGEST: Duration = Duration::from_secs(3600);

    fn forbidden(header: &str, after: Duration) -> Vec<&'static str> {
        let now = Instant::now();
        let mut limits = RateLimits::default();
        limits.update(header, now, LONGEST);
        CATEGORIES
            .iter()
            .filter(|(_, category)| limits.forbid(*category, now + after))
            .map(|(name, _)| *name)
            .collect()
    }

    fn check(header: &str, expected: &[&str]) {
        assert_eq!(
            forbidden(header, Duration::from_secs(1)),
            expected,
            "{header:?}"
        );
    }

    #[test]
    fn categories_are_limited_one_by_one() {
        check("60:transaction:key", &["transaction"]);
        check(
            "60:transaction;error:organization:quota",
            &["error", "transaction"],
        );
        check("60:error:key, 30:log_item:key", &["error", "log_item"]);
        check("0:error:key", &[]);
        check("1:error:key", &[]);
        check("60:default;unknown:key", &[]);
        check("nonsense", &[]);
        check("-1:error:key", &[]);
        check("NaN:error:key", &[]);
    }

    #[test]
    fn no_category_is_every_category() {
        assert_eq!(
            forbidden("60::organization", Duration::ZERO).len(),
            CATEGORIES.len()
        );
    }

    #[test]
    fn no_collector_silences_a_client_for_good() {
        assert!(forbidden("1e300::key", LONGEST).is_empty());
    }

    #[test]
    fn retry_after_holds_everything_back() {
        let now = Instant::now();
        for (header, seconds) in [(Some("2"), 2), (Some("Wed, 21 Oct 2026"), 60), (None, 60)] {
            let mut limits = RateLimits::default();
            limits.back_off(header, now, LONGEST);
            let until = now + Duration::from_secs(seconds);
            assert!(limits.forbid(Category::Error, until - Duration::from_millis(1)));
            assert!(!limits.forbid(Category::Error, until));
        }
    }

    proptest! {
        #[test]
        fn any_header_is_survived(header in "\\PC{0,200}") {
            let mut limits = RateLimits::default();
            limits.update(&header, Instant::now(), LONGEST);
            limits.back_off(Some(&header), Instant::now(), LONGEST);
        }
    }
}
