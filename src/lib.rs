//! Test Observer: the server as a library, so that tests drive the very parts that `main` starts.

pub mod clock;
pub mod domain;
pub mod service;
pub mod store;
