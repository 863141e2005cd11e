//! Makes cargo compile the crate again when a migration changes.

fn main() {
    // The migrations are compiled in: a new one must compile the crate again.
    println!("cargo:rerun-if-changed=migrations");
}
