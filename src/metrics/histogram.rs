//! Counts of durations, by how long they were at most.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::text::{Seconds, Text};

/// The longest duration of a bucket: in microseconds, and as it is written.
pub(super) type Bound = (u64, &'static str);

/// Durations in `N` buckets, and one for the rest.
#[derive(Debug)]
pub(super) struct Histogram<const N: usize> {
    /// How many fell into each bucket and into none before it.
    buckets: [AtomicU64; N],
    longer: AtomicU64,
    micros: AtomicU64,
}

impl<const N: usize> Default for Histogram<N> {
    fn default() -> Self {
        Self {
            buckets: array::from_fn(|_| AtomicU64::default()),
            longer: AtomicU64::default(),
            micros: AtomicU64::default(),
        }
    }
}

impl<const N: usize> Histogram<N> {
    pub(super) fn observe(&self, bounds: &[Bound; N], duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = self.buckets.iter().zip(bounds).find(|(_, (longest, _))| micros <= *longest);
        bucket.map_or(&self.longer, |(count, _)| count).fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Writes the samples; each bucket counts what is in the shorter ones, too.
    pub(super) fn write(&self, bounds: &[Bound; N], name: &str, labels: &[(&str, &str)], text: &mut Text) {
        let bucket_name = format!("{name}_bucket");
        let mut labels_of_bucket = labels.to_vec();
        let mut write_bucket = |bound: &'static str, count: u64| {
            labels_of_bucket.truncate(labels.len());
            labels_of_bucket.push(("le", bound));
            text.sample(&bucket_name, &labels_of_bucket, count);
        };
        let mut count = 0;
        for (bucket, (_, bound)) in self.buckets.iter().zip(bounds) {
            count += bucket.load(Ordering::Relaxed);
            write_bucket(bound, count);
        }
        count += self.longer.load(Ordering::Relaxed);
        write_bucket("+Inf", count);
        text.sample(&format!("{name}_count"), labels, count);
        text.sample(&format!("{name}_sum"), labels, Seconds(self.micros.load(Ordering::Relaxed)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Histogram, Text};

    #[test]
    fn a_bucket_counts_everything_that_was_not_longer() {
        let bounds = [(100_000, "0.1"), (1_000_000, "1.0")];
        let histogram = Histogram::<2>::default();
        for millis in [1, 100, 101, 1_000, 1_001, 60_000] {
            histogram.observe(&bounds, Duration::from_millis(millis));
        }
        let mut text = Text::default();
        histogram.write(&bounds, "d", &[("handler", "none")], &mut text);
        let expected = "d_bucket{handler=\"none\",le=\"0.1\"} 2\nd_bucket{handler=\"none\",le=\"1.0\"} 4\n\
                        d_bucket{handler=\"none\",le=\"+Inf\"} 6\nd_count{handler=\"none\"} 6\n\
                        d_sum{handler=\"none\"} 62.203000\n";
        assert_eq!(text.into_string(), expected);
    }
}
