//! The continuity matrix. `cargo xtask test continuity` runs it and prints the table.

use throughline_continuity::matrix::{Outcome, ROWS, play, table};

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the table is what it is run for")]
async fn continuity_matrix() {
    let mut outcomes = Vec::new();
    for row in ROWS {
        let mut cells = Vec::new();
        for parts in row.cells {
            let mut cell = Outcome::default();
            for part in parts {
                let named = |what: &str| format!("{} {what}", part.name).trim().to_owned();
                match part.fault {
                    Err(why) => cell.pending.push(named(why)),
                    Ok(fault) => {
                        // A part that panics is one that fails; the others go on.
                        let played = tokio::spawn(async move { play(part, &fault).await }).await;
                        let wrong = played.unwrap_or_else(|error| vec![error.to_string()]);
                        cell.wrong.extend(wrong.iter().map(|wrong| named(wrong)));
                    }
                }
            }
            cells.push(cell);
        }
        outcomes.push((row.hop, cells));
    }
    let table = table(&outcomes);
    println!("{table}");
    let mut cells = outcomes.iter().flat_map(|(_, cells)| cells);
    assert!(cells.all(|cell| cell.wrong.is_empty()), "{table}");
}
