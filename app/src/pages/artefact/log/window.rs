//! Which lines of a long log exist in the page: those in sight, and a few around.

/// As many lines exist above and below those in sight.
const AROUND: usize = 20;
/// The window moves by whole steps, so that not every pixel of scrolling changes it.
const STEP: usize = 10;
/// As many lines exist at once where lines are wrapped: their heights differ, so that nothing can be worked out from scrolling,
/// and the reader goes on by a button.
pub(super) const WRAPPED: usize = 400;

/// The first line of the window and the one behind its last, for lines of one height. All lengths are pixels.
pub(super) fn lines_in_sight(top: i32, height: i32, line_height: i32, count: usize) -> (usize, usize) {
    let line = |pixels: i32| usize::try_from(pixels / line_height.max(1)).unwrap_or_default();
    let first = line(top).saturating_sub(AROUND) / STEP * STEP;
    let last = (line(top.saturating_add(height)) + AROUND).div_ceil(STEP) * STEP;
    (first.min(count), last.min(count))
}

/// The same for wrapped lines, from a line on.
pub(super) fn wrapped_lines(first: usize, count: usize) -> (usize, usize) {
    (first.min(count), (first + WRAPPED).min(count))
}

#[cfg(test)]
mod tests {
    use super::{lines_in_sight, wrapped_lines};

    #[test]
    fn few_lines_exist_however_long_the_log() {
        for (top, expected) in [(0, (0, 50)), (20, (0, 50)), (2_000, (80, 150)), (1_999_600, (99_960, 100_000))] {
            assert_eq!(lines_in_sight(top, 480, 20, 100_000), expected, "{top}");
        }
        assert_eq!(lines_in_sight(0, 480, 20, 3), (0, 3));
        assert_eq!(lines_in_sight(-5, 480, 0, 3), (0, 3));
    }

    #[test]
    fn wrapped_lines_go_on_by_hand() {
        assert_eq!(wrapped_lines(0, 1_000), (0, 400));
        assert_eq!(wrapped_lines(800, 1_000), (800, 1_000));
        assert_eq!(wrapped_lines(5_000, 1_000), (1_000, 1_000));
    }
}
