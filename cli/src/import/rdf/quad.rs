//! One line of Dgraph's N-Quads. Pure.

use throughline_api::graph::v1::Value;

use super::facet;
use super::graph::text;
use super::scanner::Scanner;
use crate::values;

/// What a line says.
#[derive(Debug, PartialEq)]
pub(super) struct Quad {
    pub(super) subject: String,
    pub(super) predicate: String,
    pub(super) object: Object,
    pub(super) facets: Vec<(String, Value)>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Object {
    Node(String),
    Value {
        value: Value,
        language: Option<String>,
    },
}

/// The quad of a line, or none if it is empty or a remark.
pub(super) fn parse(line: &str) -> Result<Option<Quad>, String> {
    let mut scanner = Scanner::new(line);
    if matches!(scanner.peek(), None | Some('#')) {
        return Ok(None);
    }
    let subject = node(&mut scanner)?;
    scanner.peek();
    let predicate = scanner.iri()?;
    let object = match scanner.peek() {
        Some('"') => literal(&mut scanner)?,
        _ => Object::Node(node(&mut scanner)?),
    };
    // Another graph's label, and facets, in either order.
    let mut facets = Vec::new();
    loop {
        match scanner.peek() {
            Some('(') => facets = facet::list(&mut scanner)?,
            Some('<' | '_') => drop(node(&mut scanner)?),
            _ => break,
        }
    }
    if !scanner.took(".") {
        return Err(scanner.expected("`.`"));
    }
    scanner.end()?;
    Ok(Some(Quad {
        subject,
        predicate,
        object,
        facets,
    }))
}

fn node(scanner: &mut Scanner<'_>) -> Result<String, String> {
    match scanner.peek() {
        Some('<') => scanner.iri(),
        Some('_') if scanner.took("_:") => {
            let fit = |c: char| c.is_alphanumeric() || "_-:".contains(c);
            let mut label = String::from("_:");
            label += scanner.run(fit);
            // A full stop inside belongs to the label; one at the end ends the line.
            loop {
                let mut ahead = scanner.clone();
                let dots = ahead.run(|c| c == '.');
                let more = ahead.run(fit);
                if dots.is_empty() || more.is_empty() {
                    break;
                }
                label = label + dots + more;
                *scanner = ahead;
            }
            match label.as_str() {
                "_:" => Err(scanner.expected("a label")),
                _ => Ok(label),
            }
        }
        Some('*') => Err("`*` is for deletions, and this is an import".to_owned()),
        _ => Err(scanner.expected("`<` or `_:`")),
    }
}

fn literal(scanner: &mut Scanner<'_>) -> Result<Object, String> {
    let content = scanner.quoted()?;
    let mut language = None;
    let mut value = text(content.as_str());
    if scanner.took("@") {
        let tag = scanner.run(|c| c.is_ascii_alphanumeric() || c == '-');
        if !is_language(tag) {
            return Err(scanner.expected("a language"));
        }
        language = Some(tag.to_owned());
    } else if scanner.took("^^") {
        let datatype = scanner.iri()?;
        value = values::typed(kind_of(&datatype), &content)?;
    }
    Ok(Object::Value { value, language })
}

/// Letters, then parts of letters and digits: `en`, `zh-Hans`, `es-419`.
pub(crate) fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let short = |part: &str| (1..=8).contains(&part.len());
    short(first)
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| short(part) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// The type of values that a datatype stands for; what is not known here, as
/// geometries and vectors, stays text.
fn kind_of(datatype: &str) -> &'static str {
    let name = datatype.rsplit(['#', ':']).next().unwrap_or_default();
    match name {
        "int" | "integer" | "long" | "positiveInteger" | "nonNegativeInteger" => "int",
        "float" | "double" | "decimal" => "double",
        "boolean" | "bool" => "bool",
        "dateTime" | "date" | "gYear" | "gYearMonth" => "time",
        _ => "string",
    }
}

#[cfg(test)]
mod tests {
    use super::super::graph::{flag, int};
    use super::*;

    fn value(value: Value) -> Object {
        Object::Value {
            value,
            language: None,
        }
    }

    fn check(line: &str, expected: Object, facets: &[(&str, Value)]) {
        let quad = parse(line).unwrap_or_else(|why| panic!("{line}: {why}"));
        let quad = quad.expect("it is not empty");
        assert_eq!((quad.subject.as_str(), quad.predicate.as_str()), ("s", "p"));
        assert_eq!(quad.object, expected, "{line}");
        let facets: Vec<_> = facets
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        assert_eq!(quad.facets, facets, "{line}");
    }

    #[test]
    fn lines_are_quads() {
        check("<s> <p> <o> .", Object::Node("o".into()), &[]);
        check("<s> <p> _:a.b. # remark", Object::Node("_:a.b".into()), &[]);
        check(
            "<s>\t<p>\t\"a \\\"b\\\" \\u00e9\\n\" <0x0> .",
            value(text("a \"b\" é\n")),
            &[],
        );
        check("<s> <p> \"7\"^^<xs:int> .", value(int(7)), &[]);
        let long = "<s> <p> \"true\"^^<http://www.w3.org/2001/XMLSchema#boolean> .";
        check(long, value(flag(true)), &[]);
        let french = Object::Value {
            value: text("Là"),
            language: Some("fr-CA".into()),
        };
        check("<s> <p> \"Là\"@fr-CA .", french, &[]);
        let facets = [
            ("a", text("x, (y)")),
            ("b", int(-3)),
            ("c", values::typed("double", "0.5").unwrap()),
            ("d", flag(true)),
            ("e", values::typed("time", "2006-01-02T15:04:05").unwrap()),
        ];
        let line = "<s> <p> <o> (a=\"x, (y)\", b=-3,c = 0.5, d=true, e=2006-01-02T15:04:05) .";
        check(line, Object::Node("o".into()), &facets);
        for nothing in ["", "   ", "# remark"] {
            assert_eq!(parse(nothing), Ok(None));
        }
    }

    #[test]
    fn faults_name_their_column() {
        for (line, expected) in [
            ("<s> <p> <o>", "column 12: `.` is expected"),
            ("<s> <p> .", "column 9: `<` or `_:` is expected"),
            ("<s> p <o> .", "column 5: `<` is expected"),
            ("<s> <p> \"a .", "column 10: `\"` is missing"),
            ("<s> <p> \"a\\q\" .", "column 10: an unknown escape"),
            (
                "<s> <p> \"\\ud800\" .",
                "column 10: an escape that is no character",
            ),
            ("<s p> <p> <o> .", "column 2: ' ' is not allowed there"),
            (
                "<s> <p> <o> . <x>",
                "column 15: the end of the line is expected",
            ),
            ("<s> <p> \"a\"@1 .", "column 14: a language is expected"),
            ("<s> <p> \"a\"^^<xs:int> .", "`a` is no int"),
            (
                "<s> <p> <o> (k=) .",
                "the facet `k` has no value that is known: ``",
            ),
            ("<s> <p> <o> (k=1 .", "column 18: `,` or `)` is expected"),
            ("<s> * * .", "column 5: `<` is expected"),
            ("<s> <p> * .", "`*` is for deletions, and this is an import"),
            ("<> <p> <o> .", "`<>` names nothing"),
        ] {
            assert_eq!(parse(line), Err(expected.to_owned()), "{line}");
        }
    }
}
