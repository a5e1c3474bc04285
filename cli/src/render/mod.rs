//! Text for people: styles, tables, durations. Pure; knows no command and no
//! terminal beyond what [`Canvas`] says of it.

pub(crate) mod branches;
pub(crate) mod duration;
pub(crate) mod palette;
pub(crate) mod table;
pub(crate) mod text;

pub(crate) use palette::Palette;

/// What is drawn on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Canvas {
    /// Columns; none means that lines may be as long as they need to be.
    pub(crate) width: Option<usize>,
    /// How things are coloured.
    pub(crate) palette: Palette,
}

#[cfg(test)]
impl Canvas {
    /// A pipe: no width, no colour.
    pub(crate) const PIPE: Self = Self {
        width: None,
        palette: Palette::plain(),
    };
}
