//! A tree of lines.

use super::palette::{Palette, paint};

/// A line, and what hangs on it.
#[derive(Debug, Default)]
pub(crate) struct Branch {
    /// Drawn as it is: cleaned and painted already.
    pub(crate) text: String,
    pub(crate) children: Vec<Branch>,
}

impl Branch {
    /// The tree as text, this line at its root. Does not recurse, since a tree
    /// may be as deep as there are nodes.
    pub(crate) fn draw(&self, palette: Palette) -> String {
        let mut drawn = format!("{}\n", self.text);
        let mut open: Vec<(std::slice::Iter<'_, Branch>, String)> =
            vec![(self.children.iter(), String::new())];
        while let Some((siblings, indent)) = open.last_mut() {
            let Some(branch) = siblings.next() else {
                open.pop();
                continue;
            };
            let is_last = siblings.as_slice().is_empty();
            let (joint, below) = if is_last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            let lines = paint(palette.faint(), format_args!("{indent}{joint}"));
            drawn.push_str(&format!("{lines}{}\n", branch.text));
            let indent = format!("{indent}{below}");
            open.push((branch.children.iter(), indent));
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_hang_on_their_lines() {
        let leaf = |text: &str| Branch {
            text: text.to_owned(),
            children: Vec::new(),
        };
        let mut tree = leaf("a");
        tree.children = vec![leaf("b"), leaf("c")];
        tree.children[0].children.push(leaf("d"));
        let expected = "a\n├─ b\n│  └─ d\n└─ c\n";
        assert_eq!(tree.draw(Palette::plain()), expected);
    }
}
