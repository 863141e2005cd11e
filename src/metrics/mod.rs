//! What operators watch: requests, results and the process, in the text format of Prometheus, behind a listener of its own.

mod histogram;
mod http;
mod listener;
mod process;
mod requests;
mod result_text;
mod results;
mod text;

use std::sync::Arc;

use axum::body::Bytes;

pub use listener::serve;
pub use requests::{Route, Underway, declared_size, note_route};
pub use results::{ResultMetricsPlan, keep_counting};

use crate::store::Db;
use http::HttpMetrics;
use results::ResultGauges;
use text::Text;

/// Everything that is counted in this process. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    http: Arc<HttpMetrics>,
    results: Arc<ResultGauges>,
}

impl Metrics {
    /// The answer to whoever asks now, in pieces.
    fn scrape(&self, db: &Db) -> [Bytes; 2] {
        let mut text = Text::default();
        self.http.write(&mut text);
        write_database(db, &mut text);
        process::write(&mut text);
        [Bytes::from(text.into_string()), self.results.scrape()]
    }
}

fn write_database(db: &Db, text: &mut Text) {
    let name = "test_observer_db_connections";
    text.family(name, "gauge", "Connections to the database, by what they are for and whether they are in use.");
    for pool in db.connections() {
        for (state, count) in [("idle", pool.idle), ("used", pool.used)] {
            text.sample(name, &[("pool", pool.name), ("state", state)], count);
        }
    }
    let name = "test_observer_db_statements_total";
    text.family(name, "counter", "Statements that were sent to the database.");
    text.sample(name, &[], db.statements());
}
