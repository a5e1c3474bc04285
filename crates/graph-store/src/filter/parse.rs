//! The grammar of AIP-160, as far as nodes have what it speaks of: no functions,
//! and no values without a field.

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Comparator, Field, Filter, Term, text::Cursor};
use crate::{Error, Limits, Timestamp, Value, check};

const FIELD: &str = "filter";

pub(super) fn parse(text: &str, limits: &Limits) -> Result<Filter, Error> {
    check::bytes(FIELD, text, limits.filter_bytes)?;
    let mut parser = Parser {
        text: Cursor::new(text),
        limits,
        terms: 0,
        depth: 0,
    };
    let invalid = |problem| Error::invalid(FIELD, problem);
    parser.text.skip_space();
    if parser.text.rest().is_empty() {
        return Ok(Filter::All(Vec::new()));
    }
    let filter = parser.expression().map_err(invalid)?;
    if !parser.text.rest().is_empty() {
        let problem = "AND, OR or the end should come here";
        return Err(invalid(parser.text.problem(problem)));
    }
    Ok(filter)
}

struct Parser<'a> {
    text: Cursor<'a>,
    limits: &'a Limits,
    terms: usize,
    depth: usize,
}

impl Parser<'_> {
    /// Factors joined by AND, or by nothing, which means the same. OR binds closer.
    fn expression(&mut self) -> Result<Filter, String> {
        let mut parts = vec![self.factor()?];
        loop {
            self.text.skip_space();
            if self.text.eat_word("AND") {
                self.text.skip_space();
            } else if self.text.rest().is_empty() || self.text.rest().starts_with(')') {
                return Ok(one_or(parts, Filter::All));
            }
            parts.push(self.factor()?);
        }
    }

    fn factor(&mut self) -> Result<Filter, String> {
        let mut parts = vec![self.term()?];
        loop {
            self.text.skip_space();
            if !self.text.eat_word("OR") {
                return Ok(one_or(parts, Filter::Any));
            }
            self.text.skip_space();
            parts.push(self.term()?);
        }
    }

    fn term(&mut self) -> Result<Filter, String> {
        if self.text.eat_word("NOT") || self.text.eat("-") {
            self.text.skip_space();
            return Ok(Filter::Not(Box::new(self.simple()?)));
        }
        self.simple()
    }

    fn simple(&mut self) -> Result<Filter, String> {
        if !self.text.rest().starts_with('(') {
            return self.restriction();
        }
        self.depth += 1;
        if self.depth > self.limits.filter_depth {
            let most = self.limits.filter_depth;
            let problem = format!("brackets are {most} deep already, and no more are allowed");
            return Err(self.text.problem(problem));
        }
        self.text.eat("(");
        self.text.skip_space();
        let inner = self.expression()?;
        if !self.text.eat(")") {
            return Err(self.text.problem("a closing bracket is missing"));
        }
        self.depth -= 1;
        Ok(inner)
    }

    fn restriction(&mut self) -> Result<Filter, String> {
        self.terms += 1;
        if self.terms > self.limits.filter_terms {
            let most = self.limits.filter_terms;
            return Err(self
                .text
                .problem(format!("there are more than {most} comparisons")));
        }
        let here = self.text.problem("");
        let path = self.text.word(&['=', '<', '>', '!', ':']);
        if path.is_empty() {
            return Err(format!("{here}a field is missing"));
        }
        let field = Field::named(path, self.limits).map_err(|problem| here + &problem)?;
        self.text.skip_space();
        if self.text.rest().starts_with('(') {
            return Err(self.text.problem("there are no functions"));
        }
        let (comparator, differs) = self.comparator()?;
        self.text.skip_space();
        let term = self.value(field, comparator)?;
        Ok(match differs {
            true => Filter::Not(Box::new(Filter::Term(term))),
            false => Filter::Term(term),
        })
    }

    /// The comparator, and whether it is the opposite that is asked for.
    fn comparator(&mut self) -> Result<(Comparator, bool), String> {
        for (sign, comparator, differs) in [
            ("<=", Comparator::LessOrEqual, false),
            (">=", Comparator::GreaterOrEqual, false),
            ("!=", Comparator::Equal, true),
            ("=", Comparator::Equal, false),
            ("<", Comparator::Less, false),
            (">", Comparator::Greater, false),
            (":", Comparator::Contains, false),
        ] {
            if self.text.eat(sign) {
                return Ok((comparator, differs));
            }
        }
        let problem = "one of = != < <= > >= : should come here; to find words, use SearchNodes";
        Err(self.text.problem(problem))
    }

    fn value(&mut self, field: Field, comparator: Comparator) -> Result<Term, String> {
        use Comparator::{Contains, Equal, Present};
        let here = self.text.problem("");
        let (text, bare) = match self.text.quoted() {
            Some(text) => (text?, false),
            None => (self.text.word(&['=', '<', '>', '!']).to_owned(), true),
        };
        if bare && text.is_empty() {
            return Err(here + "a value is missing");
        }
        if field == Field::Etag && comparator != Equal {
            return Err(here + "an etag can only be compared by = and !=");
        }
        if bare && comparator == Contains && text == "*" {
            return Ok(Term {
                field,
                comparator: Present,
                values: Vec::new(),
            });
        }
        let plain = !matches!(field, Field::Property(_)) || comparator == Contains;
        let values = match (plain, bare) {
            (true, _) => vec![Value::String(text)],
            (false, true) => vec![bare_value(text).map_err(|problem| here.clone() + &problem)?],
            (false, false) => {
                let time = timestamp(&text);
                [Value::String(text)].into_iter().chain(time).collect()
            }
        };
        if comparator != Equal && matches!(values[0], Value::Bool(_)) {
            return Err(here + "true and false have no order");
        }
        Ok(Term {
            field,
            comparator,
            values,
        })
    }
}

