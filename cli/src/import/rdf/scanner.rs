//! The tokens of a line of N-Quads. Pure; every character is looked at once.

/// What is left of a line.
#[derive(Clone)]
pub(super) struct Scanner<'a> {
    line: &'a str,
    rest: &'a str,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self { line, rest: line }
    }

    /// Passes blanks, then looks at the next character.
    pub(super) fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        self.rest.chars().next()
    }

    /// Takes `wanted` if it comes at once, without blanks before it.
    pub(super) fn took(&mut self, wanted: &str) -> bool {
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes characters as long as they are `fit`.
    pub(super) fn run(&mut self, fit: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !fit(c)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(end);
        self.rest = rest;
        run
    }

    /// What stands between `<` and `>`, its escapes resolved.
    pub(super) fn iri(&mut self) -> Result<String, String> {
        if !self.took("<") {
            return Err(self.expected("`<`"));
        }
        let text = self.until('>', |c| c > ' ' && !"<\"{}|^`".contains(c), &[])?;
        if text.is_empty() {
            return Err("`<>` names nothing".to_owned());
        }
        Ok(text)
    }

    /// What stands between quotes, its escapes resolved.
    pub(super) fn quoted(&mut self) -> Result<String, String> {
        if !self.took("\"") {
            return Err(self.expected("`\"`"));
        }
        let single = [
            ('t', '\t'),
            ('b', '\u{8}'),
            ('n', '\n'),
            ('r', '\r'),
            ('f', '\u{c}'),
            ('v', '\u{b}'),
            ('"', '"'),
            ('\'', '\''),
            ('\\', '\\'),
        ];
        self.until('"', |_| true, &single)
    }

    fn until(
        &mut self,
        end: char,
        fit: impl Fn(char) -> bool,
        escapes: &[(char, char)],
    ) -> Result<String, String> {
        let mut text = String::new();
        let mut chars = self.rest.chars();
        while let Some(c) = chars.next() {
            match c {
                c if c == end => {
                    self.rest = chars.as_str();
                    return Ok(text);
                }
                '\\' => {
                    let escape = chars.next();
                    let single = escapes.iter().find(|(name, _)| Some(*name) == escape);
                    let digits = match (single, escape) {
                        (Some((_, meant)), _) => {
                            text.push(*meant);
                            continue;
                        }
                        (None, Some('u')) => 4,
                        (None, Some('U')) => 8,
                        _ => return Err(self.said("an unknown escape")),
                    };
                    let hex = chars
                        .as_str()
                        .get(..digits)
                        .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
                    let meant = hex.and_then(|hex| u32::from_str_radix(hex, 16).ok());
                    let Some(meant) = meant.and_then(char::from_u32) else {
                        return Err(self.said("an escape that is no character"));
                    };
                    text.push(meant);
                    chars = chars.as_str()[digits..].chars();
                }
                c if fit(c) => text.push(c),
                c => return Err(self.said(&format!("{c:?} is not allowed there"))),
            }
        }
        Err(self.said(&format!("`{end}` is missing")))
    }

    /// Nothing but a remark may follow.
    pub(super) fn end(&mut self) -> Result<(), String> {
        match self.peek() {
            None | Some('#') => Ok(()),
            Some(_) => Err(self.expected("the end of the line")),
        }
    }

    /// A failure at this place.
    pub(super) fn expected(&self, what: &str) -> String {
        self.said(&format!("{what} is expected"))
    }

    fn said(&self, why: &str) -> String {
        let column = self.line[..self.line.len() - self.rest.len()]
            .chars()
            .count()
            + 1;
        format!("column {column}: {why}")
    }
}
