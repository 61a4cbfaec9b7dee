use casemate_model::EnclaveId;

use crate::testing::*;
use crate::{Observation, Rule};

const A: EnclaveId = EnclaveId { index: 1, generation: 0 };
const B: EnclaveId = EnclaveId { index: 2, generation: 0 };

/// What breaks in a pool of four frames with enclaves A and B alive, neither with a guarantee.
fn paging(stream: impl IntoIterator<Item = Observation>) -> Vec<Rule> {
    rules(prologue().into_iter().chain([created(B, "p", 0)]).chain(stream))
}

#[test]
fn a_page_has_one_residency() {
    assert_eq!(paging([page_in(A, 7, None, 0), page_in(A, 7, None, 1)]), [Rule::PageResidentTwice]);
    assert_eq!(paging([page_in(A, 7, None, 0), page_in(A, 8, None, 1)]), []);
}

#[test]
fn the_same_page_number_of_two_enclaves_is_two_pages() {
    assert_eq!(paging([page_in(A, 7, None, 0), page_in(B, 7, None, 1)]), []);
}

#[test]
fn a_page_comes_back_as_it_last_went_out() {
    let back = |version| {
        paging([
            page_in(A, 7, None, 0),
            page_out(A, 7, 1, 0),
            page_in(A, 7, Some(1), 0),
            page_out(A, 7, 2, 0),
            page_in(A, 7, version, 0),
        ])
    };
    assert_eq!(back(Some(2)), []);
    assert_eq!(back(Some(1)), [Rule::PageReplayed], "an older copy");
    assert_eq!(back(Some(3)), [Rule::PageReplayed], "a copy never made");
    assert_eq!(back(None), [Rule::PageReplayed], "zeroes instead of its contents");
}

#[test]
fn a_page_never_sealed_comes_in_fresh() {
    assert_eq!(paging([page_in(A, 7, Some(1), 0)]), [Rule::PageReplayed]);
}

#[test]
fn a_pages_version_only_grows() {
    let second = |version| {
        paging([
            page_in(A, 7, None, 0),
            page_out(A, 7, 5, 0),
            page_in(A, 7, Some(5), 0),
            page_out(A, 7, version, 0),
        ])
    };
    assert_eq!(second(6), []);
    assert_eq!(second(5), [Rule::VersionNotGrowing]);
    assert_eq!(second(4), [Rule::VersionNotGrowing]);
}

#[test]
fn a_frame_holds_one_page() {
    assert_eq!(paging([page_in(A, 1, None, 0), page_in(B, 2, None, 0)]), [Rule::FrameUsedTwice]);
    assert_eq!(paging([page_in(A, 1, None, 0), page_out(A, 1, 1, 0), page_in(B, 2, None, 0)]), []);
}

#[test]
fn only_a_resident_page_goes_out_and_from_its_own_frame() {
    assert_eq!(paging([page_out(A, 1, 1, 0)]), [Rule::EvictedNotResident]);
    assert_eq!(paging([page_in(A, 1, None, 0), page_out(A, 1, 1, 3)]), [Rule::EvictedNotResident]);
    assert_eq!(
        paging([page_in(A, 1, None, 0), page_out(A, 1, 1, 0), page_out(A, 1, 2, 0)]),
        [Rule::EvictedNotResident]
    );
}

#[test]
fn no_more_frames_are_in_use_than_there_are() {
    let fill = |frames| paging((0..frames).map(|n| page_in(A, n, None, n)));
    assert_eq!(fill(4), []);
    assert_eq!(fill(5), [Rule::PoolOverfull]);
}

#[test]
fn the_pool_counts_its_frames_right() {
    let says = |frames_capacity, frames_resident| {
        paging([page_in(A, 1, None, 0), Observation::Pool { frames_capacity, frames_resident }])
    };
    assert_eq!(says(4, 1), []);
    assert_eq!(says(4, 0), [Rule::PoolMiscounted]);
    assert_eq!(says(5, 1), [Rule::PoolMiscounted]);
}

#[test]
fn pages_of_no_live_enclave_are_noticed() {
    assert_eq!(paging([page_in(enclave(9), 0, None, 0)]), [Rule::OutOfOrder]);
}

