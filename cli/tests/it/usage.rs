//! Wrong use ends with 64 and says why; help does not.

use crate::command::line;

async fn wrong(command: &str, expected: &str) {
    let said = line(command).run().await.exits(64).says(expected);
    assert_eq!(said.stdout, "", "complaints go to stderr");
}

#[tokio::test]
async fn wrong_use_is_64() {
    wrong("nonsense", "nonsense").await;
    wrong("graph path a", "<TO>").await;
    wrong("graph path a b --gateway ftp://x", "--gateway").await;
    wrong("graph import", "--cargo").await;
    let twice = "graph import --cargo . --json x";
    wrong(twice, "one source at a time").await;
    wrong("graph import --json", "what is to be imported").await;
    wrong("trace assert --no-orphans", "--latest").await;
    wrong("trace assert --latest --trace abcd", "cannot be used").await;
    wrong("trace assert --latest --errors many", "--errors").await;
    wrong("trace assert --latest --wait 3h", "--wait").await;
    wrong("trace show xyz", "hex digits").await;
    wrong("inspect --listen nowhere", "--listen").await;
}

#[tokio::test]
async fn a_wrong_variable_is_named() {
    for (command, variable) in [
        ("graph stats", "THROUGHLINE_GATEWAY"),
        ("graph import --cargo .", "THROUGHLINE_GRAPH"),
        ("trace list", "THROUGHLINE_INSPECTOR"),
        ("inspect", "INSPECTOR_LISTEN"),
        ("graph stats", "SENTRY_TRACES_SAMPLE_RATE"),
    ] {
        let run = line(command).env(variable, "no such thing");
        run.run().await.exits(64).says(variable);
    }
}

#[tokio::test]
async fn help_is_a_result() {
    for command in [
        "--help",
        "trace assert --help",
        "graph --help",
        "inspect --help",
        "--version",
    ] {
        let said = line(command).run().await.exits(0);
        assert_eq!(said.stderr, "", "{command}");
        assert!(
            !said.stdout.is_empty() && !said.stdout.contains('\u{1b}'),
            "{command}: {said:?}"
        );
    }
    line("--help").run().await.prints("64 wrong use");
}
