//! Test Observer: the server as a library, so that tests drive the very parts that `main` starts.

// The type of a page holds the types of everything on it.
#![recursion_limit = "256"]

pub mod api;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod domain;
pub mod integrations;
pub mod metrics;
mod parallel;
pub mod service;
pub mod store;
pub mod traces;
pub mod web;
