//! What the application writes into its log while a test runs.

use std::io::{Result, Write};
use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;

/// The log of the thread of a test, from its making to its end.
pub(crate) struct Log {
    lines: Lines,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Log {
    /// Begins to listen.
    pub(crate) fn capture() -> Self {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::INFO)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        Self { lines, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// What was written since the last time.
    pub(crate) fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.lines.0.lock().unwrap())).unwrap()
    }

    /// A request was refused, and one line says so: with these words, the request, and nothing that should stay secret.
    #[track_caller]
    pub(crate) fn assert_tells(&self, words: &[&str], secrets: &[&str]) {
        let text = self.take();
        let tells = |line: &&str| words.iter().all(|word| line.contains(*word));
        assert_eq!(text.lines().filter(tells).count(), 1, "{words:?}: {text}");
        assert!(!secrets.iter().any(|secret| text.contains(*secret)), "{secrets:?}: {text}");
    }
}
