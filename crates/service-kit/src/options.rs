//! Configuration by flag and environment. It knows no service's own options, only those that all share.

use std::ffi::OsString;
use std::process::ExitCode;
use std::str::FromStr;

use clap::builder::BoolishValueParser;
use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, ValueEnum};
use sentry_core::types::Dsn;

use crate::Authorities;
use crate::telemetry::LogFormat;

/// Where telemetry goes; without it there is no client and no telemetry.
pub const ENV_DSN: &str = "SENTRY_DSN";
/// The environment that telemetry names.
pub const ENV_ENVIRONMENT: &str = "SENTRY_ENVIRONMENT";
/// The release that telemetry names.
pub const ENV_RELEASE: &str = "SENTRY_RELEASE";
/// The share of traces that start here and are kept.
pub const ENV_TRACES_SAMPLE_RATE: &str = "SENTRY_TRACES_SAMPLE_RATE";
/// The form of the log on stderr.
pub const ENV_LOG_FORMAT: &str = "LOG_FORMAT";
/// Which log lines are written.
pub const ENV_LOG_FILTER: &str = "RUST_LOG";
/// The sides on which our layers stand.
pub const ENV_TRACE_LAYERS: &str = "TRACE_LAYERS";
/// Whether `x-throughline-fault` is obeyed.
pub const ENV_FAULTS: &str = "THROUGHLINE_FAULTS";

/// The authorities by whose certificates servers are known.
pub const ENV_TLS_CA: &str = "THROUGHLINE_TLS_CA";

/// Every trace is kept.
const DEFAULT_TRACES_SAMPLE_RATE: &str = "1";
/// What is logged when nobody says.
const DEFAULT_LOG_FILTER: &str = "info";

/// Shown in the place of a value that may hold a secret, as whose argument hides its variable's value says.
const HIDDEN: &str = "…";

/// The exit code of wrong use: a bad flag or variable.
pub const EXIT_USAGE: u8 = 64;

/// The options that every binary shares.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Telemetry")]
#[non_exhaustive]
pub struct TelemetryOptions {
    /// Where telemetry goes: an inspector's or Sentry's DSN. Without one there is no telemetry
    #[arg(long, env = ENV_DSN, hide_env_values = true, value_name = "DSN", global = true)]
    sentry_dsn: Option<OptionalDsn>,
    /// The environment that telemetry names
    #[arg(long, env = ENV_ENVIRONMENT, value_name = "NAME", global = true)]
    pub sentry_environment: Option<String>,
    /// The release that telemetry names; by default the one this binary was built as
    #[arg(long, env = ENV_RELEASE, value_name = "ID", global = true)]
    pub sentry_release: Option<String>,
    /// The share of the traces starting here that is kept, from 0 to 1
    #[arg(long, env = ENV_TRACES_SAMPLE_RATE, value_name = "RATE", global = true,
          default_value = DEFAULT_TRACES_SAMPLE_RATE, value_parser = sample_rate)]
    pub sentry_traces_sample_rate: f32,
    /// The form of the log on stderr
    #[arg(long, env = ENV_LOG_FORMAT, value_name = "FORM", global = true, value_enum, default_value_t)]
    pub log_format: LogFormat,
    /// Which log lines are written: a level, or several of TARGET=LEVEL with commas between
    #[arg(long, env = ENV_LOG_FILTER, value_name = "FILTER", global = true,
          default_value = DEFAULT_LOG_FILTER, value_parser = log_filter)]
    pub log_filter: String,
    /// The sides on which our layers stand, so that a test can take one out
    #[arg(long, env = ENV_TRACE_LAYERS, value_name = "SIDES", global = true, value_enum, default_value_t, hide = true)]
    pub trace_layers: TraceLayers,
    /// Obey `x-throughline-fault`: for tests and demonstrations only
    #[arg(long, env = ENV_FAULTS, global = true, value_parser = BoolishValueParser::new())]
    pub faults: bool,
    /// A file (PEM) with the authorities by whose certificates servers are known, in place of the public ones
    #[arg(long, env = ENV_TLS_CA, value_name = "FILE", global = true, help_heading = "TLS",
          value_parser = authorities)]
    pub tls_ca: Option<Authorities>,
}

impl TelemetryOptions {
    /// Where telemetry goes, if anywhere. An empty variable is none.
    pub fn dsn(&self) -> Option<&Dsn> {
        self.sentry_dsn.as_ref().and_then(|dsn| dsn.0.as_ref())
    }

