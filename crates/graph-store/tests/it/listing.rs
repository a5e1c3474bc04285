//! What a filter and an order mean, as plainly as it can be said.

use std::cmp::Ordering;

use throughline_graph_store::{Comparator, Field, Filter, Node, Order, Term, Timestamp, Value};

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
    let compared = |allowed: &[Ordering]| {
        let mut orders = term.values.iter().filter_map(|it| alike(value, it));
        orders.any(|order| allowed.contains(&order))
    };
    match term.comparator {
        Comparator::Present => true,
        Comparator::Equal => compared(&[Ordering::Equal]),
        Comparator::Less => compared(&[Ordering::Less]),
        Comparator::LessOrEqual => compared(&[Ordering::Less, Ordering::Equal]),
        Comparator::Greater => compared(&[Ordering::Greater]),
        Comparator::GreaterOrEqual => compared(&[Ordering::Greater, Ordering::Equal]),
        Comparator::Contains => match (value, &term.values[0]) {
            (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
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
        (Value::Int(one), Value::Double(other)) => Some(int_and_double(*one, *other)),
        (Value::Double(one), Value::Int(other)) => Some(int_and_double(*other, *one).reverse()),
        _ => None,
    }
}

fn int_and_double(int: i64, double: f64) -> Ordering {
    if double >= 9.3e18 {
        Ordering::Less
    } else if double <= -9.3e18 {
        Ordering::Greater
    } else {
        let whole = i128::from(int).cmp(&(double.trunc() as i128));
        whole.then_with(|| 0.0.partial_cmp(&double.fract()).unwrap())
    }
}

/// Missing, then numbers, then text, then times.
#[derive(PartialEq, PartialOrd)]
enum Key {
    Missing,
    Number(f64),
    Text(String),
    Time(Timestamp),
}

pub(crate) fn compare(order: &Order, one: &Node, other: &Node) -> Ordering {
    let key = |field: &Field, node: &Node| match value(field, node) {
        None => Key::Missing,
        Some(Value::Bool(truth)) => Key::Number(f64::from(u8::from(truth))),
        Some(Value::Int(number)) => Key::Number(number as f64),
        Some(Value::Double(number)) => Key::Number(number),
        Some(Value::String(text)) if matches!(field, Field::Property(_)) => {
            Key::Text(text.chars().take(128).collect())
        }
        Some(Value::String(text)) => Key::Text(text),
        Some(Value::Timestamp(time)) => Key::Time(time),
    };
    let mut orders = order.keys().map(|it| {
        let order = key(&it.field, one).partial_cmp(&key(&it.field, other));
        let order = order.unwrap();
        if it.descending {
            order.reverse()
        } else {
            order
        }
    });
    orders
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}
