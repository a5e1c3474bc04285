//! The command line: every command, flag and variable. Knows nothing of what
//! they do.

mod graph;
mod import;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use http::Uri;
use throughline_service_kit::{LogFormat, TelemetryOptions};

pub(crate) use self::graph::{
    DuplicatesOptions, ExportOptions, Follow, LicencesOptions, ListNodesOptions, MutateOptions,
    MutateWhat, SchemaOptions, SourceOptions, TraverseOptions, WatchOptions, WhyOptions,
};
pub(crate) use self::import::ImportOptions;
use crate::render::duration;

/// One trace, from the click to the query and back.
#[derive(Debug, Parser)]
#[command(name = "throughline", version, about, arg_required_else_help = true)]
#[command(after_help = "\
Exit codes: 0 done, or what was asserted holds; 1 failed, or it does not hold;
2 it cannot be judged; 64 wrong use.

Colour follows the terminal, NO_COLOR and CLICOLOR_FORCE.")]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the inspector: takes traces from Sentry clients, and answers `trace`
    #[command(
        after_help = "Example:\n  throughline inspect --listen 127.0.0.1:8969 --data-dir .throughline/inspector"
    )]
    Inspect(InspectCommand),
    /// Ask the graph service, or load a graph into it
    Graph(Box<GraphCommand>),
    /// Look at traces, or hold one against expectations
    Trace(TraceCommand),
    /// Say whether a service takes calls, by the exit code: what a container's health check runs
    #[command(
        after_help = "Examples:\n  throughline health http://127.0.0.1:8080\n  throughline health --grpc http://127.0.0.1:50051"
    )]
    Health(HealthOptions),
    /// Print a script that completes this command's lines in a shell
    #[command(after_help = "Example:\n  throughline completions bash")]
    Completions(CompletionsOptions),
}

#[derive(Args, Debug)]
pub(crate) struct HealthOptions {
    /// Where it listens
    #[arg(value_parser = server_url)]
    pub(crate) url: Uri,
    /// Ask by gRPC, as the graph service is asked, and not by `GET /health`
    #[arg(long)]
    pub(crate) grpc: bool,
    /// How long it may take to answer
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = duration::parse)]
    pub(crate) within: Duration,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsOptions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Run the inspector: takes traces from Sentry clients, and answers `trace`
///
/// It sends no telemetry of its own.
#[derive(Args, Debug)]
pub(crate) struct InspectCommand {
    #[command(flatten)]
    pub(crate) inspector: throughline_inspector::Options,
    /// The form of the log on stderr
    #[arg(
        long,
        env = "LOG_FORMAT",
        value_name = "FORM",
        value_enum,
        default_value_t
    )]
    pub(crate) log_format: LogFormat,
    /// Which log lines are written: a level, or several of TARGET=LEVEL with commas between
    #[arg(long, env = "RUST_LOG", value_name = "FILTER", default_value = "info")]
    pub(crate) log_filter: String,
}

/// Ask the graph service, or load a graph into it
///
/// Each command is the head of a trace of its own, if SENTRY_DSN says where to
/// send it; its id is said on stderr at the end.
#[derive(Args, Debug)]
pub(crate) struct GraphCommand {
    /// Write the id of the command's trace to this file
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) trace_id_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) telemetry: TelemetryOptions,
    #[command(subcommand)]
    pub(crate) action: GraphAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GraphAction {
    /// Load a cargo workspace, an npm lock file, N-Quads, tables or JSON lines
    #[command(
        after_help = "Examples:\n  throughline graph import --cargo .\n  throughline graph import --npm package-lock.json\n  throughline graph import --csv nodes.csv --edges edges.csv"
    )]
    Import(ImportOptions),
    /// Show a node and the edges that touch it
    #[command(
        after_help = "Examples:\n  throughline graph get serde\n  throughline graph get crate:libc@0.2.186 --edges 10"
    )]
    Get(GetOptions),
    /// Find nodes by words in their ids and properties
    #[command(after_help = "Example:\n  throughline graph search apache --type Licence")]
    Search(SearchOptions),
    /// Find the shortest path from one node to another
    #[command(
        after_help = "Examples:\n  throughline graph path throughline libc\n  throughline graph path throughline libc --edge DEPENDS_ON --json"
    )]
    Path(PathOptions),
    /// Count nodes and edges by type
    #[command(after_help = "Example:\n  throughline graph stats")]
    Stats(StatsOptions),
    /// List nodes, filtered and ordered, in pages
    #[command(
        after_help = "Example:\n  throughline graph list --type Version --filter 'proc_macro = true' --order 'name desc'"
    )]
    List(ListNodesOptions),
    /// Walk from some nodes, level by level, and draw the way as a tree
    #[command(
        after_help = "Examples:\n  throughline graph traverse throughline --edge DEPENDS_ON --depth 1\n  throughline graph traverse libc --direction in"
    )]
    Traverse(TraverseOptions),
    /// Why a crate or package is here: who needs it, up to the workspace
    #[command(after_help = "Example:\n  throughline graph why libc")]
    Why(WhyOptions),
    /// Under which licences stands what is shipped
    #[command(after_help = "Example:\n  throughline graph licences --all")]
    Licences(LicencesOptions),
    /// What is there in more than one version, and who needs each
    #[command(after_help = "Example:\n  throughline graph duplicates")]
    Duplicates(DuplicatesOptions),
    /// Change nodes and edges
    #[command(
        after_help = "Examples:\n  throughline graph mutate put-node person:ada Person 'name=Ada Lovelace' born:int=1815\n  throughline graph mutate put-edge person:ada KNOWS person:charles since:time=1833-06-05\n  throughline graph mutate --key nightly-7 apply changes.jsonl"
    )]
    Mutate(MutateOptions),
    /// Show the schema, or replace it
    #[command(
        after_help = "Examples:\n  throughline graph schema --json\n  throughline graph schema --update schema.json --validate-only"
    )]
    Schema(SchemaOptions),
    /// Print changes as they are committed, until Ctrl-C
    #[command(after_help = "Example:\n  throughline graph watch --type Person")]
    Watch(WatchOptions),
    /// Write the graph as N-Quads, JSON lines, GraphML or for Graphviz
    #[command(
        after_help = "Examples:\n  throughline graph export --format graphml -o graph.graphml\n  throughline graph export --edge DEPENDS_ON --format dot"
    )]
    Export(ExportOptions),
}

