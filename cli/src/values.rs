//! Property values from text, by the name of their type. Pure.

use throughline_api::graph::v1::{Value, value::Kind};

/// The value that `text` is of the type called `kind`.
pub(crate) fn typed(kind: &str, text: &str) -> Result<Value, String> {
    let wrong = || format!("`{text}` is no {kind}");
    let kind = match kind {
        "string" => Kind::StringValue(text.to_owned()),
        "int" => Kind::IntValue(text.trim().parse().map_err(|_| wrong())?),
        "double" => {
            let number: f64 = text.trim().parse().map_err(|_| wrong())?;
            if !number.is_finite() {
                return Err(format!("`{text}` is not finite"));
            }
            Kind::DoubleValue(number)
        }
        "bool" => match text.trim() {
            "true" | "1" => Kind::BoolValue(true),
            "false" | "0" => Kind::BoolValue(false),
            _ => return Err(wrong()),
        },
        "time" => Kind::TimestampValue(time(text.trim()).ok_or_else(wrong)?),
        _ => {
            return Err(format!(
                "`{kind}` is no type: use string, int, double, bool or time"
            ));
        }
    };
    Ok(Value { kind: Some(kind) })
}

/// A point in time as RFC 3339 writes it, or the year, month or day it lies in.
pub(crate) fn time(text: &str) -> Option<prost_types::Timestamp> {
    let digits = |range: std::ops::Range<usize>| {
        let part = text.as_bytes().get(range)?;
        part.iter().all(u8::is_ascii_digit).then_some(())
    };
    digits(0..4)?;
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    let at: prost_types::Timestamp = whole.parse().ok()?;
    // What the protocol's timestamps reach: the years 1 to 9999.
    (-62_135_596_800..=253_402_300_799)
        .contains(&at.seconds)
        .then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: &str, text: &str, expected: Result<Kind, &str>) {
        match (typed(kind, text), expected) {
            (Ok(value), Ok(kind)) => assert_eq!(value.kind, Some(kind)),
            (Err(why), Err(expected)) => assert!(why.contains(expected), "{why}"),
            (found, expected) => panic!("{kind} {text}: {found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn each_type_reads_its_texts() {
        let at = |seconds, nanos| Kind::TimestampValue(prost_types::Timestamp { seconds, nanos });
        check("string", " a", Ok(Kind::StringValue(" a".into())));
        check("int", "-7", Ok(Kind::IntValue(-7)));
        check("int", "9223372036854775808", Err("is no int"));
        check("double", "1e3", Ok(Kind::DoubleValue(1000.0)));
        check("double", "NaN", Err("not finite"));
        check("bool", "true", Ok(Kind::BoolValue(true)));
        check("bool", "yes", Err("is no bool"));
        check("time", "1970-01-01T00:00:01.5Z", Ok(at(1, 500_000_000)));
        check("time", "1970-01-02", Ok(at(86_400, 0)));
        check("time", "1970", Ok(at(0, 0)));
        check("time", "1970-02", Ok(at(31 * 86_400, 0)));
        check("time", "once", Err("is no time"));
        check("float", "1", Err("is no type"));
    }
}
