//! The rules for single fields. Each names the field at fault and says what
//! would be right.

use crate::{Edge, EdgeKey, Error, Limits, Node, Properties, Timestamp, Value};

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, the range of
/// `google.protobuf.Timestamp`.
const TIMESTAMP_SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

pub(crate) fn required(field: &str, text: &str) -> Result<(), Error> {
    if text.is_empty() {
        return Err(Error::invalid(field, "it is required"));
    }
    Ok(())
}

pub(crate) fn bytes(field: &str, text: &str, most: usize) -> Result<(), Error> {
    if text.len() > most {
        let problem = format!("it has {} bytes, and {most} are allowed", text.len());
        return Err(Error::invalid(field, problem));
    }
    Ok(())
}

pub(crate) fn count(field: &str, count: usize, least: usize, most: usize) -> Result<(), Error> {
    if count < least || count > most {
        let problem = format!("there are {count}, and {least} to {most} are allowed");
        return Err(Error::invalid(field, problem));
    }
    Ok(())
}

/// A number where 0 means the default and more than `most` is refused.
pub(crate) fn bounded(
    field: &str,
    number: usize,
    default: usize,
    most: usize,
) -> Result<usize, Error> {
    if number > most {
        let problem = format!("it is {number}, and {most} is the most allowed");
        return Err(Error::invalid(field, problem));
    }
    Ok(if number == 0 { default } else { number })
}

/// A page size where 0 means the default and too much means the most (AIP-158).
pub(crate) fn page_size(size: usize, default: usize, limits: &Limits) -> usize {
    match size {
        0 => default,
        size => size.min(limits.page),
    }
}

pub(crate) fn id(field: &str, id: &str, limits: &Limits) -> Result<(), Error> {
    required(field, id)?;
    bytes(field, id, limits.id_bytes)?;
    if id.chars().any(char::is_control) {
        return Err(Error::invalid(
            field,
            "an id may hold no control characters",
        ));
    }
    Ok(())
}

pub(crate) fn name(field: &str, name: &str, limits: &Limits) -> Result<(), Error> {
    required(field, name)?;
    bytes(field, name, limits.name_bytes)?;
    let mut chars = name.chars();
    let begins = chars.next().is_some_and(|c| c.is_ascii_alphabetic());
    if !begins || !chars.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        let problem = "it must be an ASCII letter, then letters, digits and underscores";
        return Err(Error::invalid(field, problem));
    }
    Ok(())
}

pub(crate) fn types(field: &str, types: &[String], limits: &Limits) -> Result<(), Error> {
    count(field, types.len(), 0, limits.type_filter)?;
    for (index, name) in types.iter().enumerate() {
        self::name(&format!("{field}[{index}]"), name, limits)?;
    }
    Ok(())
}

pub(crate) fn node(field: &str, node: &Node, limits: &Limits) -> Result<(), Error> {
    id(&format!("{field}.id"), &node.id, limits)?;
    name(&format!("{field}.type"), &node.node_type, limits)?;
    properties(field, &node.properties, limits)
}

pub(crate) fn edge_key(field: &str, key: &EdgeKey, limits: &Limits) -> Result<(), Error> {
    id(&format!("{field}.from"), &key.from, limits)?;
    name(&format!("{field}.type"), &key.edge_type, limits)?;
    id(&format!("{field}.to"), &key.to, limits)
}

pub(crate) fn edge(field: &str, edge: &Edge, limits: &Limits) -> Result<(), Error> {
    edge_key(field, &edge.key, limits)?;
    properties(field, &edge.properties, limits)
}

fn properties(field: &str, properties: &Properties, limits: &Limits) -> Result<(), Error> {
    let field = format!("{field}.properties");
    count(&field, properties.len(), 0, limits.properties)?;
    let mut size = 0;
    for (name, value) in properties {
        let field = format!("{field}[{name:?}]");
        self::name(&field, name, limits)?;
        size += name.len();
        match value {
            Value::String(text) => {
                bytes(&field, text, limits.string_bytes)?;
                size += text.len();
            }
            Value::Double(number) if !number.is_finite() => {
                return Err(Error::invalid(field, "a double must be finite"));
            }
            Value::Timestamp(time) => timestamp(&field, *time)?,
            Value::Int(_) | Value::Double(_) | Value::Bool(_) => {}
        }
    }
    if size > limits.properties_bytes {
        let most = limits.properties_bytes;
        let problem = format!("they have {size} bytes together, and {most} are allowed");
        return Err(Error::invalid(field, problem));
    }
    Ok(())
}

fn timestamp(field: &str, time: Timestamp) -> Result<(), Error> {
    if !TIMESTAMP_SECONDS.contains(&time.seconds) || !(0..1_000_000_000).contains(&time.nanos) {
        return Err(Error::invalid(
            field,
            "a timestamp must lie in the years 1 to 9999, its nanos in 0 to 999 999 999",
        ));
    }
    Ok(())
}

pub(crate) fn idempotency_key(field: &str, key: &str, limits: &Limits) -> Result<(), Error> {
    bytes(field, key, limits.idempotency_key_bytes)?;
    if !key.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Err(Error::invalid(field, "it must be printable ASCII"));
    }
    Ok(())
}

/// An id names an import only if it is not empty.
pub(crate) fn import_id(id: &str, limits: &Limits) -> Result<(), Error> {
    const FIELD: &str = "import_id";
    bytes(FIELD, id, limits.import_id_bytes)?;
    if id.is_empty() || !id.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Err(Error::invalid(FIELD, "it must be printable ASCII"));
    }
    Ok(())
}
