//! CPUs and threads by number, and small sets of them.

use core::fmt;

/// CPUs there may be.
pub const CPUS: usize = 8;

/// Threads there may be in the TEE, requests that wait in a queue among them.
pub const THREADS: usize = 16;

macro_rules! numbered {
    ($id:ident, $set:ident, $bits:ty, $most:expr, $what:literal) => {
        #[doc = concat!("The number of a ", $what, ".")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $id(u8);

        impl $id {
            #[doc = concat!("The ", $what, " of this number; `None` where there can be none.")]
            #[must_use]
            pub const fn new(number: usize) -> Option<Self> {
                // Less than 256 because it is less than the most.
                #[expect(clippy::cast_possible_truncation, reason = "checked on the line")]
                if number < $most { Some(Self(number as u8)) } else { None }
            }

            /// Its number.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// Every one there may be, in order.
            pub fn all() -> impl Iterator<Item = Self> {
                (0..$most).filter_map(Self::new)
            }
        }

        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($what, " {}"), self.0)
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
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
                self.0 |= 1 << id.0;
            }

            /// Takes one away.
            pub const fn remove(&mut self, id: $id) {
                self.0 &= !(1 << id.0);
            }

            /// Whether it is in.
            #[must_use]
            pub const fn contains(self, id: $id) -> bool {
                self.0 & (1 << id.0) != 0
            }

            /// Whether none is in.
            #[must_use]
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// How many are in.
            #[must_use]
            pub const fn len(self) -> u32 {
                self.0.count_ones()
            }

            /// Those that are in, in order.
            pub fn iter(self) -> impl Iterator<Item = $id> {
                let mut left = self.0;
                core::iter::from_fn(move || {
                    let id = $id::new(left.trailing_zeros() as usize).filter(|_| left != 0)?;
                    left &= left.wrapping_sub(1);
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
                f.debug_set().entries(self.iter().map(|id| id.0)).finish()
            }
        }
    };
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
        assert!(ThreadSet::EMPTY.is_empty() && ThreadSet::EMPTY.iter().next().is_none());
    }

    #[test]
    fn there_is_no_number_beyond_the_most() {
        assert!(CpuId::new(CPUS).is_none() && CpuId::all().count() == CPUS);
    }
}
