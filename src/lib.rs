//! Test Observer: the server as a library, so that tests drive the same parts that `main` starts.
