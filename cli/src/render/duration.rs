//! Durations: as people read them, and as they write them in flags.

use std::time::Duration;

/// Three significant digits and a unit: `850 µs`, `12.3 ms`, `1.24 s`.
pub(crate) fn human(nanos: i128) -> String {
    let (sign, nanos) = if nanos < 0 {
        ("-", -nanos)
    } else {
        ("", nanos)
    };
    let steps = [
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "µs"),
        (1, "ns"),
    ];
    let (unit, name) = steps
        .into_iter()
        .find(|(unit, _)| nanos >= *unit)
        .unwrap_or((1, "ns"));
    let whole = nanos / unit;
    let digits = match whole {
        _ if unit == 1 => 0,
        0..10 => 2,
        10..100 => 1,
        _ => 0,
    };
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let value = nanos as f64 / unit as f64;
    format!("{sign}{value:.digits$} {name}")
}

/// Reads `500ms`, `10s` or `2m`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number
        .parse()
        .map_err(|_| "expected a number and a unit, for example 10s or 500ms".to_owned())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => number
            .checked_mul(60)
            .map(Duration::from_secs)
            .ok_or_else(|| "too long".to_owned()),
        "" => Err("the unit is missing: ms, s or m".to_owned()),
        other => Err(format!("unknown unit `{other}`: ms, s or m")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn human_keeps_three_digits() {
        for (nanos, expected) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (850_000, "850 µs"),
            (1_200, "1.20 µs"),
            (12_345_678, "12.3 ms"),
            (1_240_000_000, "1.24 s"),
            (125_000_000_000, "125 s"),
            (-2_000_000, "-2.00 ms"),
        ] {
            assert_eq!(human(nanos), expected);
        }
    }

    #[test]
    fn parse_wants_a_unit() {
        assert_eq!(parse("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse("2m"), Ok(Duration::from_secs(120)));
        for wrong in [
            "",
            "10",
            "s",
            "-1s",
            "1.5s",
            "10 s",
            "10h",
            "99999999999999999999s",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
