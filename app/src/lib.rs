//! The dashboard and the API types that server and browser share.
