//! The README's table of variables is what the binaries' `--help` says.

use std::collections::BTreeSet;
use std::path::Path;

use throughline_testkit::Process;

const HELPS: &[(&str, &[&str])] = &[
    ("throughline-graph", &["--help"]),
    ("throughline-gateway", &["--help"]),
    ("throughline", &["inspect", "--help"]),
    ("throughline", &["graph", "path", "--help"]),
    ("throughline", &["graph", "import", "--help"]),
    ("throughline", &["trace", "show", "--help"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_variables_is_whole() {
    let mut said = BTreeSet::new();
    for (binary, arguments) in HELPS {
        let help = Process::builder(binary).args(*arguments).output().await;
        assert!(help.status.success(), "{}", help.stderr);
        for part in help.stdout.split("[env: ").skip(1) {
            let end = part.find(['=', ']']).expect("clap closes its bracket");
            said.insert(part[..end].to_owned());
        }
    }
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme).expect("there is a README");
    let rows = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let listed: BTreeSet<String> = rows.map(str::to_owned).collect();
    assert_eq!(listed, said);
}
