//! What holds of every recording, and of every sequence of bytes.

use casemate_sched_trace::Recording;
use proptest::prelude::*;

use crate::forms::read;
use crate::printed::{FORMS, What, Who, idle, printed};

/// Tasks on CPUs as a scheduler could have had them: at each step some CPU switches to a task that waits, wakes
/// one that sleeps, or handles an interrupt.
fn events(steps: &[(u8, u8, u16)]) -> (Vec<(u64, u16, Who<'static>, What<'static>)>, u64) {
    const TASKS: [Who<'static>; 6] =
        [("a", 1, 120), ("b c", 2, 100), ("d:5", 3, 139), ("[x]", 4, 0), ("==>", 5, 120), ("f=g", 6, 121)];
    let mut current = [None::<usize>; 3];
    let (mut asleep, mut since) = ([true; 6], [None; 3]);
    let (mut now, mut ran, mut handled, mut events) = (1_000, 0, 0, Vec::new());
    for (who, how, wait) in steps {
        now += u64::from(*wait) + 1;
        let cpu = usize::from(who % 3);
        let number = u16::from(who % 3);
        let runs = current[cpu].map_or(idle(number), |it| TASKS[it]);
        let task = usize::from(*how) % 6;
        match how % 5 {
            0 => {
                events.push((now, number, runs, What::IrqEntry(7, "eth0")));
                events.push((now + 1, number, runs, What::IrqExit(7)));
                if current[cpu].is_some() && since[cpu].is_some() {
                    handled += 1;
                }
                now += 1;
            }
            1 if !current.contains(&Some(task)) => {
                events.push((now, number, runs, What::Waking(TASKS[task])));
                asleep[task] = false;
            }
            _ => {
                let waits = !asleep[task] && !current.contains(&Some(task));
                let next = if waits { Some(task) } else { None };
                let to = next.map_or(idle(number), |it| TASKS[it]);
                let blocks = how % 2 == 0;
                events.push((now, number, runs, What::Switch(if blocks { "S" } else { "R" }, to)));
                if let (Some(of), Some(from)) = (current[cpu], since[cpu]) {
                    ran += now - from;
                    asleep[of] = blocks;
                }
                (current[cpu], since[cpu]) = (next, Some(now));
            }
        }
    }
    now += 5_000;
    events.push((now, 0, idle(0), What::Other));
    for cpu in 0..3 {
        if let (Some(_), Some(from)) = (current[cpu], since[cpu]) {
            ran += now - from;
        }
    }
    (events, (ran - handled) * 1_000)
}

proptest! {
    #[test]
    fn all_tasks_ran_for_what_was_between_their_switches_in_every_form(
        steps in prop::collection::vec((any::<u8>(), any::<u8>(), 0_u16..3_000), 1..80),
    ) {
        let (events, ran) = events(&steps);
        let has_task = events.iter().any(|it| matches!(it.3, What::Switch(_, to) if to.1 != 0));
        prop_assume!(has_task);
        let recordings = FORMS.map(|it| read(&printed(it, &events)));
        let first = &recordings[0];
        prop_assert_eq!(first.tasks.iter().map(|it| it.run()).sum::<u64>(), ran);
        prop_assert_eq!(first.tally.unpaired, 0);
        for it in &first.tasks {
            prop_assert!(it.run() + it.sleep() <= first.length);
            prop_assert!(it.bursts.iter().all(|it| it.run > 0));
            let but_last = &it.bursts[..it.bursts.len() - 1];
            prop_assert!(but_last.iter().all(|it| it.sleep >= 1_000));
        }
        for it in &recordings {
            prop_assert_eq!(&it.tasks, &first.tasks);
            prop_assert_eq!(&it.interrupts, &first.interrupts);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_with_a_reason(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        if let Err(problem) = Recording::read(&bytes) {
            prop_assert!(!problem.to_string().is_empty());
        }
    }

    #[test]
    fn damaged_traces_are_read_or_refused_with_a_reason(
        steps in prop::collection::vec((any::<u8>(), any::<u8>(), 0_u16..3_000), 1..20),
        form in 0..FORMS.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = printed(FORMS[form], &events(&steps).0).into_bytes();
        for (at, with) in edits {
            let at = at.index(bytes.len());
            bytes[at] = with;
        }
        match Recording::read(&bytes) {
            Ok(recording) => {
                for it in &recording.tasks {
                    prop_assert!(it.run() + it.sleep() <= recording.length, "{it:?}");
                }
            }
            Err(problem) => prop_assert!(!problem.to_string().is_empty()),
        }
    }
}
