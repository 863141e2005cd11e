//! Addresses with a query, from values as they are: no part of a name is taken for an escape. Written alike by server and browser.

use std::fmt::Write;

/// The address of a resource with parameters, which may be repeated.
pub(crate) fn api_address<K: AsRef<str>, V: AsRef<str>>(path: &str, parameters: &[(K, V)]) -> String {
    let mut address = path.to_owned();
    for (at, (name, value)) in parameters.iter().enumerate() {
        address.push(if at == 0 { '?' } else { '&' });
        push_escaped(&mut address, name.as_ref());
        address.push('=');
        push_escaped(&mut address, value.as_ref());
    }
    address
}

/// Everything but letters, digits and `-._~` is written as bytes in hexadecimal.
fn push_escaped(address: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            // A string takes whatever is written to it.
            let _ = write!(address, "%{byte:02X}");
        }
    }
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
