//! How a command fails: what it says, and the status that scripts look at. The numbers are those of `sysexits.h`.

/// The command line, or what was said on it.
pub(super) const USAGE: u8 = 2;
/// A file holds something else than it should.
pub(super) const DATA: u8 = 65;
/// A file cannot be read.
pub(super) const NO_INPUT: u8 = 66;
/// The server cannot be reached, and nothing was kept to send it later.
pub(super) const UNAVAILABLE: u8 = 69;
/// A file cannot be written.
pub(super) const IO: u8 = 74;
/// It waits on disk, and can be sent later.
pub(super) const WAITING: u8 = 75;
/// The server does not want it.
pub(super) const REFUSED: u8 = 76;
/// The server does not let in whoever asks.
pub(super) const NO_PERMISSION: u8 = 77;

/// A failure with the status that the program ends with.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    code: u8,
    text: String,
}

impl Failure {
    pub(super) fn new(code: u8, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// The status to end with.
    pub fn code(&self) -> u8 {
        self.code
    }
}

/// What a call that brought nothing makes of a command.
impl From<crate::client::server::CallError> for Failure {
    fn from(error: crate::client::server::CallError) -> Self {
        use crate::client::server::CallError;

        let code = match &error {
            CallError::Unavailable(_) => UNAVAILABLE,
            CallError::Refused { .. } if error.is_about_rights() => NO_PERMISSION,
            CallError::Refused { .. } => REFUSED,
        };
        let hint = if code == NO_PERMISSION { " (is TEST_OBSERVER_API_KEY set, or --api-key-file said?)" } else { "" };
        Self::new(code, format!("{error}{hint}"))
    }
}
