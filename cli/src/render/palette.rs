//! The styles of the terminal output, in one place.

use std::fmt::Display;

use anstyle::{AnsiColor, Style};

/// How each kind of text looks; [`Palette::plain`] leaves everything as it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    coloured: bool,
}

/// Service colours, in the order in which services take part. Red is left out:
/// it says that something is wrong.
const SERVICES: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Yellow,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
];

impl Palette {
    /// No escape sequences at all.
    pub(crate) const fn plain() -> Self {
        Self { coloured: false }
    }

    /// ANSI colours.
    pub(crate) const fn coloured() -> Self {
        Self { coloured: true }
    }

    /// The service that is `index`th to take part.
    pub(crate) fn service(self, index: usize) -> Style {
        let colour = SERVICES[index % SERVICES.len()];
        self.only_if_coloured(colour.on_default())
    }

    /// What is wrong.
    pub(crate) fn bad(self) -> Style {
        self.only_if_coloured(AnsiColor::Red.on_default().bold())
    }

    /// What may be wrong.
    pub(crate) fn doubtful(self) -> Style {
        self.only_if_coloured(AnsiColor::Yellow.on_default())
    }

    /// What is well.
    pub(crate) fn good(self) -> Style {
        self.only_if_coloured(AnsiColor::Green.on_default())
    }

    /// What is in the second row of interest.
    pub(crate) fn faint(self) -> Style {
        self.only_if_coloured(Style::new().dimmed())
    }

    /// Headings.
    pub(crate) fn strong(self) -> Style {
        self.only_if_coloured(Style::new().bold())
    }

    fn only_if_coloured(self, style: Style) -> Style {
        if self.coloured { style } else { Style::new() }
    }
}

/// `text` in `style`, closed again after it.
pub(crate) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}
