//! A filter as a condition on the table `node AS n`. Each condition is true or
//! false, never NULL, so that NOT turns it around.

use super::{codec, sql::Sql};
use crate::{Comparator, Error, Field, Filter, Term, Timestamp, Value, plan};

pub(super) fn condition(sql: &mut Sql, filter: &Filter) -> Result<(), Error> {
    match filter {
        Filter::All(parts) if parts.is_empty() => sql.push("1"),
        Filter::Any(parts) if parts.is_empty() => sql.push("0"),
        Filter::All(parts) => joined(sql, parts, " AND ")?,
        Filter::Any(parts) => joined(sql, parts, " OR ")?,
        Filter::Not(part) => {
            sql.push("NOT (");
            condition(sql, part)?;
            sql.push(")");
        }
        Filter::Term(term) => self::term(sql, term)?,
    }
    Ok(())
}

fn joined(sql: &mut Sql, parts: &[Filter], between: &'static str) -> Result<(), Error> {
    for (index, part) in parts.iter().enumerate() {
        sql.push(if index == 0 { "(" } else { between });
        condition(sql, part)?;
    }
    sql.push(")");
    Ok(())
}

fn term(sql: &mut Sql, term: &Term) -> Result<(), Error> {
    let column = match &term.field {
        Field::Id => "n.id",
        Field::Type => "n.type",
        Field::Etag => {
            etag(sql, &term.values);
            return Ok(());
        }
        Field::Property(name) => return property(sql, name, term),
    };
    let Some(Value::String(text)) = term.values.first() else {
        sql.push("1");
        return Ok(());
    };
    match sign(term.comparator) {
        Some(sign) => {
            sql.push(column);
            sql.push(sign);
            sql.bind(text.clone());
        }
        None => {
            sql.push("instr(");
            sql.push(column);
            sql.push(", ");
            sql.bind(text.clone());
            sql.push(") > 0");
        }
    }
    Ok(())
}

fn sign(comparator: Comparator) -> Option<&'static str> {
    match comparator {
        Comparator::Equal => Some(" = "),
        Comparator::Less => Some(" < "),
        Comparator::LessOrEqual => Some(" <= "),
        Comparator::Greater => Some(" > "),
        Comparator::GreaterOrEqual => Some(" >= "),
        Comparator::Contains | Comparator::Present => None,
    }
}

fn etag(sql: &mut Sql, values: &[Value]) {
    let revision = values.iter().find_map(|value| match value {
        Value::String(text) => Some(plan::revision(text)).filter(|it| plan::etag(*it) == *text),
        _ => None,
    });
    match revision.and_then(|revision| i64::try_from(revision).ok()) {
        Some(revision) => {
            sql.push("n.revision = ");
            sql.bind(revision);
        }
        None => sql.push("0"),
    }
}

/// The path of a property in the JSON object; its name has been checked.
pub(super) fn path(name: &str) -> String {
    format!("$.\"{name}\"")
}

fn property(sql: &mut Sql, name: &str, term: &Term) -> Result<(), Error> {
    let path = path(name);
    if term.comparator == Comparator::Present {
        sql.push("n.properties -> ");
        sql.bind(path);
        sql.push(" IS NOT NULL");
        return Ok(());
    }
    sql.push("coalesce(");
    match sign(term.comparator) {
        Some(" = ") => equal(sql, path, &term.values)?,
        Some(sign) => {
            for (index, value) in term.values.iter().enumerate() {
                sql.push(if index == 0 { "" } else { " OR " });
                ordered(sql, &path, sign, value);
            }
        }
        None => {
            typed_text(sql, &path);
            sql.push(" AND instr(n.properties ->> ");
            sql.bind(path);
            sql.push(", ");
            for value in term.values.iter().take(1) {
                if let Value::String(text) = value {
                    sql.bind(text.clone());
                }
            }
            sql.push(") > 0");
        }
    }
    sql.push(", 0)");
    Ok(())
}

/// Equal is what lies there as the same JSON, or as that of the same number.
fn equal(sql: &mut Sql, path: String, values: &[Value]) -> Result<(), Error> {
    sql.push("n.properties -> ");
    sql.bind(path);
    sql.push(" IN (");
    let mut between = "";
    for value in values.iter().flat_map(alike) {
        sql.push(std::mem::replace(&mut between, ", "));
        sql.bind(codec::encode_one(&value)?);
    }
    sql.push(")");
    Ok(())
}

/// The values that are equal to this one.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "checked to be exact"
)]
fn alike(value: &Value) -> Vec<Value> {
    let mut all = vec![value.clone()];
    match *value {
        Value::Int(number) => {
            let double = number as f64;
            if double as i128 == i128::from(number) {
                all.push(Value::Double(double));
            }
        }
        Value::Double(number) => {
            let int = number as i64;
            if int as f64 == number && int != i64::MAX {
                all.push(Value::Int(int));
            }
            if number == 0.0 {
                all.push(Value::Double(-number));
            }
        }
        _ => {}
    }
    if *value == Value::Int(0) {
        all.push(Value::Double(-0.0));
    }
    all
}

fn ordered(sql: &mut Sql, path: &str, sign: &'static str, value: &Value) {
    match value {
        Value::String(text) => {
            sql.push("(");
            typed_text(sql, path);
            sql.push(" AND n.properties ->> ");
            sql.bind(path.to_owned());
            sql.push(sign);
            sql.bind(text.clone());
            sql.push(")");
        }
        Value::Int(number) => number_at(sql, path, sign, *number),
        Value::Double(number) => number_at(sql, path, sign, *number),
        Value::Timestamp(Timestamp { seconds, nanos }) => {
            sql.push("(n.properties ->> ");
            sql.bind(format!("{path}.timestamp[0]"));
            sql.push(", n.properties ->> ");
            sql.bind(format!("{path}.timestamp[1]"));
            sql.push(")");
            sql.push(sign);
            sql.push("(");
            sql.bind(*seconds);
            sql.push(", ");
            sql.bind(i64::from(*nanos));
            sql.push(")");
        }
        // Refused by the parser.
        Value::Bool(_) => sql.push("0"),
    }
}

fn typed_text(sql: &mut Sql, path: &str) {
    sql.push("json_type(n.properties, ");
    sql.bind(path.to_owned());
    sql.push(") = 'text'");
}

fn number_at(
    sql: &mut Sql,
    path: &str,
    sign: &'static str,
    number: impl Into<rusqlite::types::Value>,
) {
    sql.push("CASE json_type(n.properties, ");
    sql.bind(path.to_owned());
    sql.push(") WHEN 'integer' THEN n.properties ->> ");
    sql.bind(path.to_owned());
    sql.push(" WHEN 'object' THEN CAST(n.properties ->> ");
    sql.bind(format!("{path}.double"));
    sql.push(" AS REAL) END");
    sql.push(sign);
    sql.bind(number);
}
