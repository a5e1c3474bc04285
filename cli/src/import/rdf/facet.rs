//! Facets: what Dgraph says of an edge or a value, in brackets after it.

use throughline_api::graph::v1::Value;

use super::graph::text;
use super::scanner::Scanner;
use crate::values;

/// `(key=value, …)`.
pub(super) fn list(scanner: &mut Scanner<'_>) -> Result<Vec<(String, Value)>, String> {
    let mut facets: Vec<(String, Value)> = Vec::new();
    if !scanner.took("(") {
        return Err(scanner.expected("`(`"));
    }
    loop {
        if scanner.peek() == Some(')') && scanner.took(")") {
            return Ok(facets);
        }
        let name = scanner.run(|c| c.is_alphanumeric() || "_.-".contains(c));
        if name.is_empty() {
            return Err(scanner.expected("a facet's name"));
        }
        scanner.peek();
        if !scanner.took("=") {
            return Err(scanner.expected("`=`"));
        }
        let value = match scanner.peek() {
            Some('"') => text(scanner.quoted()?),
            _ => bare(
                name,
                scanner.run(|c| c.is_alphanumeric() || "_.+-:".contains(c)),
            )?,
        };
        if facets.iter().any(|(there, _)| there == name) {
            return Err(format!("the facet `{name}` stands there twice"));
        }
        facets.push((name.to_owned(), value));
        match scanner.peek() {
            Some(',') => drop(scanner.took(",")),
            Some(')') => {}
            _ => return Err(scanner.expected("`,` or `)`")),
        }
    }
}

/// What is not quoted is the first of these types that it can be.
fn bare(name: &str, text: &str) -> Result<Value, String> {
    if let "true" | "false" = text {
        return values::typed("bool", text);
    }
    let kinds = ["int", "double", "time"];
    let mut typed = kinds.iter().map(|kind| values::typed(kind, text));
    typed
        .find_map(Result::ok)
        .ok_or_else(|| format!("the facet `{name}` has no value that is known: `{text}`"))
}
