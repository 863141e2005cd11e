//! Hydrates the dashboard in the browser, nothing else.
