//! The continuity matrix: hops × faults, as data. A cell is made of parts, and holds when all of them do. Its
//! rows are in `rows`; `play` makes a fault, by `real` where it is none that a hop obeys, and judges what came of it;
//! `time` judges when the answer came; this says what there is and prints it.

mod ask;
mod collector;
mod dgraph;
mod double;
mod play;
mod real;
mod rows;
mod rows_dgraph;
pub mod site;
mod time;

use std::fmt::Write as _;

pub use dgraph::{On, Trouble};
pub use double::start as dgraph_double;
pub use play::play;
pub use rows::ROWS;
use throughline_testkit::Mode;
pub(crate) use time::RIVAL;
pub use time::Time;

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
    /// What is done.
    pub fault: Fault,
    /// When the answer must come.
    pub time: Time,
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
    /// The call asks this hop for a fault that never ends, with this many milliseconds until the caller's deadline.
    Deadline(&'static str, u64),
    /// The same without a deadline, and is dropped once the hop is held up by it.
    Cancelled(&'static str),
    /// The hop's process is killed before the call.
    Killed(&'static str),
    /// The graph service is killed before the call, and its port swallows connections.
    Blackholed,
    /// The hop's process is stopped while it is held up by the call, with this many milliseconds until the caller's
    /// deadline, and goes on once the caller has an answer.
    Stopped(&'static str, u64),
    /// The database is changed behind the service's back before the call.
    Sql(&'static str, Call),
    /// Another connection holds the database's write lock; then it lets go.
    Locked,
    /// The database's file is taken away before the call, and put back after.
    Gone,
    /// The disk is full before the call, and has room after.
    Full,
    /// In a graph on a Dgraph.
    Dgraph(On, Trouble),
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
    /// To put many large nodes, all or none.
    Batch,
}

/// How a cell came out: what does not hold, a line for each.
pub type Outcome = Vec<String>;

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
        for wrong in cells {
            let mark = if wrong.is_empty() { "✓" } else { "✗" };
            let _ = write!(text, "{mark:15}");
        }
        text.push('\n');
    }
    let (mut hold, mut all) = (0, 0);
    for (hop, cells) in outcomes {
        for (fault, wrong) in FAULTS.iter().zip(cells) {
            all += 1;
            hold += usize::from(wrong.is_empty());
            for reason in wrong {
                let _ = writeln!(text, "fails  {hop} × {fault}: {reason}");
            }
        }
    }
    let _ = writeln!(text, "continuity: {hold} of {all} cells hold");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_of_which_something_does_not_hold_is_named() {
        let cells = vec![Vec::new(), vec!["2 roots".to_owned()]];
        let text = table(&[("graph", cells)]);
        assert_eq!(text.matches('✓').count(), 1, "{text}");
        assert_eq!(text.matches('✗').count(), 1, "{text}");
        assert!(
            text.contains("fails  graph × handler error: 2 roots"),
            "{text}"
        );
        assert!(text.contains("1 of 2 cells hold"), "{text}");
    }
}
