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

/// A fact about executions as searches spell it: `category:value`, each half in base64.
pub(crate) fn metadata_parameter(category: &str, value: &str) -> String {
    format!("{}:{}", base64(category.as_bytes()), base64(value.as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS.get(bits >> (18 - 6 * place) & 63).copied().filter(|_| place <= chunk.len());
            text.push(char::from(digit.unwrap_or(b'=')));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{api_address, base64, metadata_parameter};

    #[test]
    fn values_arrive_as_they_are() {
        let address = api_address("/v1/x", &[("q", "a b&c=%41"), ("q", "é")]);
        assert_eq!(address.to_ascii_uppercase(), "/V1/X?Q=A%20B%26C%3D%2541&Q=%C3%A9");
        assert_eq!(api_address::<&str, &str>("/v1/x", &[]), "/v1/x");
    }

    #[test]
    fn base64_is_padded() {
        for (text, expected) in [("", ""), ("6", "Ng=="), ("6.", "Ni4="), ("6.9", "Ni45"), ("kernel", "a2VybmVs")] {
            assert_eq!(base64(text.as_bytes()), expected);
        }
        assert_eq!(base64(&[0xff, 0xfe, 0xfd]), "//79");
        assert_eq!(metadata_parameter("kernel", "6.9"), "a2VybmVs:Ni45");
    }
}
