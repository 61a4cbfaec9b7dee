//! What a program may need of the place it runs in, and sets of it.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

/// A call or a feature that ordinary machines offer and a TEE may not (CC 1.2, "restricted API").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feature {
    /// Programs run as they were built for the operating system, without being ported.
    UnmodifiedPrograms,
    /// TCP and UDP to other machines.
    NetworkSockets,
    /// Files that can be opened by name.
    FileSystem,
    /// What is written to files is there after the instance has ended.
    PersistentStorage,
    /// More than one thread in one address space.
    Threads,
    /// Another process made by copying this one.
    Fork,
    /// Signals delivered to the program.
    Signals,
    /// Memory shared between processes.
    SharedMemory,
    /// Pages that are added, or whose permissions change, while the program runs.
    MemoryGrowth,
    /// Code that comes or is made after the start: plug-ins, just-in-time compilers.
    DynamicCode,
    /// A clock. Whose it is, and whether it can be trusted, is another question.
    Time,
    /// Random numbers the host cannot choose.
    Random,
    /// Vector instructions.
    Simd,
    /// A GPU.
    Gpu,
    /// Other devices of its own.
    Devices,
    /// Keys bound to what runs, with which data is kept for its next start.
    Sealing,
    /// A debugger attached from outside, on instances marked for it.
    Debug,
    /// Kernel modules, and other code with a kernel's privilege.
    KernelModules,
    /// Virtual machines of its own.
    NestedVirtualization,
}

impl Feature {
    /// Every feature, in the order tables list them.
    pub const ALL: [Self; 19] = [
        Self::UnmodifiedPrograms,
        Self::NetworkSockets,
        Self::FileSystem,
        Self::PersistentStorage,
        Self::Threads,
        Self::Fork,
        Self::Signals,
        Self::SharedMemory,
        Self::MemoryGrowth,
        Self::DynamicCode,
        Self::Time,
        Self::Random,
        Self::Simd,
        Self::Gpu,
        Self::Devices,
        Self::Sealing,
        Self::Debug,
        Self::KernelModules,
        Self::NestedVirtualization,
    ];

    /// The name programs read, and workloads write.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnmodifiedPrograms => "unmodified-programs",
            Self::NetworkSockets => "network-sockets",
            Self::FileSystem => "file-system",
            Self::PersistentStorage => "persistent-storage",
            Self::Threads => "threads",
            Self::Fork => "fork",
            Self::Signals => "signals",
            Self::SharedMemory => "shared-memory",
            Self::MemoryGrowth => "memory-growth",
            Self::DynamicCode => "dynamic-code",
            Self::Time => "time",
            Self::Random => "random",
            Self::Simd => "simd",
            Self::Gpu => "gpu",
            Self::Devices => "devices",
            Self::Sealing => "sealing",
            Self::Debug => "debug",
            Self::KernelModules => "kernel-modules",
            Self::NestedVirtualization => "nested-virtualization",
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFeature(pub String);

impl fmt::Display for UnknownFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no feature; known are ", self.0)?;
        super::write_list(f, Feature::ALL)
    }
}

impl core::error::Error for UnknownFeature {}

impl FromStr for Feature {
    type Err = UnknownFeature;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or_else(|| UnknownFeature(text.into()))
    }
}

/// A set of features.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Features(u32);

impl Features {
    /// No feature.
    pub const NONE: Self = Self(0);
    /// Every feature.
    pub const ALL: Self = Self::of(&Feature::ALL);

    /// The set of those listed.
    #[must_use]
    pub const fn of(features: &[Feature]) -> Self {
        let mut set = Self::NONE;
        let mut rest = features;
        while let [first, others @ ..] = rest {
            set = set.with(*first);
            rest = others;
        }
        set
    }

    /// This set and `feature`.
    #[must_use]
    pub const fn with(self, feature: Feature) -> Self {
        Self(self.0 | feature.bit())
    }

    /// Those in this set and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Those in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether `feature` is in it.
    #[must_use]
    pub const fn contains(self, feature: Feature) -> bool {
        self.0 & feature.bit() != 0
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its features, in the order of [`Feature::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Feature> {
        Feature::ALL.into_iter().filter(move |it| self.contains(*it))
    }
}

impl FromIterator<Feature> for Features {
    fn from_iter<I: IntoIterator<Item = Feature>>(features: I) -> Self {
        features.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for Features {
    /// As it is read back: names with commas between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::write_list(f, self.iter())
    }
}

impl FromStr for Features {
    type Err = UnknownFeature;

    /// Names with commas between them, in any order, with blanks or without; none is no feature.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::parse::<Feature>).collect()
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    fn sets() -> impl Strategy<Value = Features> {
        proptest::collection::vec(proptest::sample::select(Feature::ALL.to_vec()), 0..24)
            .prop_map(|features| features.into_iter().collect())
    }

    #[test]
    fn names_are_read_back() {
        for feature in Feature::ALL {
            assert_eq!(feature.as_str().parse(), Ok(feature));
        }
        assert_eq!("telepathy".parse::<Feature>(), Err(UnknownFeature("telepathy".into())));
    }

    #[test]
    fn a_word_that_is_no_feature_is_told_with_those_that_are() {
        let error = "threads, telepathy".parse::<Features>().unwrap_err().to_string();
        assert!(error.starts_with("`telepathy` is no feature; known are unmodified-programs, "), "{error}");
    }

    #[test]
    fn lists_are_read_in_any_order_with_blanks_or_without() {
        let expected = Features::of(&[Feature::Gpu, Feature::Fork]);
        for text in ["gpu,fork", " fork , gpu ", "fork,,gpu,fork"] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        assert_eq!("".parse(), Ok(Features::NONE));
    }

    #[test]
    fn every_feature_has_a_place_of_its_own_in_the_set() {
        for feature in Feature::ALL {
            let alone = Features::of(&[feature]);
            assert_eq!(Feature::ALL.into_iter().filter(|it| alone.contains(*it)).count(), 1);
        }
        assert_eq!(Features::ALL.iter().count(), Feature::ALL.len());
    }

    proptest! {
        #[test]
        fn a_set_is_read_back_as_it_is_written(set in sets()) {
            prop_assert_eq!(set.to_string().parse(), Ok(set));
        }

        #[test]
        fn a_set_is_what_it_has_in_common_with_another_and_what_it_has_not(a in sets(), b in sets()) {
            let (common, rest) = (a.and(b), a.without(b));
            prop_assert!(common.and(rest).is_empty());
            prop_assert_eq!(common.iter().chain(rest.iter()).collect::<Features>(), a);
        }
    }
}
