//! The whole document of a boot and its text, of a log that is always the same.

use std::time::Duration;

use casemate_metal::{Boot, End, Missing, Plan, Refusal, Report, setup};
use casemate_world::{Config, CpuId, Event, Request, State, step};
use casemate_world_log::{Decided, Record, Ree, What};

/// Two requests on the first CPU, of which one waits for a while; what the TEE does on the second while the REE sleeps.
const HAPPENS: [(u64, usize, Event); 15] = [
    (0, 0, Event::Tick),
    (10, 1, Event::Idle),
    (20, 0, Event::Submit(Request::PLAIN)),
    (30, 0, Event::Issue),
    (400, 0, Event::Finish),
    (500, 0, Event::Submit(Request::PLAIN)),
    (510, 0, Event::Issue),
    (700, 0, Event::NonSecure),
    (900, 0, Event::Tick),
    (1_000, 1, Event::NonSecure),
    (1_050, 1, Event::Idle),
    (1_400, 1, Event::Tick),
    (1_500, 0, Event::Tick),
    (1_600, 1, Event::NonSecure),
    (1_700, 0, Event::Idle),
];

fn boot(ree: Ree, said: &str) -> Boot {
    let config = Config::new(2);
    let setup = setup(config, Plan::named(ree, None).unwrap()).unwrap();
    let mut state = State::new(&config).unwrap();
    for spawn in setup.spawned.iter().flatten() {
        state.spawn(spawn.kind, &spawn.request, &config).unwrap();
    }
    let mut log = setup.encode().to_vec();
    for (micros, cpu, event) in HAPPENS {
        let cpu = CpuId::new(cpu).unwrap();
        let decided = Decided::from(&step(&mut state, &config, cpu, event));
        // Some 62 ticks are a microsecond.
        log.extend(
            Record { time: 1_000_000 + micros * 125 / 2, cpu, what: What::Step(event, decided) }.encode(),
        );
    }
    Boot {
        end: End::Code(0),
        ree: said.to_owned(),
        tee: String::new(),
        complaint: String::new(),
        log,
        took: Duration::from_millis(1_234),
    }
}

fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).unwrap()
}

/// Below Linux, with all that it says; the second check fails.
fn linux() -> Report {
    let said = "[    0.9] noise\r\n\
                casemate: ok echo\r\n\
                casemate: FAILED aes: wrong\r\n\
                casemate: stat begin cpu0 user=0 nice=0 system=36 idle=119 iowait=0 irq=0 softirq=0\r\n\
                casemate: stat begin cpu1 user=0 nice=0 system=22 idle=130 iowait=0 irq=0 softirq=0\r\n\
                casemate: wfi begin cpu0 us=3\r\n\
                casemate: clock begin ns=1577517008 counter=1006250\r\n\
                casemate: ssr completed=2 failed=0\r\n\
                casemate: stat end cpu0 user=1 nice=0 system=37 idle=119 iowait=0 irq=0 softirq=0\r\n\
                casemate: stat end cpu1 user=0 nice=0 system=22 idle=131 iowait=0 irq=0 softirq=0\r\n\
                casemate: wfi end cpu0 us=5\r\n\
                casemate: clock end ns=1578917008 counter=1093750\r\n\
                casemate: done failed=1\r\n";
    let (mut report, _) = Report::of(&boot(Ree::Linux, said));
    (report.qemu, report.linux) = (Some("7.2".to_owned()), Some("6.1.0".to_owned()));
    report
}

#[test]
fn the_document_of_a_boot_is_this() {
    insta::assert_snapshot!(json(&linux()));
}

#[test]
fn the_text_of_a_boot_is_this() {
    insta::assert_snapshot!(linux().text());
}

#[test]
fn what_calls_cost_is_a_table() {
    let said = "ree: bench smc-el3 n=200 min=76 avg=76 max=76\n\
                ree: bench stolen-tick n=18 min=659 avg=871 max=1860\n\
                ree: bench nonsense n=many\n\
                ree: done failed=0\n";
    let (report, _) = Report::of(&boot(Ree::Bare, said));
    insta::assert_snapshot!(report.text());
}

#[test]
fn the_document_where_nothing_was_booted_is_this() {
    let refusal = Refusal { missing: Some(Missing::Qemu), ..Refusal::new("no qemu", "install it") };
    insta::assert_snapshot!(json(&Report::refused(&refusal)));
}
