//! What a filter and an order mean, for backends that cannot say it in their own language. The comments of ListNodes in the
//! protocol are the reference.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::{Comparator, Field, Filter, Order, Term};
use crate::{Node, Timestamp, Value};

/// Whether a filter holds for a node.
pub(crate) fn holds(filter: &Filter, node: &Node) -> bool {
    match filter {
        Filter::All(parts) => parts.iter().all(|part| holds(part, node)),
        Filter::Any(parts) => parts.iter().any(|part| holds(part, node)),
        Filter::Not(part) => !holds(part, node),
        Filter::Term(term) => value(&term.field, node).is_some_and(|value| meets(term, &value)),
    }
}

fn value(field: &Field, node: &Node) -> Option<Value> {
    match field {
        Field::Id => Some(Value::String(node.id.clone())),
        Field::Type => Some(Value::String(node.node_type.clone())),
        Field::Etag => Some(Value::String(node.etag.clone())),
        Field::Property(name) => node.properties.get(name).cloned(),
    }
}

fn meets(term: &Term, value: &Value) -> bool {
    let is = |wanted: fn(Ordering) -> bool| {
        let mut orders = term.values.iter().filter_map(|it| alike(value, it));
        orders.any(wanted)
    };
    match term.comparator {
        Comparator::Present => true,
        Comparator::Equal => is(Ordering::is_eq),
        Comparator::Less => is(Ordering::is_lt),
        Comparator::LessOrEqual => is(Ordering::is_le),
        Comparator::Greater => is(Ordering::is_gt),
        Comparator::GreaterOrEqual => is(Ordering::is_ge),
        Comparator::Contains => match (value, term.values.first()) {
            (Value::String(text), Some(Value::String(part))) => text.contains(part.as_str()),
            _ => false,
        },
    }
}

/// The order of two values of a kind.
fn alike(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::Timestamp(one), Value::Timestamp(other)) => Some(one.cmp(other)),
        (Value::Int(one), Value::Int(other)) => Some(one.cmp(other)),
        (Value::Double(one), Value::Double(other)) => one.partial_cmp(other),
        (Value::Int(one), Value::Double(other)) => Some(mixed(*one, *other)),
        (Value::Double(one), Value::Int(other)) => Some(mixed(*other, *one).reverse()),
        _ => None,
    }
}

/// Exactly, also where a double cannot tell integers apart.
#[allow(
    clippy::cast_possible_truncation,
    reason = "the double is within the range by then"
)]
fn mixed(int: i64, double: f64) -> Ordering {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if double >= BEYOND {
        return Ordering::Less;
    }
    if double < -BEYOND {
        return Ordering::Greater;
    }
    let whole = int.cmp(&(double.trunc() as i64));
    whole.then_with(|| {
        0.0_f64
            .partial_cmp(&double.fract())
            .unwrap_or(Ordering::Equal)
    })
}

/// What a node is ordered by: missing comes first, then numbers, with truth values as 0 and 1, then text, then times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Key {
    Missing,
    Int(i64),
    /// By its bits, so that it comes back exactly.
    Double(u64),
    Text(String),
    Time(i64, i32),
}

impl Key {
    fn rank(&self) -> u8 {
        match self {
            Self::Missing => 0,
            Self::Int(_) | Self::Double(_) => 1,
            Self::Text(_) => 2,
            Self::Time(..) => 3,
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let double = |bits: &u64| f64::from_bits(*bits);
        match (self, other) {
            (Self::Int(one), Self::Int(other)) => one.cmp(other),
            (Self::Double(one), Self::Double(other)) => double(one)
                .partial_cmp(&double(other))
                .unwrap_or(Ordering::Equal),
            (Self::Int(one), Self::Double(other)) => mixed(*one, double(other)),
            (Self::Double(one), Self::Int(other)) => mixed(*other, double(one)).reverse(),
            (Self::Text(one), Self::Text(other)) => one.cmp(other),
            (Self::Time(one, nanos), Self::Time(other, other_nanos)) => {
                (one, nanos).cmp(&(other, other_nanos))
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// What a node is ordered by, field by field; of a text property so many characters.
pub(crate) fn keys(order: &Order, node: &Node, text_chars: usize) -> Vec<Key> {
    let key = |field: &Field| match value(field, node) {
        None => Key::Missing,
        Some(Value::Bool(truth)) => Key::Int(i64::from(truth)),
        Some(Value::Int(number)) => Key::Int(number),
        Some(Value::Double(number)) => Key::Double(number.to_bits()),
        Some(Value::String(text)) if matches!(field, Field::Property(_)) => {
            Key::Text(text.chars().take(text_chars).collect())
        }
        Some(Value::String(text)) => Key::Text(text),
        Some(Value::Timestamp(Timestamp { seconds, nanos })) => Key::Time(seconds, nanos),
    };
    order.keys().map(|it| key(&it.field)).collect()
}

/// The order of two nodes by their keys.
pub(crate) fn compare(order: &Order, one: &[Key], other: &[Key]) -> Ordering {
    let pairs = one.iter().zip(other).zip(order.keys());
    let mut orders = pairs.map(|((one, other), key)| match key.descending {
        true => one.compare(other).reverse(),
        false => one.compare(other),
    });
    orders
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
