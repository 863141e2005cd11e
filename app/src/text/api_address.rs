//! Addresses of the API with a query, from values as they are: no part of a name is taken for an escape.

use leptos_router::location::Url;

/// The address of a resource with parameters, which may be repeated.
pub(crate) fn api_address<K: AsRef<str>, V: AsRef<str>>(path: &str, parameters: &[(K, V)]) -> String {
    let mut address = path.to_owned();
    for (at, (name, value)) in parameters.iter().enumerate() {
        address.push(if at == 0 { '?' } else { '&' });
        address.push_str(&Url::escape(name.as_ref()));
        address.push('=');
        address.push_str(&Url::escape(value.as_ref()));
    }
    address
}

#[cfg(test)]
mod tests {
    use super::api_address;

    #[test]
    fn values_arrive_as_they_are() {
        let address = api_address("/v1/x", &[("q", "a b&c=%41"), ("q", "é")]);
        assert_eq!(address.to_ascii_uppercase(), "/V1/X?Q=A%20B%26C%3D%2541&Q=%C3%A9");
        assert_eq!(api_address::<&str, &str>("/v1/x", &[]), "/v1/x");
    }
}
