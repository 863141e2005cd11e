//! Options that every client subcommand has: which server, with which key, how patiently.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::failure::{Failure, NO_INPUT, USAGE};
use crate::client::server::{Manners, Server};
use crate::clock::Clock;

/// The variable with the key. There is no option for it: what is on a command line is seen by everybody on the machine, and in
/// the log of the CI job.
const KEY_VARIABLE: &str = "TEST_OBSERVER_API_KEY";
/// What older scripts call the server.
const OLD_SERVER_VARIABLE: &str = "TO_API_URL";
/// A key has some dozens of characters.
const LARGEST_KEY_FILE: u64 = 4096;

const DEFAULT_RETRIES: u32 = 5;

#[derive(Debug, clap::Args)]
pub(super) struct ServerArgs {
    /// The server, such as `https://test-observer.example`; `TO_API_URL` is read, too
    #[arg(long, value_name = "URL", env = "TEST_OBSERVER_URL")]
    server: Option<String>,
    /// A file with the API key, - for the standard input; without it, `TEST_OBSERVER_API_KEY` holds the key
    #[arg(long, value_name = "FILE", env = "TEST_OBSERVER_API_KEY_FILE")]
    api_key_file: Option<PathBuf>,
    /// How often a request is repeated that failed for now, with growing pauses
    #[arg(long, value_name = "NUMBER", env = "TEST_OBSERVER_RETRIES", default_value_t = DEFAULT_RETRIES, value_parser = parse_retries)]
    retries: u32,
    /// As long as one request may take
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: Option<u64>,
}

/// An empty variable is as good as none.
fn parse_retries(text: &str) -> Result<u32, std::num::ParseIntError> {
    if text.is_empty() { Ok(DEFAULT_RETRIES) } else { text.parse() }
}

impl ServerArgs {
    /// The server; one request may take as many seconds, unless somebody says otherwise.
    pub(super) fn server(&self, seconds: u64) -> Result<Server, Failure> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let said = self.server.clone().filter(|address| !address.trim().is_empty());
        let Some(address) = said.or_else(|| variable(OLD_SERVER_VARIABLE)) else {
            return Err(Failure::new(USAGE, "which server? Say --server, or set TEST_OBSERVER_URL"));
        };
        let key = match &self.api_key_file {
            Some(path) if !path.as_os_str().is_empty() => Some(read_key(path)?),
            _ => variable(KEY_VARIABLE).map(|key| key.trim().to_owned()),
        };
        let patience = Duration::from_secs(self.timeout.unwrap_or(seconds));
        let manners = Manners { patience, retries: self.retries };
        Server::new(&address, key.as_deref(), manners, Clock::system())
            .map_err(|error| Failure::new(USAGE, error.to_string()))
    }
}

fn read_key(path: &Path) -> Result<String, Failure> {
    let wrong = |problem: &dyn std::fmt::Display| {
        Failure::new(NO_INPUT, format!("cannot read the key from {}: {problem}", path.display()))
    };
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(LARGEST_KEY_FILE).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LARGEST_KEY_FILE).read_to_string(&mut text))
    };
    read.map_err(|error| wrong(&error))?;
    match text.trim() {
        "" => Err(wrong(&"there is none")),
        key => Ok(key.to_owned()),
    }
}
