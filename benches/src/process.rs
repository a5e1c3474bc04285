//! What the kernel says of a process.

use anyhow::Context as _;

/// A field of `/proc/PID/status` that is counted in kB, in MB.
pub(crate) fn megabytes(pid: u32, field: &str) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes: f64 = line
        .and_then(|line| line.trim_start_matches(':').split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .with_context(|| format!("/proc/{pid}/status has no {field}"))?;
    Ok(kilobytes / 1024.0)
}

/// The microseconds of CPU that a process has used, over all its threads, user and system. The scheduler counts them in
/// nanoseconds; the clock ticks of `/proc/PID/stat`, of ten milliseconds each, are too coarse for a short round.
pub(crate) fn cpu_microseconds(pid: u32) -> anyhow::Result<f64> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let path = thread?.path().join("schedstat");
        // A thread may have ended meanwhile; none of those that are measured does.
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        nanoseconds += used(&text).with_context(|| format!("{} cannot be read", path.display()))?;
    }
    Ok(nanoseconds as f64 / 1_000.0)
}

fn used(schedstat: &str) -> Option<u64> {
    schedstat.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_on_the_processor_comes_first() {
        assert_eq!(used("1234567 89 10\n"), Some(1_234_567));
        assert_eq!(used(""), None);
    }
}
