//! CPUs and threads by number, and small sets of them.

use core::fmt;
use core::num::NonZero;

/// CPUs there may be.
pub const CPUS: usize = 8;

/// Threads there may be in the TEE, requests that wait in a queue among them.
pub const THREADS: usize = 16;

macro_rules! numbered {
    ($id:ident, $set:ident, $bits:ty, $most:expr, $what:literal) => {
        #[doc = concat!("The number of a ", $what, ".")]
        // Kept as the bit that stands for it in a set: none is no bit, and no place is looked up in vain.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $id(NonZero<$bits>);

        const _: () = assert!(<$bits>::BITS as usize == $most, "a bit for each number there can be");

        impl $id {
            #[doc = concat!("The ", $what, " of this number; `None` where there can be none.")]
            #[must_use]
            pub const fn new(number: usize) -> Option<Self> {
                if number < $most { Some(Self::of_bit(1 << number)) } else { None }
            }

            /// Its number.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0.trailing_zeros() as usize
            }

            /// Of one bit.
            const fn of_bit(bit: $bits) -> Self {
                match NonZero::new(bit) {
                    Some(bit) => Self(bit),
                    None => Self(NonZero::<$bits>::MIN),
                }
            }

            /// Every one there may be, in order.
            pub fn all() -> impl Iterator<Item = Self> {
                (0..$most).filter_map(Self::new)
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($what, " {}"), self.index())
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.index())
            }
        }

        #[doc = concat!("A set of ", $what, "s.")]
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $set($bits);

        impl $set {
            /// None.
            pub const EMPTY: Self = Self(0);

            /// Adds one.
            pub const fn insert(&mut self, id: $id) {
                self.0 |= id.0.get();
            }

            /// Takes one away.
            pub const fn remove(&mut self, id: $id) {
                self.0 &= !id.0.get();
            }

            /// As bits: the lowest is number 0.
            #[must_use]
            pub const fn bits(self) -> $bits {
                self.0
            }

            /// Of bits, each of which is a number there can be.
            #[must_use]
            pub const fn from_bits(bits: $bits) -> Self {
                Self(bits)
            }

            /// Whether it is in.
            #[must_use]
            pub const fn contains(self, id: $id) -> bool {
                self.0 & id.0.get() != 0
            }

            /// Whether none is in.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Those that are in both.
            #[must_use]
            pub const fn and(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }

            /// Those that are in one of them, or in both.
            #[must_use]
            pub const fn or(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// Those that are not in the other.
            #[must_use]
            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// How many are in.
            #[must_use]
            pub const fn len(self) -> u32 {
                self.0.count_ones()
            }

            /// The lowest number that is in.
            #[must_use]
            pub const fn first(self) -> Option<$id> {
                match NonZero::new(self.0 & self.0.wrapping_neg()) {
                    Some(bit) => Some($id(bit)),
                    None => None,
                }
            }

            /// Whether there is no second one in.
            #[must_use]
            pub const fn is_one_at_most(self) -> bool {
                self.0 & self.0.wrapping_sub(1) == 0
            }

            /// Those that are in, in order.
            pub fn iter(self) -> impl Iterator<Item = $id> {
                let mut left = self;
                core::iter::from_fn(move || {
                    let id = left.first()?;
                    left.0 &= left.0.wrapping_sub(1);
                    Some(id)
                })
            }
        }

        impl FromIterator<$id> for $set {
            fn from_iter<I: IntoIterator<Item = $id>>(ids: I) -> Self {
                let mut set = Self::EMPTY;
                ids.into_iter().for_each(|id| set.insert(id));
                set
            }
        }

        impl fmt::Debug for $set {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_set().entries(self.iter().map($id::index)).finish()
            }
        }
    };
}

impl ThreadId {
    /// The thread whose number is the lowest digit of a word.
    pub(crate) const fn from_digit(word: u64) -> Self {
        const { assert!(THREADS == 16, "a digit for each") };
        Self::of_bit(1 << (word & 0xf))
    }
}

numbered!(CpuId, CpuSet, u8, CPUS, "CPU");
numbered!(ThreadId, ThreadSet, u16, THREADS, "thread");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_in_and_not_taken_out_in_order() {
        let [a, b, last] = [3, 0, 15].map(|it| ThreadId::new(it).unwrap());
        let mut set: ThreadSet = [a, b, last].into_iter().collect();
        set.remove(a);
        assert!(set.iter().eq([b, last]) && set.len() == 2 && !set.contains(a));
        assert_eq!(set.bits(), 1 | 1 << 15);
        assert_eq!(ThreadSet::from_bits(set.bits()), set);
        assert!(set.first() == Some(b) && !set.is_one_at_most());
        set.remove(b);
        assert!(set.is_one_at_most() && set.first() == Some(last));
        assert!(ThreadSet::EMPTY.first().is_none() && ThreadSet::EMPTY.iter().next().is_none());
    }

    #[test]
    fn there_is_no_number_beyond_the_most() {
        assert!(CpuId::new(CPUS).is_none() && CpuId::all().count() == CPUS);
    }
}
