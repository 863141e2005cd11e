//! Chance that repeats itself: the same words give the same choices, on every machine and with every version of a library.

/// A generator of numbers.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    /// Chance that depends on these words and the seed, and on nothing else.
    pub(super) fn of(seed: u64, words: &[&str]) -> Self {
        let start = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        // FNV-1a; the zero between words tells "ab", "c" from "a", "bc".
        let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
        Self(bytes.fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    /// The next number (`SplitMix64`).
    pub(super) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below the limit.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.draw() % limit.max(1)
    }

    /// Yes, once in so many times.
    pub(super) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of the choices; the default where there are none.
    pub(super) fn pick<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        let place = self.below(u64::try_from(choices.len()).unwrap_or(u64::MAX));
        usize::try_from(place).ok().and_then(|place| choices.get(place)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_same_words_give_the_same_choices_and_others_give_others() {
        let draw = |seed, words: &[&str]| Chance::of(seed, words).draw();
        assert_eq!(draw(1, &["a", "b"]), draw(1, &["a", "b"]));
        let others = [draw(1, &["a", "b"]), draw(2, &["a", "b"]), draw(1, &["ab"]), draw(1, &["ab", ""]), draw(1, &[])];
        let distinct: std::collections::BTreeSet<u64> = others.into_iter().collect();
        assert_eq!(distinct.len(), others.len());
    }

    #[test]
    fn choices_stay_within_their_limits() {
        let mut chance = Chance::of(7, &["limits"]);
        let drawn: std::collections::BTreeSet<u64> = (0..200).map(|_| chance.below(5)).collect();
        assert_eq!(drawn, (0..5).collect());
        assert_eq!((chance.below(0), chance.pick::<u8>(&[]), chance.pick(&["only"])), (0, 0, "only"));
    }
}
