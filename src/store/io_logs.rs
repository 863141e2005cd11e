//! Logs as they are stored: long ones compressed.

use std::io;

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};
use zstd::bulk::Compressor;

use crate::parallel::{map_parts, parts_of};

/// A shorter log gains nothing worth its own column, in bytes.
const SHORT_LOG: usize = 1_024;
/// Fast; higher levels take much longer for little.
const LEVEL: i32 = 3;
/// What is worth a thread of its own, in bytes: compressing them takes some milliseconds.
const PART: usize = 512 * 1_024;

/// The log of a row that has the columns `io_log` and `io_log_zstd`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredLog(pub String);

impl<'r, R> FromRow<'r, R> for StoredLog
where
    R: Row,
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<Vec<u8>>: Decode<'r, R::Database> + Type<R::Database>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        match row.try_get::<Option<Vec<u8>>, _>("io_log_zstd")? {
            None => Ok(Self(row.try_get("io_log")?)),
            Some(packed) => unpack(&packed)
                .map(Self)
                .map_err(|source| sqlx::Error::ColumnDecode { index: "io_log_zstd".to_owned(), source: source.into() }),
        }
    }
}

fn unpack(packed: &[u8]) -> io::Result<String> {
    let bytes = zstd::stream::decode_all(packed)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// What to write into the columns `io_log` and `io_log_zstd`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PackedLog<'a> {
    pub(crate) text: &'a str,
    pub(crate) zstd: Option<Vec<u8>>,
}

/// Each of the logs as it is to be stored: compressed where that saves at least a quarter. Many are compressed by all processors at
/// once, as nothing else can be done with them meanwhile.
pub(crate) fn pack<'a>(logs: &[&'a str]) -> io::Result<Vec<PackedLog<'a>>> {
    let parts = parts_of(logs.iter().map(|log| log.len()).sum(), PART);
    let packed: io::Result<Vec<_>> = map_parts(logs, parts, pack_part).into_iter().collect();
    Ok(packed?.into_iter().flatten().collect())
}

fn pack_part<'a>(logs: &[&'a str]) -> io::Result<Vec<PackedLog<'a>>> {
    let mut compressor = Compressor::new(LEVEL)?;
    logs.iter()
        .map(|log| {
            if log.len() < SHORT_LOG {
                return Ok(PackedLog { text: log, zstd: None });
            }
            let packed = compressor.compress(log.as_bytes())?;
            let is_worth_it = packed.len() <= log.len() / 4 * 3;
            Ok(if is_worth_it {
                PackedLog { text: "", zstd: Some(packed) }
            } else {
                PackedLog { text: log, zstd: None }
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{pack, unpack};

    #[test]
    fn long_logs_are_packed_when_that_saves_something() {
        let long = "kernel: wlan0: link is not ready \u{1f9ea}\n".repeat(100);
        let noise: String =
            (0_u64..2_000).map(|n| char::from(b'!' + u8::try_from(n * n * 7_919 % 89).unwrap())).collect();
        let packed = pack(&["", "short", &long]).unwrap();
        assert_eq!((packed[0].text, packed[1].text, packed[2].text), ("", "short", ""));
        assert!(packed[0].zstd.is_none() && packed[1].zstd.is_none());
        assert_eq!(unpack(packed[2].zstd.as_deref().unwrap()).unwrap(), long);
        let packed = pack(&[&noise]).unwrap();
        assert_eq!(packed[0].zstd.as_ref().map_or(packed[0].text.to_owned(), |packed| unpack(packed).unwrap()), noise);
        assert_eq!(pack(&[]).unwrap(), []);
    }

    #[test]
    fn many_logs_stay_in_their_order() {
        let logs: Vec<String> = (0..2_001).map(|number| format!("{number}: ok\n").repeat(200)).collect();
        let logs: Vec<&str> = logs.iter().map(String::as_str).collect();
        let packed = pack(&logs).unwrap();
        let unpacked: Vec<String> = packed.iter().map(|log| unpack(log.zstd.as_deref().unwrap()).unwrap()).collect();
        assert_eq!(unpacked, logs);
    }
}
