//! What a program needs and a TEE with its runtime does not offer.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use super::gap::{Gap, Why};
use super::{Feature, Features, Runtime, TeeVariant};

/// Something that is lacking, and the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The runtime does not run on this TEE, so nothing of what is needed is there.
    Runtime {
        /// The runtime.
        runtime: Runtime,
        /// The TEE.
        variant: TeeVariant,
    },
    /// The TEE lacks it, under any runtime.
    OfTee {
        /// What is lacking.
        feature: Feature,
        /// The TEE.
        variant: TeeVariant,
        /// Why it is.
        why: Why,
    },
    /// The runtime lacks it; another one on the same TEE may have it.
    OfRuntime {
        /// What is lacking.
        feature: Feature,
        /// The runtime.
        runtime: Runtime,
        /// Why it is.
        why: Why,
    },
}

impl Lack {
    /// What is lacking. `None`: the runtime itself.
    #[must_use]
    pub const fn feature(self) -> Option<Feature> {
        match self {
            Self::Runtime { .. } => None,
            Self::OfTee { feature, .. } | Self::OfRuntime { feature, .. } => Some(feature),
        }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Runtime { runtime, variant } => {
                write!(f, "{runtime} does not run on {variant}; it runs on ")?;
                super::write_list(f, runtime.runs_on())
            }
            Self::OfTee { feature, variant, why } => write!(f, "{variant} has no {feature}: {why}"),
            Self::OfRuntime { feature, runtime, why } => write!(f, "{runtime} has no {feature}: {why}"),
        }
    }
}

/// Everything of `needed` that `runtime` on `variant` does not offer, in the order of
/// [`Feature::ALL`]; empty where nothing is lacking. What the TEE itself lacks is said of the TEE.
///
/// Where only the kind of TEE is known, ask with [`Tee::least_variant`](super::Tee::least_variant).
#[must_use]
pub fn lacking(variant: TeeVariant, runtime: Runtime, needed: Features) -> Vec<Lack> {
    if !runtime.runs_on().contains(&variant) {
        return vec![Lack::Runtime { runtime, variant }];
    }
    let find =
        |gaps: &[Gap], feature| gaps.iter().find(|(lacked, _)| *lacked == feature).map(|(_, why)| *why);
    needed
        .iter()
        .filter_map(|feature| {
            let of_tee = find(variant.gaps(), feature);
            let of_tee = of_tee.map(|why| Lack::OfTee { feature, variant, why });
            let of_runtime = || find(runtime.gaps(), feature);
            of_tee.or_else(|| of_runtime().map(|why| Lack::OfRuntime { feature, runtime, why }))
        })
        .collect()
}

/// What `runtime` on `variant` offers; nothing where it does not run there.
#[must_use]
pub fn offered(variant: TeeVariant, runtime: Runtime) -> Features {
    if !runtime.runs_on().contains(&variant) {
        return Features::NONE;
    }
    let gaps = variant.gaps().iter().chain(runtime.gaps());
    Features::ALL.without(gaps.map(|(feature, _)| *feature).collect())
}

impl TeeVariant {
    /// What any runtime on this TEE might offer.
    #[must_use]
    pub fn ceiling(self) -> Features {
        Features::ALL.without(self.gaps().iter().map(|(feature, _)| *feature).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    fn told(variant: TeeVariant, runtime: Runtime, needed: &[Feature]) -> Vec<alloc::string::String> {
        lacking(variant, runtime, Features::of(needed)).iter().map(ToString::to_string).collect()
    }

    fn needs() -> impl Strategy<Value = Features> {
        proptest::sample::subsequence(Feature::ALL.to_vec(), 0..=Feature::ALL.len())
            .prop_map(|features| features.into_iter().collect())
    }

    #[test]
    fn a_program_that_needs_nothing_lacks_nothing() {
        for runtime in Runtime::ALL {
            for variant in runtime.runs_on() {
                assert!(lacking(*variant, runtime, Features::NONE).is_empty());
            }
        }
    }

    #[test]
    fn what_the_tee_lacks_is_said_of_the_tee_and_the_rest_of_the_runtime() {
        let needed = [Feature::Fork, Feature::Gpu, Feature::Threads];
        assert_eq!(
            told(TeeVariant::Sgx2, Runtime::SgxSdk, &needed),
            [
                "sgx-sdk has no fork: there is no call for it",
                "sgx2 has no gpu: devices cannot reach its memory",
            ]
        );
    }

    #[test]
    fn another_runtime_may_make_up_for_what_one_lacks() {
        let needed = [Feature::Fork, Feature::NetworkSockets, Feature::UnmodifiedPrograms];
        assert_eq!(told(TeeVariant::Sgx1, Runtime::SgxSdk, &needed).len(), 3);
        assert!(told(TeeVariant::Sgx1, Runtime::Gramine, &needed).is_empty());
    }

    #[test]
    fn no_runtime_makes_pages_grow_on_the_first_generation() {
        let needed = [Feature::MemoryGrowth];
        assert_eq!(told(TeeVariant::Sgx1, Runtime::Gramine, &needed).len(), 1);
        assert!(told(TeeVariant::Sgx2, Runtime::Gramine, &needed).is_empty());
    }

    #[test]
    fn a_runtime_elsewhere_offers_nothing_and_says_where_it_runs() {
        assert_eq!(
            told(TeeVariant::Tdx, Runtime::Gramine, &[Feature::Fork]),
            ["gramine does not run on tdx; it runs on sgx1, sgx2"]
        );
        assert_eq!(offered(TeeVariant::Tdx, Runtime::Gramine), Features::NONE);
    }

    #[test]
    fn the_least_variant_offers_no_more_than_any_other_of_its_kind() {
        for runtime in Runtime::ALL {
            for variant in runtime.runs_on() {
                let Some(tee) = variant.tee() else { continue };
                let least = offered(tee.least_variant(), runtime);
                assert!(least.without(offered(*variant, runtime)).is_empty(), "{variant}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_needed_is_either_offered_or_lacking_with_one_reason(
            variant in proptest::sample::select(TeeVariant::ALL.to_vec()),
            runtime in proptest::sample::select(Runtime::ALL.to_vec()),
            needed in needs(),
        ) {
            let lacks = lacking(variant, runtime, needed);
            if runtime.runs_on().contains(&variant) {
                let lacked: Features = lacks.iter().filter_map(|it| it.feature()).collect();
                prop_assert_eq!(lacked.iter().count(), lacks.len());
                prop_assert_eq!(lacked, needed.without(offered(variant, runtime)));
                prop_assert!(offered(variant, runtime).without(variant.ceiling()).is_empty());
            } else {
                prop_assert_eq!(lacks, [Lack::Runtime { runtime, variant }]);
            }
        }
    }
}
