//! What a ledger's knowledge of its nodes rests on, as a type.

use std::fmt;

/// What placements rest on: [`Hypothetical`] or [`OnEvidence`], and nothing else.
pub trait Grounds: sealed::Sealed + fmt::Debug {}

/// Nodes are known from a document: plan and simulate, but run nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hypothetical {}

/// Nodes are vouched for by witnesses of their platforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnEvidence {}

impl Grounds for Hypothetical {}
impl Grounds for OnEvidence {}

pub(crate) use sealed::Trust;

mod sealed {
    use std::fmt::Debug;

    use casemate_model::Timestamp;
    use casemate_policy::{Attested, Expired, Fresh, Platform};

    use super::{Hypothetical, OnEvidence};
    use crate::span::Span;

    /// What is known at an instant about a node's platform.
    #[derive(Debug)]
    pub enum Trust<'a> {
        /// Taken for granted, because nothing is going to run.
        Assumed,
        /// A witness holds now.
        Fresh(Fresh<'a, Platform>),
        /// There is a witness, and it does not hold now.
        Lapsed(Expired),
        /// There is no witness.
        Unattested,
        /// It is supposed that none would hold; with the reason.
        Distrusted(&'a str),
    }

    pub trait Sealed: Sized {
        /// What vouches for a node.
        type Voucher: Debug;

        fn trust(voucher: &Self::Voucher, now: Timestamp) -> Trust<'_>;

        /// The first instant after `now` at which the answer is another; `None` where it never is.
        fn changes_after(voucher: &Self::Voucher, now: Timestamp) -> Option<Timestamp>;
    }

    impl Sealed for Hypothetical {
        /// Why it is not to be trusted, where that is supposed.
        type Voucher = Option<String>;

        fn trust(voucher: &Option<String>, _: Timestamp) -> Trust<'_> {
            voucher.as_deref().map_or(Trust::Assumed, Trust::Distrusted)
        }

        fn changes_after(_: &Option<String>, _: Timestamp) -> Option<Timestamp> {
            None
        }
    }

    impl Sealed for OnEvidence {
        type Voucher = Option<Attested<Platform>>;

        fn trust(voucher: &Self::Voucher, now: Timestamp) -> Trust<'_> {
            match voucher.as_ref().map(|witness| witness.at(now)) {
                Some(Ok(fresh)) => Trust::Fresh(fresh),
                Some(Err(expired)) => Trust::Lapsed(expired),
                None => Trust::Unattested,
            }
        }

        fn changes_after(voucher: &Self::Voucher, now: Timestamp) -> Option<Timestamp> {
            match voucher.as_ref()?.at(now) {
                Ok(fresh) => Some(Span::falls_at(fresh.not_after(), now)),
                Err(expired) => Some(expired.not_before).filter(|begins| now < *begins),
            }
        }
    }
}
