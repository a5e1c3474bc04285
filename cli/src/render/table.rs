//! Columns that line up.

use super::palette::paint;
use super::{Canvas, text};

/// A table: headings and rows of as many cells.
#[derive(Debug)]
pub(crate) struct Table {
    headings: Vec<&'static str>,
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings; one that starts with `>` is set to the
    /// right.
    pub(crate) fn new(headings: &[&'static str]) -> Self {
        Self {
            headings: headings.iter().map(|h| h.trim_start_matches('>')).collect(),
            right: headings.iter().map(|h| h.starts_with('>')).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; cells are cleaned of control characters.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<_> = cells.into_iter().map(|cell| text::clean(&cell)).collect();
        debug_assert_eq!(cells.len(), self.headings.len(), "a cell for each heading");
        self.rows.push(cells);
    }

    /// The table as text, the last column cut where the canvas ends.
    pub(crate) fn draw(&self, canvas: &Canvas) -> String {
        let widths: Vec<usize> = (0..self.headings.len())
            .map(|column| {
                let cells = self.rows.iter().map(|row| text::columns(&row[column]));
                cells
                    .chain([self.headings[column].len()])
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let headings: Vec<_> = self.headings.iter().map(|h| (*h).to_owned()).collect();
        let heading = self.line(&headings, &widths, canvas);
        let mut drawn = paint(canvas.palette.strong(), heading);
        drawn.push('\n');
        for row in &self.rows {
            drawn.push_str(&self.line(row, &widths, canvas));
            drawn.push('\n');
        }
        drawn
    }

    fn line(&self, cells: &[String], widths: &[usize], canvas: &Canvas) -> String {
        let mut line = String::new();
        for (column, cell) in cells.iter().enumerate() {
            if column > 0 {
                line.push_str("  ");
            }
            let missing = widths[column].saturating_sub(text::columns(cell));
            if self.right[column] {
                line.push_str(&" ".repeat(missing));
                line.push_str(cell);
            } else {
                line.push_str(&text::pad(cell, widths[column]));
            }
        }
        let line = line.trim_end();
        match canvas.width {
            Some(width) => text::cut(line, width),
            None => line.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_numbers_stand_right() {
        let mut table = Table::new(&["TYPE", ">COUNT"]);
        table.row(["Crate".to_owned(), "7".to_owned()]);
        table.row(["V".to_owned(), "1200".to_owned()]);
        let expected = "TYPE   COUNT\nCrate      7\nV       1200\n";
        assert_eq!(table.draw(&Canvas::PIPE), expected);
    }

    #[test]
    fn a_terminal_cuts_lines() {
        let mut table = Table::new(&["ID", "NAME"]);
        table.row(["a".to_owned(), "long enough".to_owned()]);
        let canvas = Canvas {
            width: Some(8),
            ..Canvas::PIPE
        };
        assert_eq!(table.draw(&canvas), "ID  NAME\na   lon…\n");
    }
}
