//! What the verifier asks of one vendor's verification: its stages, and a little about each.

use casemate_attest::claims::PlatformId;
use casemate_attest::{Refused, Window};
use casemate_model::Timestamp;

use crate::queue::Name;
use crate::standing::Standing;

/// One vendor's verification in stages.
///
/// The laws that the memory of platforms rests on:
/// - [`key`](Self::key) depends on signed bytes only, and on all of those that vouch for the platform;
/// - [`is_of`](Self::is_of) holds only where [`platform`](Self::platform) would answer the same;
/// - [`rate`](Self::rate) and [`is_rated`](Self::is_rated) do no cryptography.
pub trait Stages {
    /// Evidence taken apart.
    type Evidence<'a>: Copy;
    /// Endorsements, verified once, in which platforms are looked up.
    type Collateral;
    /// A platform whose every signature was verified, with the bytes that vouch for it.
    type Platform: Clone;
    /// What of one piece of evidence decides what its platform is worth.
    type Facts: Clone + Ord;
    /// The verdict.
    type Statement;

    /// Something cheap to read under which a platform may be found before its key is worked out. It may
    /// be anything: what is found is compared byte for byte.
    fn hint(evidence: Self::Evidence<'_>) -> Name;

    /// What a platform is remembered by; `None` where it is not to be.
    fn key(evidence: Self::Evidence<'_>) -> Option<Key>;

    /// Verifies the platform.
    ///
    /// # Errors
    ///
    /// Why it does not verify.
    fn platform(
        &self,
        evidence: Self::Evidence<'_>,
        collateral: &Self::Collateral,
    ) -> Result<Self::Platform, Refused>;

    /// Whether everything in evidence that vouches for its platform is, byte for byte, what was
    /// verified.
    fn is_of(platform: &Self::Platform, evidence: Self::Evidence<'_>) -> bool;

    /// When the platform's own certificates are valid.
    fn window(platform: &Self::Platform) -> Window;

    /// Which machine it is.
    fn id(platform: &Self::Platform) -> Option<PlatformId>;

    /// What decides the platform's worth, of evidence whose signature holds.
    fn facts(platform: &Self::Platform, evidence: Self::Evidence<'_>) -> Self::Facts;

    /// Looks a platform up in collateral.
    fn rate(
        platform: &Self::Platform,
        facts: &Self::Facts,
        collateral: &Self::Collateral,
        now: Timestamp,
    ) -> Rated;

    /// Whether [`rate`](Self::rate) would answer this standing: the same question, cheaper.
    fn is_rated(
        standing: &Standing,
        platform: &Self::Platform,
        facts: &Self::Facts,
        collateral: &Self::Collateral,
        now: Timestamp,
    ) -> bool {
        Self::rate(platform, facts, collateral, now).standing == *standing
    }

    /// Everything at the instant `now`: the evidence's own signature, which is the only one verified,
    /// the platform's worth, and dates.
    ///
    /// # Errors
    ///
    /// Why it is refused. The refusal has claims exactly where every signature holds.
    fn appraise(
        platform: &Self::Platform,
        evidence: Self::Evidence<'_>,
        collateral: &Self::Collateral,
        now: Timestamp,
    ) -> Result<Self::Statement, Refused>;
}

/// What a platform is worth, and when what says so is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rated {
    /// The worth.
    pub standing: Standing,
    /// `None` where nothing says so.
    pub window: Option<Window>,
}

/// What a platform is remembered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Everything signed that vouches for it.
    pub platform: Name,
    /// The certificate it begins with: whoever has it has one share of the memory, however many keys it
    /// makes.
    pub owner: Name,
}
