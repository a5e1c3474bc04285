//! Where a command writes: results to stdout, everything said about them to
//! stderr. Knows what each of the two is, a terminal or a pipe.

use std::io::{self, IsTerminal as _, Write as _};

use anstream::ColorChoice;

use crate::render::{Canvas, Palette};

/// The two streams of the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    canvas: Canvas,
    messages: Palette,
    stderr_is_terminal: bool,
}

/// The narrowest terminal that is believed; below it, nothing would be left.
const NARROWEST: usize = 40;

impl Output {
    /// As the process finds them. Colour follows the terminal, `NO_COLOR` and
    /// `CLICOLOR_FORCE`.
    pub(crate) fn of_process() -> Self {
        let stdout = io::stdout();
        let width = stdout.is_terminal().then(|| {
            terminal_size::terminal_size()
                .map_or(80, |(width, _)| usize::from(width.0).max(NARROWEST))
        });
        Self {
            canvas: Canvas {
                width,
                palette: palette(anstream::AutoStream::choice(&stdout)),
            },
            messages: palette(anstream::AutoStream::choice(&io::stderr())),
            stderr_is_terminal: io::stderr().is_terminal(),
        }
    }

    /// What stdout is.
    pub(crate) fn canvas(&self) -> &Canvas {
        &self.canvas
    }

    /// How messages are coloured.
    pub(crate) fn messages(&self) -> Palette {
        self.messages
    }

    /// Whether someone is looking at stderr.
    pub(crate) fn stderr_is_terminal(&self) -> bool {
        self.stderr_is_terminal
    }

    /// Writes a result, ending in a line break, to stdout at once.
    pub(crate) fn print(&self, text: &str) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        if !text.is_empty() && !text.ends_with('\n') {
            stdout.write_all(b"\n")?;
        }
        stdout.flush()
    }

    /// Writes a message to stderr. That stderr is closed is no reason to fail.
    pub(crate) fn say(&self, text: &str) {
        let mut stderr = io::stderr().lock();
        let _ = writeln!(stderr, "{}", text.trim_end());
    }
}

fn palette(choice: ColorChoice) -> Palette {
    match choice {
        ColorChoice::Never | ColorChoice::Auto => Palette::plain(),
        ColorChoice::Always | ColorChoice::AlwaysAnsi => Palette::coloured(),
    }
}
