//! Query strings of the dashboard's own addresses.

use leptos_router::params::ParamsMap;

use super::api_address::api_address;

/// The query with one parameter set, or left out when the value is `None`; every other parameter, repeated ones too, stays.
pub(crate) fn with(query: &ParamsMap, key: &str, value: Option<&str>) -> ParamsMap {
    let mut changed = query.clone();
    changed.remove(key);
    if let Some(value) = value {
        changed.insert(key.to_owned(), value.to_owned());
    }
    changed
}

/// The query with one parameter set to several values, none of which leaves it out.
pub(crate) fn with_all(query: &ParamsMap, key: &str, values: &[String]) -> ParamsMap {
    let mut changed = query.clone();
    changed.remove(key);
    for value in values {
        changed.insert(key.to_owned(), value.clone());
    }
    changed
}

/// The address of a page with a query, without a question mark when there is none.
pub(crate) fn address(path: &str, query: &ParamsMap) -> String {
    let pairs: Vec<_> = query.clone().into_iter().collect();
    api_address(path, &pairs)
}

#[cfg(test)]
mod tests {
    use leptos_router::params::ParamsMap;

    use super::{address, with};

    #[test]
    fn other_parameters_stay() {
        let query: ParamsMap = [("q", "a b"), ("Status", "Approved"), ("Status", "Rejected")]
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let sorted = address("/snaps", &with(&query, "sortBy", Some("version")));
        for part in ["q=a%20b", "Status=Approved", "Status=Rejected", "sortBy=version"] {
            assert!(sorted.contains(part), "{sorted} has no {part}");
        }
        assert_eq!(address("/snaps", &with(&ParamsMap::new(), "q", None)), "/snaps");
    }
}
