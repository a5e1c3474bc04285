//! The options of `graph import`.

use std::path::PathBuf;

use clap::Args;
use http::Uri;

use super::url;
use crate::exit::WrongUse;
use crate::import::Source;

#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("source").required(true).args(["cargo", "npm", "rdf", "csv", "json"]).multiple(true))]
pub(crate) struct ImportOptions {
    /// A workspace's directory, Cargo.toml or Cargo.lock; the lock file is never written
    #[arg(long, value_name = "PATH", conflicts_with_all = ["npm", "rdf", "csv"])]
    pub(crate) cargo: Option<PathBuf>,
    /// An npm lock file of version 2 or 3: package-lock.json
    #[arg(long, value_name = "FILE", conflicts_with_all = ["rdf", "csv"])]
    pub(crate) npm: Option<PathBuf>,
    /// Dgraph's N-Quads, with facets and language tags; may be gzip's
    #[arg(long, value_name = "FILE", conflicts_with = "csv")]
    pub(crate) rdf: Option<PathBuf>,
    /// A table of nodes: id, type, and a column for each property (`age:int`)
    #[arg(long, value_name = "NODES", requires = "edges")]
    pub(crate) csv: Option<PathBuf>,
    /// The table of edges that goes with --csv: from, type, to, and properties
    #[arg(long, value_name = "EDGES", requires = "csv")]
    pub(crate) edges: Option<PathBuf>,
    /// With a file: the JSON lines of `graph export`. Without: print the answer as JSON
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    pub(crate) json: Option<Option<PathBuf>>,
    /// What the service remembers the import by, so that the same command goes on where it was
    /// cut off; by default a hash of what is imported
    #[arg(long, value_name = "ID")]
    pub(crate) import_id: Option<String>,
    /// Begin anew, even if part of the import is in
    #[arg(long)]
    pub(crate) restart: bool,
    /// At most so many nodes and edges in a batch
    #[arg(long, value_name = "COUNT", default_value_t = 5_000, value_parser = clap::value_parser!(u16).range(1..=5_000))]
    pub(crate) batch: u16,
    /// How often in a row to try again when the service breaks off or cannot be reached
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub(crate) retries: u32,
    /// The graph service, in plain gRPC
    #[arg(long, env = "THROUGHLINE_GRAPH", value_name = "URL",
          default_value = "http://127.0.0.1:50051", value_parser = url)]
    pub(crate) graph: Uri,
    /// The token that the service asks writers for
    #[arg(
        long,
        env = "THROUGHLINE_WRITE_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN"
    )]
    pub(crate) token: Option<String>,
}

impl ImportOptions {
    /// The one source that is named.
    pub(crate) fn source(&self) -> Result<Source, WrongUse> {
        let lines = self.json.clone().flatten();
        let tables = self.csv.clone().zip(self.edges.clone());
        let named = [
            self.cargo.clone().map(Source::Cargo),
            self.npm.clone().map(Source::Npm),
            self.rdf.clone().map(Source::Rdf),
            lines.map(Source::Json),
            tables.map(|(nodes, edges)| Source::Csv { nodes, edges }),
        ];
        let mut named = named.into_iter().flatten();
        match (named.next(), named.next()) {
            (Some(source), None) => Ok(source),
            (None, _) => Err(WrongUse(
                "what is to be imported? --cargo, --npm, --rdf, --csv with --edges, or --json FILE",
            )),
            (Some(_), Some(_)) => Err(WrongUse(
                "one source at a time: of --cargo, --npm, --rdf, --csv and --json FILE",
            )),
        }
    }

    /// Whether `--json` stands there without a file.
    pub(crate) fn answer_as_json(&self) -> bool {
        self.json == Some(None)
    }
}
