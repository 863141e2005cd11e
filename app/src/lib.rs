//! The dashboard and the API types that server and browser share.

pub mod api;
