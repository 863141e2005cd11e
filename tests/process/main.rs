//! The program as a process: started, stopped and killed, over HTTP on loopback, on both databases.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod attacks;
mod client_scripts;
mod cluster;
mod command_line;
mod events;
mod local_accounts;
mod metrics;
mod operator;
mod pages;
mod reports;
mod requests;
mod result_metrics;
mod scale_out;
mod seed;
mod soak;
mod submit;
mod support;
mod survival;
#[cfg(feature = "otlp")]
mod traces;