#[test]
fn guarantees_together_fit_the_pool() {
    let guarantee =
        |pages| rules(prologue().into_iter().chain([created(B, "p", 3), created(enclave(3), "p", pages)]));
    assert_eq!(guarantee(1), []);
    assert_eq!(guarantee(2), [Rule::GuaranteesOvercommitted]);
}

#[test]
fn a_destroyed_enclaves_guarantee_is_free_again() {
    let stream = [created(B, "p", 3), destroyed(B, 0), created(enclave(3), "p", 4)];
    assert_eq!(rules(prologue().into_iter().chain(stream)), []);
}

/// B has two pages guaranteed and two resident; then this happens.
fn guaranteed_two(stream: impl IntoIterator<Item = Observation>) -> Vec<Rule> {
    let start = [created(B, "p", 2), page_in(B, 0, None, 0), page_in(B, 1, None, 1)];
    rules(prologue().into_iter().chain(start).chain(stream))
}

#[test]
fn no_enclave_loses_a_guaranteed_frame_to_another() {
    assert_eq!(guaranteed_two([page_out(B, 0, 1, 0), page_in(A, 0, None, 0)]), [Rule::GuaranteeBroken]);
}

#[test]
fn an_enclave_may_replace_its_own_pages_within_its_guarantee() {
    assert_eq!(guaranteed_two([page_out(B, 0, 1, 0), page_in(B, 5, None, 0)]), []);
}

#[test]
fn a_frame_given_up_is_not_owed_once_the_guarantee_is_met_elsewhere() {
    let stream = [page_out(B, 0, 1, 0), page_in(B, 0, Some(1), 2), page_in(A, 0, None, 0)];
    assert_eq!(guaranteed_two(stream), []);
}

#[test]
fn frames_beyond_the_guarantee_can_be_taken() {
    let stream = [page_in(B, 2, None, 2), page_out(B, 0, 1, 0), page_in(A, 0, None, 0)];
    assert_eq!(guaranteed_two(stream), []);
}

/// What breaks when A, with two pages resident, is destroyed like this.
fn destroying(frames_returned: u64, frames_zeroed: u64, keys_zeroed: bool) -> Vec<Rule> {
    let destroyed = Observation::EnclaveDestroyed { enclave: A, frames_returned, frames_zeroed, keys_zeroed };
    paging([page_in(A, 1, None, 0), page_in(A, 2, None, 1), destroyed])
}

#[test]
fn destruction_returns_and_zeroes_every_frame_and_the_key() {
    assert_eq!(destroying(2, 2, true), []);
    assert_eq!(destroying(1, 2, true), [Rule::FrameNotReturned]);
    assert_eq!(destroying(3, 2, true), [Rule::FrameNotReturned]);
    assert_eq!(destroying(2, 1, true), [Rule::FrameNotZeroed]);
    assert_eq!(destroying(2, 2, false), [Rule::KeyNotZeroed]);
}

#[test]
fn a_destroyed_enclaves_frames_are_free_again() {
    let all = (0..4).map(|n| page_in(A, n, None, n));
    let then = [destroyed(A, 4), page_in(B, 0, None, 0)];
    assert_eq!(paging(all.chain(then)), []);
}

#[test]
fn a_page_removed_while_its_enclave_is_destroyed_frees_its_frame_and_counts_as_returned() {
    let life = |frames| {
        paging([
            page_in(A, 7, None, 0),
            page_in(A, 8, None, 1),
            page_removed(A, 7, 0),
            page_in(B, 1, None, 0),
            destroyed(A, frames),
        ])
    };
    assert_eq!(life(2), []);
    assert_eq!(life(1), [Rule::FrameNotReturned, Rule::FrameNotZeroed]);
}

#[test]
fn only_a_resident_page_is_removed_and_from_its_own_frame() {
    assert_eq!(paging([page_removed(A, 7, 0)]), [Rule::EvictedNotResident]);
    assert_eq!(paging([page_in(A, 7, None, 0), page_removed(A, 7, 1)]), [Rule::EvictedNotResident]);
}
