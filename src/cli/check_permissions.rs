//! `test-observer check-permissions`.

use std::io::Write;
use std::path::PathBuf;

use serde_json::Value;

use super::failure::{DATA, Failure, NO_INPUT};

/// Words of a path that are operations; others describe it.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "patch", "options", "head", "trace"];

/// Print the operations of an OpenAPI document that do not say which permissions they need; fail if there are any
#[derive(Debug, clap::Args)]
pub(super) struct CheckPermissionsArgs {
    /// The document, as JSON
    document: PathBuf,
}

pub(super) fn run(args: &CheckPermissionsArgs) -> anyhow::Result<()> {
    let path = args.document.display();
    let text = std::fs::read(&args.document).map_err(|error| Failure::new(NO_INPUT, format!("{path}: {error}")))?;
    let document: Value =
        serde_json::from_slice(&text).map_err(|error| Failure::new(DATA, format!("{path}: {error}")))?;
    let silent = find_silent(&document);
    let mut out = std::io::stdout().lock();
    for operation in &silent {
        writeln!(out, "{operation}")?;
    }
    if silent.is_empty() {
        writeln!(out, "All endpoints have permissions defined.")?;
        return Ok(());
    }
    Err(Failure::new(1, format!("{} operations have no x-permissions", silent.len())).into())
}

/// The operations without `x-permissions`, as `<method> <path>`.
fn find_silent(document: &Value) -> Vec<String> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, operations)| {
        operations.as_object().into_iter().flatten().map(move |(method, operation)| (path, method, operation))
    });
    let silent = operations.filter(|(_, method, operation)| {
        METHODS.contains(&method.as_str()) && operation.get("x-permissions").is_none()
    });
    silent.map(|(path, method, _)| format!("{method} {path}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::find_silent;

    #[test]
    fn operations_that_say_nothing_are_found() {
        let document = json!({"paths": {
            "/a": {"get": {"x-permissions": []}, "put": {}, "parameters": []},
            "/b": {"summary": "x", "delete": {"tags": []}},
        }});
        assert_eq!(find_silent(&document), ["put /a", "delete /b"]);
        assert!(find_silent(&json!({"paths": {"/a": {"get": {"x-permissions": ["view_test"]}}}})).is_empty());
        assert!(find_silent(&json!([])).is_empty());
    }
}
