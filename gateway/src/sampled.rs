//! The cap on traces that are recorded because a caller says so. Pure: it is told the time.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use http::HeaderMap;

/// How long a count lasts.
const WINDOW: Duration = Duration::from_secs(60);

/// The traces that were continued as sampled in this minute. All calls of a trace that has its place are continued, so that
/// the cap cuts no trace in two within a minute.
#[derive(Debug)]
pub(crate) struct SampledTraces {
    most: usize,
    since: Instant,
    ids: HashSet<[u8; 32]>,
}

impl SampledTraces {
    pub(crate) fn new(most: usize, now: Instant) -> Self {
        Self {
            most,
            since: now,
            ids: HashSet::new(),
        }
    }

    /// Whether the trace that these headers carry may be continued.
    pub(crate) fn admits(&mut self, headers: &HeaderMap, now: Instant) -> bool {
        let Some(id) = sampled(headers) else {
            return true;
        };
        if now.duration_since(self.since) >= WINDOW {
            self.since = now;
            self.ids.clear();
        }
        self.ids.contains(&id) || (self.ids.len() < self.most && self.ids.insert(id))
    }
}

/// The id of the trace that these headers say is sampled. What cannot be read is continued by nobody, and so is none.
fn sampled(headers: &HeaderMap) -> Option<[u8; 32]> {
    let sentry = headers.get_all("sentry-trace").iter().find_map(|line| {
        let line = line.as_bytes().trim_ascii();
        let id = line.first_chunk::<32>()?;
        line.ends_with(b"-1").then_some(*id)
    });
    let w3c = || {
        headers.get_all("traceparent").iter().find_map(|line| {
            let line = line.as_bytes().trim_ascii();
            let id = line.get(3..)?.first_chunk::<32>()?;
            let flags = std::str::from_utf8(line.get(53..55)?).ok()?;
            let flags = u8::from_str_radix(flags, 16).ok()?;
            (flags & 1 == 1).then_some(*id)
        })
    };
    let mut id = sentry.or_else(w3c)?;
    id.make_ascii_lowercase();
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, trace: u8, end: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let prefix = if name == "traceparent" { "00-" } else { "" };
        let value = format!("{prefix}{trace:032x}-00000000000000aa{end}");
        headers.insert(name, value.parse().expect("a value"));
        headers
    }

    #[test]
    fn so_many_a_minute_and_each_of_them_whole() {
        let start = Instant::now();
        let mut cap = SampledTraces::new(2, start);
        let sentry = |trace| headers("sentry-trace", trace, "-1");
        let w3c = |trace| headers("traceparent", trace, "-01");
        assert!(cap.admits(&sentry(1), start));
        assert!(cap.admits(&w3c(2), start));
        assert!(!cap.admits(&sentry(3), start));
        assert!(!cap.admits(&w3c(3), start));
        assert!(cap.admits(&sentry(1), start), "it has its place");
        assert!(cap.admits(&sentry(2), start), "in either form");
        for free in [
            headers("sentry-trace", 4, "-0"),
            headers("sentry-trace", 4, ""),
            headers("traceparent", 4, "-00"),
            HeaderMap::new(),
        ] {
            assert!(cap.admits(&free, start), "{free:?}");
        }
        assert!(!cap.admits(&sentry(3), start + WINDOW / 2));
        assert!(cap.admits(&sentry(3), start + WINDOW));
        assert!(cap.ids.len() <= 2);
    }
}
