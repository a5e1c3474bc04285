//! How far an import or export has come: a bar on a terminal, a line per step elsewhere.
//! Always on stderr.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::Output;

/// Shows steps and counts.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A bar if stderr is a terminal.
    pub(crate) fn new(output: &Output) -> Self {
        let bar = output.stderr_is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_style(style("{spinner} {msg}"));
            bar.enable_steady_tick(std::time::Duration::from_millis(120));
            bar
        });
        Self { bar }
    }

    /// Whether someone is looking.
    pub(crate) fn is_seen(&self) -> bool {
        self.bar.is_some()
    }

    /// Says what is being done now.
    pub(crate) fn step(&self, output: &Output, what: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(what.to_owned()),
            None => output.say(what),
        }
    }

    /// Says how far it has come, if someone is looking.
    pub(crate) fn bar_only(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what.to_owned());
        }
    }

    /// From here on, `total` things are counted.
    pub(crate) fn begin(&self, total: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(total);
            bar.set_style(style("{bar:32} {pos}/{len} {msg}"));
        }
    }

    /// So many are done.
    pub(crate) fn set(&self, count: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(count);
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
