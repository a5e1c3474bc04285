//! The lines that a bench prints: a value, its bound, and whether it holds.

/// What has been measured.
#[derive(Debug, Default)]
pub(crate) struct Report {
    failed: bool,
}

impl Report {
    /// A value with no bound, for the record.
    pub(crate) fn note(&mut self, name: &str, value: impl std::fmt::Display) {
        println!("{name:<60} {value:>14}");
    }

    /// A value that may be at most `bound`.
    pub(crate) fn at_most(&mut self, name: &str, value: f64, bound: f64, unit: &str) {
        self.judged(name, value, "≤", bound, unit, value <= bound);
    }

    /// A value that must be exactly `bound`.
    pub(crate) fn exactly(&mut self, name: &str, value: f64, bound: f64, unit: &str) {
        self.judged(name, value, "=", bound, unit, value == bound);
    }

    fn judged(&mut self, name: &str, value: f64, sign: &str, bound: f64, unit: &str, holds: bool) {
        let verdict = if holds { "holds" } else { "FAILS" };
        let (value, bound) = (rounded(value), rounded(bound));
        println!("{name:<60} {value:>14} {sign} {bound} {unit}: {verdict}");
        self.failed |= !holds;
    }

    /// Whether every bound was kept.
    pub(crate) fn holds(&self) -> bool {
        !self.failed
    }
}

fn rounded(value: f64) -> String {
    if value.fract() == 0.0 || value.abs() >= 1000.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_broken_bound_fails_the_report() {
        let mut report = Report::default();
        report.at_most("a", 1.0, 1.0, "");
        assert!(report.holds());
        report.at_most("b", 1.01, 1.0, "");
        report.exactly("c", 0.0, 0.0, "");
        assert!(!report.holds());
    }
}
