//! Speaking to a server: what the client subcommands share.

pub mod ci;
pub mod failing;
pub mod retry;
pub mod run;
pub mod server;
pub mod spool;
pub mod submissions;
pub mod tally;
pub mod upload;
