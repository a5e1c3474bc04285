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

/// The clock ticks of CPU that a process has used: user and system. There are
/// 100 a second on Linux, whatever the kernel's own rate is.
pub(crate) fn ticks(pid: u32) -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    used(&stat).with_context(|| format!("/proc/{pid}/stat cannot be read"))
}

/// Microseconds in a tick.
pub(crate) const TICK_MICROSECONDS: f64 = 10_000.0;

fn used(stat: &str) -> Option<u64> {
    // The name, in parentheses, may hold anything.
    let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_and_system_time_are_added() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4 9 0 0 0 120 30 0 0 20 0 1 0 5 6 7";
        assert_eq!(used(stat), Some(150));
        assert_eq!(used("7 (a) S"), None);
    }
}
