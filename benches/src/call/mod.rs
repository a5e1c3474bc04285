//! Both ends of a unary call over loopback, with and without our layers.
//!
//! Valgrind counts a whole process, so each arm runs twice, with more calls the
//! second time; what the difference comes to is what the calls cost. One binary
//! holds all arms.

mod arm;
mod echo;
mod fresh;

use anyhow::{Context as _, bail, ensure};
use tokio::process::Command;

pub(crate) use self::arm::{Arm, run as run_arm};
use crate::report::Report;

/// The lengths of the two runs.
const CALLS: [u32; 2] = [500, 2_500];

/// Instructions that the layers of both ends may add to a sampled call.
const MOST_INSTRUCTIONS: f64 = 40_000.0;

/// What a call costs.
struct Cost {
    instructions: f64,
    allocations: f64,
}

pub(crate) async fn run(report: &mut Report) -> anyhow::Result<()> {
    if Command::new("valgrind")
        .arg("--version")
        .output()
        .await
        .is_err()
    {
        bail!("valgrind is needed: `apt-get install valgrind`");
    }
    for (name, bare, ours, most) in [
        ("sampled", Arm::BareSampled, Arm::Sampled, MOST_INSTRUCTIONS),
        (
            "unsampled",
            Arm::BareUnsampled,
            Arm::Unsampled,
            MOST_INSTRUCTIONS,
        ),
        (
            "no client",
            Arm::BareNoClient,
            Arm::NoClient,
            MOST_INSTRUCTIONS,
        ),
    ] {
        eprintln!("call: {name}, in four runs under valgrind");
        let (bare, ours) = (cost(bare).await?, cost(ours).await?);
        report.note(
            &format!("call, {name}: instructions of the bare call"),
            format!("{:.0}", bare.instructions),
        );
        report.at_most(
            &format!("call, {name}: instructions that our layers add"),
            ours.instructions - bare.instructions,
            most,
            "instructions",
        );
        report.note(
            &format!("call, {name}: allocations of the bare call"),
            format!("{:.1}", bare.allocations),
        );
        report.note(
            &format!("call, {name}: allocations that our layers add"),
            format!("{:.1}", ours.allocations - bare.allocations),
        );
    }
    Ok(())
}

async fn cost(arm: Arm) -> anyhow::Result<Cost> {
    let [few, many] = [count(arm, CALLS[0]).await?, count(arm, CALLS[1]).await?];
    let more = f64::from(CALLS[1] - CALLS[0]);
    Ok(Cost {
        instructions: (many.instructions - few.instructions) / more,
        allocations: (many.allocations - few.allocations) / more,
    })
}

/// What a whole run of an arm takes.
async fn count(arm: Arm, calls: u32) -> anyhow::Result<Cost> {
    let folder = tempfile::tempdir()?;
    let profile = folder.path().join("profile");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--compress-strings=no"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(std::env::current_exe()?)
        .args(["arm", &arm.to_string(), &calls.to_string()])
        .output()
        .await
        .context("valgrind cannot be run")?;
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

pub(crate) fn number(said: &str, label: &str) -> Option<f64> {
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
