//! Work that takes milliseconds, shared out to all processors: whoever waits for it waits as long as for a part.

use std::{num::NonZero, panic, thread};

/// Among how many processors to share work of so many bytes, if each is to have as many as `part`.
pub(crate) fn parts_of(bytes: usize, part: usize) -> usize {
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    (bytes / part.max(1)).clamp(1, processors)
}

/// What the work makes of each part of the items, in their order. The caller's thread does the first part.
pub(crate) fn map_parts<'i, T, R>(items: &'i [T], parts: usize, work: impl Fn(&'i [T]) -> R + Sync) -> Vec<R>
where
    T: Sync,
    R: Send,
{
    let (here, elsewhere) = items.split_at(items.len().div_ceil(parts.max(1)));
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<_> = elsewhere
            .chunks(here.len().max(1))
            .map(|part| thread::Builder::new().spawn_scoped(scope, move || work(part)).map_err(|_| part))
            .collect();
        let mut made = vec![work(here)];
        made.extend(threads.into_iter().map(|thread| match thread {
            Ok(thread) => thread.join().unwrap_or_else(|cause| panic::resume_unwind(cause)),
            // The system has no thread to spare.
            Err(part) => work(part),
        }));
        made
    })
}

#[cfg(test)]
mod tests {
    use super::{map_parts, parts_of};

    #[test]
    fn parts_come_back_in_their_order_whatever_their_number() {
        for count in [0, 1, 2, 3, 7, 100] {
            let items: Vec<usize> = (0..count).collect();
            for parts in [0, 1, 2, 3, 8] {
                let made = map_parts(&items, parts, |part| part.iter().map(|item| item * 2).collect::<Vec<_>>());
                let expected: Vec<usize> = items.iter().map(|item| item * 2).collect();
                assert_eq!(made.concat(), expected, "{count} items in {parts} parts");
                assert!(made.len() <= parts.max(1), "{count} items in {parts} parts");
            }
        }
    }

    #[test]
    fn little_work_is_not_shared() {
        assert_eq!((parts_of(0, 10), parts_of(19, 10)), (1, 1));
    }
}