fn one_or(mut parts: Vec<Filter>, all: fn(Vec<Filter>) -> Filter) -> Filter {
    match parts.len() {
        1 => parts.remove(0),
        _ => all(parts),
    }
}

/// What a value without quotes means: a truth value, a number, a point in time, or text.
fn bare_value(text: String) -> Result<Value, String> {
    match text.as_str() {
        "true" => return Ok(Value::Bool(true)),
        "false" => return Ok(Value::Bool(false)),
        _ => {}
    }
    if let Ok(number) = text.parse() {
        return Ok(Value::Int(number));
    }
    let numeric = text.starts_with(|c: char| matches!(c, '0'..='9' | '+' | '-' | '.'));
    if let Some(number) = text.parse().ok().filter(|_| numeric) {
        let finite = Some(number).filter(|number: &f64| number.is_finite());
        return finite
            .map(Value::Double)
            .ok_or_else(|| "the number is too large".to_owned());
    }
    Ok(timestamp(&text).unwrap_or(Value::String(text)))
}

/// A point in time as RFC 3339 has it, if it is one.
fn timestamp(text: &str) -> Option<Value> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let nanos = i32::try_from(time.nanosecond()).ok()?;
    let seconds = time.unix_timestamp();
    Some(Value::Timestamp(Timestamp { seconds, nanos }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(filter: &Filter) -> String {
        let all = |name: &str, parts: &[Filter]| {
            let parts: Vec<_> = parts.iter().map(shown).collect();
            format!("{name}({})", parts.join(" "))
        };
        match filter {
            Filter::All(parts) => all("all", parts),
            Filter::Any(parts) => all("any", parts),
            Filter::Not(part) => all("not", std::slice::from_ref(part)),
            Filter::Term(Term {
                field,
                comparator,
                values,
            }) => {
                let field = match field {
                    Field::Property(name) => format!(".{name}"),
                    other => format!("{other:?}"),
                };
                let values: Vec<_> = values.iter().map(|value| format!("{value:?}")).collect();
                format!("{field} {comparator:?} {}", values.join("|"))
            }
        }
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let parsed = parse(text, &Limits::default());
        let parsed = parsed.map_or_else(|error| error.to_string(), |filter| shown(&filter));
        assert_eq!(parsed, expected, "{text}");
    }

    #[test]
    fn what_is_written_is_read() {
        check("", "all()");
        check("  ", "all()");
        check("id=a", "Id Equal String(\"a\")");
        check("id = 5", "Id Equal String(\"5\")");
        check("type != Crate", "not(Type Equal String(\"Crate\"))");
        check("n = 5", ".n Equal Int(5)");
        check("n >= -5.5", ".n GreaterOrEqual Double(-5.5)");
        check(
            "n = 9223372036854775808",
            ".n Equal Double(9.223372036854776e18)",
        );
        check("n = nan", ".n Equal String(\"nan\")");
        check("n = inf", ".n Equal String(\"inf\")");
        check("b = true", ".b Equal Bool(true)");
        check("b = \"true\"", ".b Equal String(\"true\")");
        check("s : true", ".s Contains String(\"true\")");
        check("s : *", ".s Present ");
        check("s : \"*\"", ".s Contains String(\"*\")");
        check("properties.id = x", ".id Equal String(\"x\")");
        check(
            "t < 1970-01-01T00:00:01.5Z",
            ".t Less Timestamp(Timestamp { seconds: 1, nanos: 500000000 })",
        );
        check(
            "t < '1970-01-01T01:00:00+01:00'",
            ".t Less String(\"1970-01-01T01:00:00+01:00\")|\
             Timestamp(Timestamp { seconds: 0, nanos: 0 })",
        );
        check(r#"s = "a\"b\\" "#, r#".s Equal String("a\"b\\")"#);
        check(
            "s = crate:serde@1.0",
            ".s Equal String(\"crate:serde@1.0\")",
        );
    }

    #[test]
    fn or_binds_closer_than_and() {
        check(
            "a=1 AND b=2 OR c=3 d=4",
            "all(.a Equal Int(1) any(.b Equal Int(2) .c Equal Int(3)) .d Equal Int(4))",
        );
        check(
            "(a=1 AND b=2)OR(c=3)",
            "any(all(.a Equal Int(1) .b Equal Int(2)) .c Equal Int(3))",
        );
        check(
            "NOT (a=1) -b=2",
            "all(not(.a Equal Int(1)) not(.b Equal Int(2)))",
        );
        check(
            "NOTE = 1 AND ANDY = 2",
            "all(.NOTE Equal Int(1) .ANDY Equal Int(2))",
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        check("type =", "filter: at character 7: a value is missing");
        check(
            "ä = 1",
            "filter: at character 1: \"ä\" is no field of a node; there are id, type, \
             etag, and properties by their name or as properties.<name>",
        );
        check(
            "a.b = 1",
            "filter: at character 1: \"a.b\" is no field of a node; there are id, \
             type, etag, and properties by their name or as properties.<name>",
        );
        check(
            "a = 'x",
            "filter: at character 5: the quote is never closed",
        );
        check(
            "a = 'é\\n'",
            "filter: at character 7: after a backslash comes a quote or another backslash",
        );
        check(
            "(a = 1",
            "filter: at character 7: a closing bracket is missing",
        );
        check(
            "a = 1)",
            "filter: at character 6: AND, OR or the end should come here",
        );
        check("a = 1 AND", "filter: at character 10: a field is missing");
        check("= 1", "filter: at character 1: a field is missing");
        check("()", "filter: at character 2: a field is missing");
        check("f(a)", "filter: at character 2: there are no functions");
        check(
            "a < true",
            "filter: at character 5: true and false have no order",
        );
        check(
            "a = 1e999",
            "filter: at character 5: the number is too large",
        );
        check(
            "etag > 1",
            "filter: at character 8: an etag can only be compared by = and !=",
        );
        check(
            "serde",
            "filter: at character 6: one of = != < <= > >= : should come here; to find words, \
             use SearchNodes",
        );
        check("a = 1 = 2", "filter: at character 7: a field is missing");
    }

    #[test]
    fn a_filter_is_bounded() {
        let deep = |n: usize| format!("{}a=1{}", "(".repeat(n), ")".repeat(n));
        let wide = |n: usize| vec!["a=1"; n].join(" ");
        let limits = Limits::default();
        assert!(parse(&deep(16), &limits).is_ok());
        assert!(parse(&deep(17), &limits).is_err());
        assert!(parse(&wide(64), &limits).is_ok());
        assert!(parse(&wide(65), &limits).is_err());
        assert!(parse(&"(".repeat(8_000), &limits).is_err());
        assert!(parse(&" ".repeat(8_192), &limits).is_ok());
        assert!(parse(&" ".repeat(8_193), &limits).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            drop(parse(&text, &Limits::default()));
        }

        #[test]
        fn anything_like_a_filter_is_read_or_refused(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "a", "id", "=", "!=", "<", ":", "*", "(", ")", "\"", "'", "\\", " ", "AND", "OR",
                    "NOT", "-", "5", "true", ".", ",", "1970-01-01T00:00:00Z", "é",
                ]),
                0..40,
            )
        ) {
            if let Err(error) = parse(&pieces.concat(), &Limits::default()) {
                prop_assert!(error.to_string().starts_with("filter: at character"), "{}", error);
            }
        }

        #[test]
        fn a_quoted_text_comes_back(text in any::<String>()) {
            let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
            let parsed = parse(&format!("id = \"{escaped}\""), &Limits::default()).unwrap();
            let Filter::Term(term) = parsed else { panic!("{parsed:?}") };
            prop_assert_eq!(term.values, [Value::String(text)]);
        }
    }
}
