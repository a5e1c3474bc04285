//! The continuity matrix. `cargo xtask test continuity` runs it and prints the table. What its row of Dgraph plays on a real
//! one is listed as skipped where there is none.

use throughline_continuity::matrix::{Outcome, Part, ROWS, Row, play, site, table};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn continuity_matrix() {
    let mut rows = JoinSet::new();
    for (place, row) in ROWS.iter().enumerate() {
        rows.spawn(async move { (place, cells(row).await) });
    }
    let mut played = rows.join_all().await;
    played.sort_by_key(|(place, _)| *place);
    // What the site's tests have played, where they have been.
    let seen = std::env::var_os(site::FILE);
    let mut outcomes = seen.map_or_else(Vec::new, |file| site::rows(file.as_ref()));
    outcomes.extend(
        played
            .into_iter()
            .map(|(place, cells)| (ROWS[place].hop, cells)),
    );
    let table = table(&outcomes);
    println!("{table}");
    let mut cells = outcomes.iter().flat_map(|(_, cells)| cells);
    assert!(cells.all(|cell| cell.is_empty()), "{table}");
}

async fn cells(row: &'static Row) -> Vec<Outcome> {
    let mut cells = Vec::new();
    for parts in row.cells {
        let mut cell = Outcome::default();
        for part in parts {
            judge(part, &mut cell).await;
        }
        cells.push(cell);
    }
    cells
}

async fn judge(part: &'static Part, cell: &mut Outcome) {
    // A part that panics is one that fails; the others go on.
    let mut playing = JoinSet::new();
    playing.spawn(play(part));
    let played = playing.join_next().await.expect("one was spawned");
    let wrong = played.unwrap_or_else(|error| vec![error.to_string()]);
    let named = |wrong: &String| format!("{} {wrong}", part.name).trim().to_owned();
    cell.extend(wrong.iter().map(named));
}
