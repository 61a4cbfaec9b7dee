//! MRENCLAVE.

use casemate_attest::LayoutError;
use casemate_attest::sgx::{MeasurementBuilder, PageFlags};
use casemate_model::Measurement;
use proptest::prelude::*;

const SIZE: u64 = 0x8000;

fn page(seed: u8) -> [u8; 4096] {
    std::array::from_fn(|i| (i as u8).wrapping_mul(seed))
}

/// The expected value was computed from the manual's tables by a separate program.
#[test]
fn a_small_enclave_has_the_measurement_the_manual_gives_it() {
    let mut builder = MeasurementBuilder::ecreate(1, SIZE).expect("a size");
    builder.measured_page(0, PageFlags::READ_EXECUTE, &page(7)).expect("inside");
    builder.eadd(0x3000, PageFlags::READ_WRITE).expect("inside");
    builder.eadd(0x7000, PageFlags::TCS).expect("inside");
    assert_eq!(
        builder.finish().to_string(),
        "12fdee07bdcefc8124f1c716310ee556b2173db72686f7dd2e698f257ab58f52"
    );
}

#[test]
fn a_layout_that_hardware_refuses_is_refused() {
    for size in [0, 4096, 8191, 0x3000, u64::MAX] {
        assert_eq!(MeasurementBuilder::ecreate(1, size).err(), Some(LayoutError::Size { size }));
    }
    assert_eq!(MeasurementBuilder::ecreate(0, SIZE).err(), Some(LayoutError::SsaFrame));

    let mut builder = MeasurementBuilder::ecreate(1, SIZE).expect("a size");
    for offset in [1, 4095, SIZE, SIZE + 4096, u64::MAX - 4095] {
        let refused = builder.eadd(offset, PageFlags::READ);
        assert_eq!(refused, Err(LayoutError::Offset { unit: "a page", offset, size: SIZE }));
    }
    for offset in [1, 255, SIZE] {
        let refused = builder.eextend(offset, &[0; 256]);
        assert_eq!(refused, Err(LayoutError::Offset { unit: "a chunk", offset, size: SIZE }));
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Add(u64, u64),
    Extend(u64, u8),
}

fn measure(steps: &[Step]) -> Measurement {
    let mut builder = MeasurementBuilder::ecreate(1, SIZE).expect("a size");
    for step in steps {
        match *step {
            Step::Add(page, flags) => builder.eadd(page * 4096, PageFlags(flags)).expect("inside"),
            Step::Extend(chunk, byte) => builder.eextend(chunk * 256, &[byte; 256]).expect("inside"),
        }
    }
    builder.finish()
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u64..8, 0_u64..0x300).prop_map(|(page, flags)| Step::Add(page, flags)),
        (0_u64..128, any::<u8>()).prop_map(|(chunk, byte)| Step::Extend(chunk, byte)),
    ]
}

proptest! {
    #[test]
    fn another_way_of_building_is_another_measurement(
        one in prop::collection::vec(step(), 0..6), other in prop::collection::vec(step(), 0..6),
    ) {
        prop_assert_eq!(measure(&one) == measure(&other), one == other);
    }
}