/// Where to read from, and how to print it.
#[derive(Args, Debug)]
pub(crate) struct ReadOptions {
    /// The gateway, spoken to as a browser does: in grpc-web
    #[arg(long, env = "THROUGHLINE_GATEWAY", value_name = "URL",
          default_value = "http://127.0.0.1:8080", value_parser = server_url)]
    pub(crate) gateway: Uri,
    /// Pass the gateway by and ask this graph service, in plain gRPC
    #[arg(long, value_name = "URL", value_parser = server_url)]
    pub(crate) graph: Option<Uri>,
    /// Print the answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct GetOptions {
    /// The node's id, or a crate's name, for example `serde` or `serde@1.0.228`
    pub(crate) id: String,
    /// At most so many edges in each direction
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub(crate) edges: i32,
    #[command(flatten)]
    pub(crate) read: ReadOptions,
}

#[derive(Args, Debug)]
pub(crate) struct SearchOptions {
    /// Words that must all be found; the last one also as a prefix
    #[arg(required = true)]
    pub(crate) words: Vec<String>,
    /// Only nodes of these types
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
    /// At most so many hits
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub(crate) limit: i32,
    /// Go on where the page before ended
    #[arg(long, value_name = "TOKEN")]
    pub(crate) page: Option<String>,
    #[command(flatten)]
    pub(crate) read: ReadOptions,
}

#[derive(Args, Debug)]
pub(crate) struct PathOptions {
    /// Where to start: an id, or a crate's name, for example `throughline`
    pub(crate) from: String,
    /// What to reach: an id, or a crate's name, for example `libc`
    pub(crate) to: String,
    /// Only edges of these types
    #[arg(long = "edge", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) edges: Vec<String>,
    /// At most so many edges
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(i32).range(1..=64))]
    pub(crate) max_depth: i32,
    #[command(flatten)]
    pub(crate) read: ReadOptions,
}

#[derive(Args, Debug)]
pub(crate) struct StatsOptions {
    #[command(flatten)]
    pub(crate) read: ReadOptions,
}

/// Look at traces, or hold one against expectations
#[derive(Args, Debug)]
pub(crate) struct TraceCommand {
    /// The inspector
    #[arg(long, env = "THROUGHLINE_INSPECTOR", value_name = "URL", global = true,
          default_value = "http://127.0.0.1:8969", value_parser = url)]
    pub(crate) inspector: Uri,
    #[command(subcommand)]
    pub(crate) action: TraceAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TraceAction {
    /// List the traces that have arrived, the newest first
    #[command(after_help = "Example:\n  throughline trace list --service graph")]
    List(ListOptions),
    /// Draw a trace as a tree, and say why it is not whole if it is not
    #[command(after_help = "Example:\n  throughline trace show latest --wait 5s")]
    Show(ShowOptions),
    /// Print a line each time a trace has grown, until Ctrl-C
    #[command(after_help = "Example:\n  throughline trace tail --service gateway")]
    Tail(TailOptions),
    /// Hold a trace against expectations: exit 0 holds, 1 does not, 2 cannot be judged
    #[command(
        after_help = "Example:\n  throughline trace assert --latest --services gateway,graph --errors 0"
    )]
    Assert(AssertOptions),
    /// Count what has come in, what could not be read, and what clients lost
    #[command(after_help = "Example:\n  throughline trace intake")]
    Intake(IntakeOptions),
}

