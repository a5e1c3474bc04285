//! The continuity matrix: hops × faults, as data. A cell is made of parts, and holds when all of them do. Its
//! rows are in `rows`; `play` makes a fault and judges what came of it; this says what there is and prints it.

mod play;
mod rows;

use std::fmt::Write as _;

pub use play::play;
pub use rows::ROWS;
use throughline_testkit::Mode;

use crate::Expected;

/// The columns, in the order of a row's cells.
pub const FAULTS: [&str; 8] = [
    "ok",
    "handler error",
    "panic",
    "deadline",
    "client cancel",
    "peer down",
    "slow peer",
    "collector",
];

/// One hop and what is done to it.
#[derive(Debug)]
pub struct Row {
    /// The hop.
    pub hop: &'static str,
    /// A cell for each of [`FAULTS`].
    pub cells: [&'static [Part]; FAULTS.len()],
}

/// One way in which a fault of a column happens at a hop.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// What tells it from the cell's other parts; may be empty.
    pub name: &'static str,
    /// What is done, or why it cannot be yet.
    pub fault: Result<Fault, &'static str>,
    /// What must come of it.
    pub expected: Expected,
}

/// What is done.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// Nothing.
    None(Call),
    /// The call asks this hop for a fault by header; the hop must say that it fired.
    Asked(&'static str, &'static str, Call),
    /// As above, with this many milliseconds until the caller's deadline.
    Deadline(&'static str, &'static str, u64),
    /// The call asks this hop for a fault that holds it up, and is dropped once the fault fired.
    Cancelled(&'static str, &'static str),
    /// The hop's process is killed before the call.
    Killed(&'static str),
    /// The database is changed behind the service's back before the call.
    Sql(&'static str, Call),
    /// Another connection holds the database's write lock.
    Locked,
    /// The hop's collector is bad for a call, and good for the next.
    Collector(&'static str, Mode, Call),
}

/// What the caller asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// For the path from `a` to `c`.
    Read,
    /// To put a node named `forbidden`.
    Write,
}

/// How a cell came out.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What does not hold, a line for each.
    pub wrong: Vec<String>,
    /// What could not be made yet.
    pub pending: Vec<String>,
}

impl Outcome {
    /// Whether all of it was made, and holds.
    pub fn holds(&self) -> bool {
        self.wrong.is_empty() && self.pending.is_empty()
    }
}

/// The matrix as a table, then the reason of each cell that does not hold.
///
/// ```text
/// gateway  ✓   ✗ …
/// ```
pub fn table(outcomes: &[(&'static str, Vec<Outcome>)]) -> String {
    let mut text = format!("\n{:10}", "");
    for fault in FAULTS {
        let _ = write!(text, "{fault:15}");
    }
    text.push('\n');
    for (hop, cells) in outcomes {
        let _ = write!(text, "{hop:10}");
        for cell in cells {
            let mark = match (cell.wrong.is_empty(), cell.pending.is_empty()) {
                (true, true) => "✓",
                (true, false) => "✗ pending",
                (false, _) => "✗",
            };
            let _ = write!(text, "{mark:15}");
        }
        text.push('\n');
    }
    let mut counts = [0; 3];
    for (hop, cells) in outcomes {
        for (fault, cell) in FAULTS.iter().zip(cells) {
            let kind = match (cell.wrong.is_empty(), cell.pending.is_empty()) {
                (true, true) => 0,
                (true, false) => 1,
                (false, _) => 2,
            };
            counts[kind] += 1;
            for (what, reasons) in [("pending", &cell.pending), ("fails", &cell.wrong)] {
                for reason in reasons {
                    let _ = writeln!(text, "{what}  {hop} × {fault}: {reason}");
                }
            }
        }
    }
    let [holds, pending, fails] = counts;
    let all = holds + pending + fails;
    let _ = writeln!(
        text,
        "continuity: {holds} of {all} cells hold, {pending} cannot be judged whole yet, {fails} fail"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_was_not_made_never_counts_as_held() {
        let cell = |wrong: &[&str], pending: &[&str]| Outcome {
            wrong: wrong.iter().map(|text| (*text).to_owned()).collect(),
            pending: pending.iter().map(|text| (*text).to_owned()).collect(),
        };
        let cells = vec![
            cell(&[], &[]),
            cell(&[], &["later"]),
            cell(&["2 roots"], &[]),
        ];
        let text = table(&[("graph", cells)]);
        assert_eq!(text.matches('✓').count(), 1, "{text}");
        assert_eq!(text.matches('✗').count(), 2, "{text}");
        assert!(
            text.contains("pending  graph × handler error: later"),
            "{text}"
        );
        assert!(text.contains("fails  graph × panic: 2 roots"), "{text}");
        assert!(
            text.contains("1 of 3 cells hold, 1 cannot be judged whole yet, 1 fail"),
            "{text}"
        );
    }
}
