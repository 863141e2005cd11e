//! Rules about text that need neither a browser nor a server: order, dates, addresses, logs.

pub(crate) mod api_address;
pub(crate) mod date;
pub(crate) mod log;
pub(crate) mod natural;
pub(crate) mod query;
pub(crate) mod result_filters;
