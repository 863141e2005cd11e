//! Signing in with a password.

use std::fmt;

use deserr::{Deserr, IntoValue, Value, ValueKind, ValuePointerRef};

use super::problems::wrong_kind;
use super::{LongName, Problem, Problems};

/// The longest password, in characters.
const LONGEST_PASSWORD: usize = 1000;

/// Who signs in, and what proves it.
#[derive(Clone, Debug, Deserr, utoipa::ToSchema)]
#[deserr(error = Problems)]
pub struct LocalLogin {
    /// The user's mail address, exactly as it is known here.
    #[schema(value_type = String, max_length = 500)]
    pub email: LongName,
    /// The user's password.
    #[schema(value_type = String, format = Password, max_length = 1000)]
    pub password: Password,
}

/// A password. No error and no log repeats it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Deserr<Problems> for Password {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        match value {
            Value::String(text) if text.chars().count() <= LONGEST_PASSWORD => Ok(Self(text)),
            Value::String(_) => Err(Problems::one(location, Problem::too_long(LONGEST_PASSWORD), None)),
            _ => Err(Problems::one(location, wrong_kind(&[ValueKind::String]), None)),
        }
    }
}
