//! The dashboard and the API types that server and browser share.

// The type of a view holds the types of everything inside it.
#![recursion_limit = "256"]

pub mod api;
pub mod client;
#[expect(unreachable_pub, reason = "the component macro makes its own items public")]
#[expect(clippy::needless_pass_by_value, reason = "a component owns its properties")]
mod components;
mod erase;
mod order;
#[expect(unreachable_pub, reason = "the component macro makes its own items public")]
#[expect(clippy::needless_pass_by_value, reason = "a component owns its properties")]
mod pages;
mod response;
#[expect(unreachable_pub, reason = "the component macro makes its own items public")]
#[expect(clippy::needless_pass_by_value, reason = "the title's formatter is given its text")]
mod routes;
#[cfg(feature = "ssr")]
mod shell;
mod text;

pub use response::{Parts as ResponseParts, ResponseHead};
pub use routes::App;
#[cfg(feature = "ssr")]
pub use shell::{Assets, Visit, shell};
