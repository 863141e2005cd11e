//! Execution metadata in queries: `category:value`, each half in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::errors::{ApiError, ApiResult};

/// The parameter; it may be repeated.
pub(super) const METADATA: &str = "execution_metadata";

/// Facts as a query spells them, by category. What is wrong with one of them is told with its text, before everything else.
pub(super) fn read_metadata(query: &str) -> ApiResult<Vec<(String, Vec<String>)>> {
    let mut categories: Vec<(String, Vec<String>)> = Vec::new();
    for (_, item) in url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == METADATA) {
        let (category, value) = read_pair(&item).map_err(ApiError::Rule)?;
        match categories.iter_mut().find(|(known, _)| *known == category) {
            Some((_, values)) => values.push(value),
            None => categories.push((category, vec![value])),
        }
    }
    Ok(categories)
}

fn read_pair(item: &str) -> Result<(String, String), String> {
    let malformed = |reason| format!("Invalid execution metadata format: '{item}'. {reason}");
    let (category, value) =
        item.split_once(':').ok_or_else(|| malformed("Expected base64 encoded 'category:value'."))?;
    let decode = |half: &str| {
        let text = STANDARD.decode(half).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        // Nothing that is stored holds the character NUL, and databases refuse to compare with it.
        text.filter(|text| !text.contains('\0'))
            .ok_or_else(|| format!("Invalid base64 encoding in execution metadata: '{item}'."))
    };
    let (category, value) = (decode(category)?, decode(value)?);
    if category.is_empty() || value.is_empty() {
        return Err(malformed("Both category and value must be non-empty."));
    }
    Ok((category, value))
}

#[cfg(test)]
mod tests {
    use super::read_pair;

    #[test]
    fn metadata_is_two_halves_in_base64() {
        for (item, expected) in [
            ("a2VybmVs:Ni45", Ok(("kernel", "6.9"))),
            ("a2VybmVs", Err("Expected base64")),
            ("a2VybmVs:Ni4", Err("Invalid base64")),
            ("a2VybmVs:/w==", Err("Invalid base64")),
            ("a2VybmVs:AA==", Err("Invalid base64")),
            (":Ni45", Err("must be non-empty")),
            ("a2VybmVs:", Err("must be non-empty")),
        ] {
            match (read_pair(item), expected) {
                (Ok((category, value)), Ok(wanted)) => assert_eq!((category.as_str(), value.as_str()), wanted),
                (Err(text), Err(part)) => assert!(text.contains(part), "{item}: {text}"),
                (read, _) => panic!("{item}: {read:?}"),
            }
        }
    }
}