#[derive(Args, Debug)]
pub(crate) struct ListOptions {
    /// Only traces that this service took part in
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub(crate) limit: i32,
    /// Go on where the page before ended
    #[arg(long, value_name = "TOKEN")]
    pub(crate) page: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ShowOptions {
    /// The trace's id, the first 4 or more of its digits, or `latest`
    #[arg(value_name = "ID|latest", value_parser = trace_or_latest)]
    pub(crate) trace: String,
    /// How long to wait for the trace to arrive and become quiet, at most 60s
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = wait)]
    pub(crate) wait: Duration,
    /// Print the tree as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct TailOptions {
    /// Only traces that this service took part in
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Print each summary as a line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct IntakeOptions {
    /// Print the answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Hold a trace against expectations: exit 0 holds, 1 does not, 2 cannot be judged
///
/// Without an expectation, the trace must have one root and no orphans.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub(crate) struct AssertOptions {
    /// The trace's id, or the first 4 or more of its digits
    #[arg(long, value_name = "ID", group = "which", value_parser = trace_id)]
    pub(crate) trace: Option<String>,
    /// The trace that began last
    #[arg(long, group = "which")]
    pub(crate) latest: bool,
    /// These services have a span in it; a database counts as its `db.system`
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) services: Vec<String>,
    /// No span names a parent that did not arrive
    #[arg(long)]
    pub(crate) no_orphans: bool,
    /// Exactly one span has no parent
    #[arg(long)]
    pub(crate) one_root: bool,
    /// Exactly so many error events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    pub(crate) errors: Option<i32>,
    /// Each hop has its caller's sampling context
    #[arg(long)]
    pub(crate) same_baggage: bool,
    /// How long to wait until all of it holds, at most 60s
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = wait)]
    pub(crate) wait: Duration,
    /// Also write the outcome to this file, as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

/// One that may speak TLS.
fn server_url(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.authority().is_none() {
        return Err("expected an address like http://127.0.0.1:8080".to_owned());
    }
    Ok(uri)
}

fn url(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
    if uri.scheme_str() != Some("http") || uri.authority().is_none() {
        return Err("expected an address like http://127.0.0.1:8080".to_owned());
    }
    Ok(uri)
}

fn wait(text: &str) -> Result<Duration, String> {
    let wait = duration::parse(text)?;
    if wait > Duration::from_secs(60) {
        return Err("at most 60s".to_owned());
    }
    Ok(wait)
}

fn trace_id(text: &str) -> Result<String, String> {
    let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hex && (4..=32).contains(&text.len()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err("expected 32 hex digits, or the first 4 or more of them".to_owned())
}

fn trace_or_latest(text: &str) -> Result<String, String> {
    if text == "latest" {
        Ok(text.to_owned())
    } else {
        trace_id(text)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn check(line: &str, expected: Result<(), &str>) {
        let parsed = Cli::try_parse_from(line.split(' '));
        match (parsed, expected) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err(expected)) => {
                let said = error.to_string();
                assert!(said.contains(expected), "{line}: {said}");
            }
            (parsed, expected) => panic!("{line}: {parsed:?}, not {expected:?}"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    /// As a shell takes a line apart, single quotes being all that examples have.
    fn words(line: &str) -> Vec<&str> {
        let parts = line.split('\'').enumerate();
        let words = parts.flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        });
        words.collect()
    }

    fn every_help(command: &mut clap::Command, path: &str) {
        let help = command.render_long_help().to_string();
        let subcommands = command.get_subcommands_mut();
        let mut leaf = true;
        for subcommand in subcommands.filter(|it| it.get_name() != "help") {
            leaf = false;
            let path = format!("{path} {}", subcommand.get_name());
            every_help(subcommand, &path);
        }
        // What has commands below it shows by them how it is used; those of `mutate` are shown with it.
        if (leaf && !path.contains("mutate ")) || path.ends_with("mutate") {
            let examples = help.lines().filter_map(|line| line.strip_prefix("  "));
            let examples: Vec<_> = examples.filter(|line| line.starts_with(path)).collect();
            assert!(
                !examples.is_empty(),
                "{path}: no example in its help:\n{help}"
            );
            for example in examples {
                let read = Cli::try_parse_from(words(example));
                assert!(read.is_ok(), "{example}: {}", read.unwrap_err());
            }
        }
    }

    #[test]
    fn each_help_has_an_example_that_is_read() {
        every_help(&mut Cli::command(), "throughline");
    }

    #[test]
    fn lines_are_read_or_refused() {
        check("throughline graph path a b --gateway http://h:1", Ok(()));
        check("throughline graph path a", Err("<TO>"));
        check(
            "throughline graph path a b --gateway ftp://h",
            Err("--gateway"),
        );
        check("throughline graph path a b --max-depth 65", Err("65"));
        check("throughline graph import", Err("--cargo"));
        check("throughline graph search", Err("<WORDS>"));
        check("throughline trace show LATEST", Err("hex digits"));
        check("throughline trace show abcd --wait 2s", Ok(()));
        check("throughline trace assert --no-orphans", Err("--latest"));
        check(
            "throughline trace assert --latest --trace abcd",
            Err("cannot be used"),
        );
        check(
            "throughline trace assert --latest --services a,,b",
            Err("--services"),
        );
        check("throughline trace assert --latest --errors -1", Err("-1"));
        check("throughline trace assert --latest --wait 10", Err("unit"));
        check("throughline trace assert --latest --wait 61s", Err("60s"));
        check(
            "throughline trace assert --trace abcd --inspector http://h:1",
            Ok(()),
        );
    }
}
