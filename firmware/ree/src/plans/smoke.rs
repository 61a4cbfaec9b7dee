//! A call, an answer, a computation that is interrupted.

use casemate_metal_abi::{apps, smc};

use crate::sys::call;
use crate::sys::shared::Page;
use crate::{expect, interrupts, tee};

const PAGE: Page = Page::new(0);

pub(crate) fn run() {
    let uid = tee::ask(smc::CALLS_UID, [0; 4]);
    expect("uid", [uid[0], uid[1], uid[2], uid[3]], smc::UID.map(u64::from));
    let value =
        |app, function, words| tee::open(PAGE, app).and_then(|it| tee::value(PAGE, it, function, words));
    expect("echo", value(&apps::ECHO, apps::ECHO_REPEAT, [1, 2]), Ok(([2, 1], 0)));
    expect("unknown", value(&[7; 16], 0, [0, 0]), Err(casemate_metal_abi::message::ERROR_ITEM_NOT_FOUND));

    call::unmask();
    interrupts::tick_every(62_500, false);
    let long = value(&apps::LONG, apps::LONG_SUM, [3_000_000, 0]);
    expect("long", long.map(|it| it.0[0]), Ok(tee::sum(3_000_000)));
    expect("interrupted", long.is_ok_and(|it| it.1 > 3), true);
    expect("simd", value(&apps::LONG, apps::LONG_SIMD, [1_000_000, 0]).map(|it| it.0[0]), Ok(0));
    interrupts::tick_every(0, false);
    expect("chain", value(&apps::CHAIN, apps::CHAIN_SUM, [5, 0]).map(|it| it.0[0]), Ok(1_001_005));
    expect("deadlock", value(&apps::CHAIN, apps::CHAIN_DEADLOCK, [0, 0]).map(|it| it.0[0]), Ok(1));
}
