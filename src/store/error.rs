//! Why a command was not carried out.

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The feed's entries were changed after what it was decided on was read: it is to be decided anew.
    #[error("the feed changed while its document was read")]
    Stale,
    #[error("the feed was removed meanwhile")]
    FeedGone,
    #[error("internal error: the command panicked")]
    Panicked,
    #[error("the writer has ended")]
    Ended,
}

impl WriteError {
    /// What failed had not touched the story index: it is refused before anything of it is taken in.
    pub(super) fn keeps_index(&self) -> bool {
        matches!(self, WriteError::Stale | WriteError::FeedGone)
    }
}
