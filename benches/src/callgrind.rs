//! What callgrind counts of a program that does one thing again and again. It counts a whole process, so the program runs
//! twice, with more to do the second time; what the difference comes to is what doing it once costs.

use anyhow::{Context as _, ensure};
use tokio::process::Command;

/// What doing something once costs, or many times.
pub(crate) struct Cost {
    pub(crate) instructions: f64,
    pub(crate) allocations: f64,
}

/// What it costs to do once what `program` does as often as it is told, which is so often in the one run and the other.
pub(crate) async fn cost(
    times: [u32; 2],
    program: impl Fn(u32) -> Command,
) -> anyhow::Result<Cost> {
    let few = count(&program(times[0])).await?;
    let many = count(&program(times[1])).await?;
    let more = f64::from(times[1] - times[0]);
    Ok(Cost {
        instructions: (many.instructions - few.instructions) / more,
        allocations: (many.allocations - few.allocations) / more,
    })
}

/// What a whole run takes.
async fn count(program: &Command) -> anyhow::Result<Cost> {
    let folder = tempfile::tempdir()?;
    let profile = folder.path().join("profile");
    let program = program.as_std();
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--compress-strings=no"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(program.get_program())
        .args(program.get_args())
        .output()
        .await
        .context("valgrind is needed: `apt-get install valgrind`")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "valgrind failed: {said}");
    let instructions = number(&said, "Collected :");
    Ok(Cost {
        instructions: instructions.with_context(|| format!("valgrind did not count: {said}"))?,
        allocations: allocations(&std::fs::read_to_string(profile)?),
    })
}

/// The calls into the allocator, by a profile whose names are written out: those that it makes itself do not count.
fn allocations(profile: &str) -> f64 {
    let allocator = |name: &str| name.starts_with("mi_") || name.starts_with("_mi_");
    let (mut within, mut asked) = (false, false);
    let mut total = 0.0;
    for line in profile.lines() {
        if let Some(caller) = line.strip_prefix("fn=") {
            within = allocator(caller);
        } else if let Some(called) = line.strip_prefix("cfn=") {
            asked = !within && allocator(called) && called.contains("alloc");
        } else if let Some(calls) = line.strip_prefix("calls=")
            && asked
        {
            total += number(calls, "").unwrap_or_default();
        }
    }
    total
}

fn number(said: &str, label: &str) -> Option<f64> {
    let (_, rest) = said.split_once(label)?;
    let digits: String = rest
        .trim_start()
        .chars()
        .take_while(|it| it.is_ascii_digit() || *it == ',')
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valgrinds_numbers() {
        assert_eq!(
            number("==1== Collected : 12345\n", "Collected :"),
            Some(12345.0)
        );
        assert_eq!(number("nothing", "Collected :"), None);
    }

    #[test]
    fn calls_into_the_allocator() {
        let profile = "fn=ours\ncfn=mi_malloc_aligned\ncalls=3 409\n12 700\ncfn=mi_free\ncalls=9 1\n\
                       cob=lib\ncfn=mi_realloc_aligned\ncalls=2 77\n\nfn=mi_malloc_aligned\ncfn=_mi_malloc_generic\ncalls=3 1\n";
        assert_eq!(allocations(profile), 5.0);
    }
}
