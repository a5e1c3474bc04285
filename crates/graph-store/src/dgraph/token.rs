//! What is looked up by: short texts in whose order values stand. They may find too much, never too little; who reads
//! looks again.

use crate::{EdgeKey, Node, Timestamp, Value, words};

/// Between the parts of a token. Ids and names hold no control characters.
pub(super) const BETWEEN: char = '\u{1}';
/// After all that begins alike.
pub(super) const LAST: char = '\u{10ffff}';
/// Bytes of a text that a token keeps.
const TEXT_BYTES: usize = 64;

/// An edge's key, in the order of (from, type, to).
pub(super) fn key(key: &EdgeKey) -> String {
    let EdgeKey {
        from,
        edge_type,
        to,
    } = key;
    format!("{from}{BETWEEN}{edge_type}{BETWEEN}{to}")
}

/// The same in the order of (to, type, from).
pub(super) fn back_key(key: &EdgeKey) -> String {
    let EdgeKey {
        from,
        edge_type,
        to,
    } = key;
    format!("{to}{BETWEEN}{edge_type}{BETWEEN}{from}")
}

/// The key of which a text was made.
pub(super) fn parse_key(text: &str) -> Option<EdgeKey> {
    let mut parts = text.splitn(3, BETWEEN);
    Some(EdgeKey::new(parts.next()?, parts.next()?, parts.next()?))
}

/// The beginning of a text.
pub(super) fn short(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The words of a node's id, and all its words.
pub(super) fn words_of(node: &Node) -> (Vec<String>, Vec<String>) {
    let of = |text: &str| {
        words(text)
            .map(|word| short(&word.folded).to_owned())
            .collect()
    };
    let unique = |mut words: Vec<String>| {
        words.sort_unstable();
        words.dedup();
        words
    };
    let id: Vec<String> = of(&node.id);
    let mut all = id.clone();
    for value in node.properties.values() {
        if let Value::String(text) = value {
            all.extend::<Vec<_>>(of(text));
        }
    }
    (unique(id), unique(all))
}

/// A property as a filter looks for it.
pub(super) fn value(name: &str, value: &Value) -> String {
    format!("{name}{BETWEEN}{}", payload(value))
}

/// The kinds of values, as tokens begin.
pub(super) fn kind(value: &Value) -> char {
    match value {
        Value::Bool(_) => 'b',
        Value::Int(_) | Value::Double(_) => 'n',
        Value::String(_) => 's',
        Value::Timestamp(_) => 't',
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "tokens may be coarser than values: who reads looks again"
)]
fn payload(value: &Value) -> String {
    let kind = kind(value);
    match value {
        Value::Bool(truth) => format!("{kind}{}", u8::from(*truth)),
        Value::Int(number) => format!("{kind}{:016x}", sortable(*number as f64)),
        Value::Double(number) => format!("{kind}{:016x}", sortable(*number)),
        Value::String(text) => format!("{kind}{}", short(text)),
        Value::Timestamp(Timestamp { seconds, nanos }) => {
            // From the year 1 on.
            format!("{kind}{:012}{nanos:09}", seconds + 62_135_596_800)
        }
    }
}

/// Bits in whose order numbers stand.
fn sortable(number: f64) -> u64 {
    // Both zeros are one.
    let bits = (number + 0.0).to_bits();
    match bits >> 63 {
        0 => bits | 1 << 63,
        _ => !bits,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_stand_in_the_order_of_their_tokens(one in any::<f64>(), other in any::<i64>()) {
            prop_assume!(one.is_finite());
            let tokens = [value("p", &Value::Double(one)), value("p", &Value::Int(other))];
            if one < other as f64 {
                prop_assert!(tokens[0] < tokens[1]);
            }
            if one == other as f64 {
                prop_assert_eq!(&tokens[0], &tokens[1]);
            }
        }

        #[test]
        fn texts_stand_in_the_order_of_their_tokens(one in any::<String>(), other in any::<String>()) {
            let tokens = [one.as_str(), &other].map(|text| value("p", &Value::from(text)));
            if one <= other {
                prop_assert!(tokens[0] <= tokens[1]);
            }
        }

        #[test]
        fn a_key_comes_back(from in "[^\\x00-\\x1f]{1,9}", to in "[^\\x00-\\x1f]{1,9}") {
            let it = EdgeKey::new(from, "E", to);
            prop_assert_eq!(parse_key(&key(&it)), Some(it));
        }
    }

    #[test]
    fn both_zeros_are_one() {
        assert_eq!(value("p", &Value::Double(-0.0)), value("p", &Value::Int(0)));
    }
}