    /// The options a process has with neither flags nor variables: no telemetry leaves it.
    pub fn none() -> Self {
        Self {
            sentry_dsn: None,
            sentry_environment: None,
            sentry_release: None,
            sentry_traces_sample_rate: 1.0,
            log_format: LogFormat::default(),
            log_filter: DEFAULT_LOG_FILTER.to_owned(),
            trace_layers: TraceLayers::default(),
            faults: false,
            tls_ca: None,
        }
    }

    /// The same options with telemetry sent to `dsn`.
    pub fn with_dsn(mut self, dsn: Dsn) -> Self {
        self.sentry_dsn = Some(OptionalDsn(Some(dsn)));
        self
    }
}

/// The sides on which our trace layers stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TraceLayers {
    /// On calls that come in and on calls that go out.
    #[default]
    Both,
    /// Only on calls that come in.
    Server,
    /// Only on calls that go out.
    Client,
    /// On neither.
    None,
}

impl TraceLayers {
    /// Whether calls that come in are traced.
    pub fn server(self) -> bool {
        matches!(self, Self::Both | Self::Server)
    }

    /// Whether calls that go out are traced.
    pub fn client(self) -> bool {
        matches!(self, Self::Both | Self::Client)
    }
}

/// Reads the options, or says what is wrong with them, by flag and variable, and exits with 64.
pub fn parse<O: Parser>() -> O {
    parse_from(std::env::args_os()).unwrap_or_else(|(message, code)| {
        // Help goes to stdout, complaints to stderr, as clap does it.
        if code == ExitCode::SUCCESS {
            write_to(&mut std::io::stdout(), &message);
            std::process::exit(0)
        }
        write_to(&mut std::io::stderr(), &message);
        std::process::exit(EXIT_USAGE.into())
    })
}

/// [`parse`] without its exit: what would be printed, and the code.
pub fn parse_from<O, I>(arguments: I) -> Result<O, (String, ExitCode)>
where
    O: Parser,
    I: IntoIterator,
    I::Item: Into<OsString> + Clone,
{
    O::try_parse_from(arguments).map_err(|mut error| {
        if !error.use_stderr() {
            // Without colour: what is read is often a pipe.
            return (error.render().to_string(), ExitCode::SUCCESS);
        }
        let mut command = O::command();
        // Arguments know how they are shown only once their command is built.
        command.build();
        if argument_of(&command, &error).is_some_and(clap::Arg::is_hide_env_values_set) {
            let hidden = ContextValue::String(HIDDEN.to_owned());
            error.insert(ContextKind::InvalidValue, hidden);
        }
        (complaint(&command, &error), ExitCode::from(EXIT_USAGE))
    })
}

/// The complaint about an error, with the variable named: clap names only the flag, even where the value came from
/// the environment.
fn complaint(command: &clap::Command, error: &clap::Error) -> String {
    let mut message = error.render().to_string();
    if let Some(variable) = variable_of(command, error) {
        message.push_str(
            "\nThe value is taken from the flag or, without it, from the environment variable ",
        );
        message.push_str(&variable);
        message.push_str(".\n");
    }
    message
}

fn variable_of(command: &clap::Command, error: &clap::Error) -> Option<String> {
    let variable = argument_of(command, error)?.get_env()?;
    Some(variable.to_string_lossy().into_owned())
}

/// The argument that the error is about, if it has a variable.
fn argument_of<'a>(command: &'a clap::Command, error: &clap::Error) -> Option<&'a clap::Arg> {
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let here = command
        .get_arguments()
        .find(|argument| argument.to_string() == *flag && argument.get_env().is_some());
    let below = || {
        let mut subcommands = command.get_subcommands();
        subcommands.find_map(|subcommand| argument_of(subcommand, error))
    };
    here.or_else(below)
}

fn write_to(to: &mut impl std::io::Write, message: &str) {
    // A closed pipe is no reason to panic while exiting.
    let _ = to.write_all(message.as_bytes());
    let _ = to.flush();
}

/// A DSN that may be empty, as a variable that is set to nothing is.
#[derive(Clone, Debug)]
struct OptionalDsn(Option<Dsn>);

impl FromStr for OptionalDsn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        text.parse().map(|dsn| Self(Some(dsn))).map_err(|error| {
            format!("not a DSN ({error}); one looks like http://graph@127.0.0.1:8969/3")
        })
    }
}

fn authorities(file: &str) -> Result<Authorities, String> {
    Authorities::load(file.as_ref()).map_err(|error| error.to_string())
}

fn sample_rate(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(rate) if (0.0..=1.0).contains(&rate) => Ok(rate),
        _ => Err("a rate is a number from 0 to 1".to_owned()),
    }
}

fn log_filter(text: &str) -> Result<String, String> {
    text.parse::<tracing_subscriber::filter::Targets>()
        .map(|_| text.to_owned())
        .map_err(|error| error.to_string())
}
