//! Predicates, types and facets as names of this graph.

use std::collections::HashMap;

use super::Limits;

/// Predicates by the names that were made of them, so that no two share one.
pub(super) struct Names<'a> {
    limits: &'a Limits,
    taken: HashMap<String, String>,
}

/// A file has some hundred predicates; one with so many is not of this kind.
const MOST: usize = 100_000;

impl<'a> Names<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self {
            limits,
            taken: HashMap::new(),
        }
    }

    /// The name of `predicate`, the same each time.
    pub(super) fn of(&mut self, predicate: &str) -> Result<String, String> {
        let name = name(predicate);
        if name.is_empty() || name.len() > self.limits.name_bytes {
            let most = self.limits.name_bytes;
            return Err(format!(
                "`{predicate}` gives no name of at most {most} bytes"
            ));
        }
        match self.taken.get(&name) {
            Some(other) if other != predicate => Err(format!(
                "`{other}` and `{predicate}` would both be called `{name}`"
            )),
            Some(_) => Ok(name),
            None if self.taken.len() >= MOST => {
                Err(format!("there are more than {MOST} predicates"))
            }
            None => {
                self.taken.insert(name.clone(), predicate.to_owned());
                Ok(name)
            }
        }
    }
}

fn name(predicate: &str) -> String {
    let is_address = predicate.contains("://") || predicate.starts_with("urn:");
    let last = match is_address {
        true => predicate
            .rsplit(['/', '#', ':'])
            .next()
            .unwrap_or(predicate),
        false => predicate,
    };
    let fit = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let mut name: String = last.chars().map(fit).collect();
    if name.starts_with(|c: char| !c.is_ascii_alphabetic()) {
        name.insert(0, 'p');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_fit_and_their_own() {
        for (predicate, expected) in [
            ("name", "name"),
            ("film.director", "film_director"),
            ("http://schema.org/birthDate", "birthDate"),
            ("http://x#1st", "p1st"),
            ("_x", "p_x"),
        ] {
            assert_eq!(name(predicate), expected);
        }
        let limits = Limits::default();
        let mut names = Names::new(&limits);
        assert_eq!(names.of("a.b").unwrap(), "a_b");
        assert_eq!(names.of("a.b").unwrap(), "a_b");
        let why = names.of("a-b").unwrap_err();
        assert_eq!(why, "`a.b` and `a-b` would both be called `a_b`");
        assert!(names.of("").is_err());
        assert!(names.of(&"x".repeat(65)).unwrap_err().contains("64"));
    }
}
