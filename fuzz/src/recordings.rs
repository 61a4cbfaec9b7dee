//! Recordings of the scheduler.

use casemate_sched_trace::Recording;

/// Any bytes as a recording.
///
/// Asserted: no task did more than there was time for; every burst runs; tasks and interrupts are in order.
pub(crate) fn trace(bytes: Vec<u8>) {
    match Recording::read(&bytes) {
        Ok(recording) => {
            let length = recording.length;
            for task in &recording.tasks {
                assert!(task.run() + task.sleep() <= length, "{task:?} in {length}");
                assert!(task.pid != 0 && !task.bursts.is_empty(), "{task:?}");
                assert!(task.bursts.iter().all(|it| it.run > 0), "{task:?}");
            }
            assert!(recording.tasks.is_sorted_by(|a, b| a.run() >= b.run()));
            assert!(recording.interrupts.is_sorted_by_key(|it| it.at));
            assert!(recording.interrupts.iter().all(|it| it.at <= length && it.handler <= length));
            let _ = (recording.busiest(3), recording.tally.remarks());
        }
        Err(problem) => assert!(!problem.to_string().is_empty()),
    }
}

/// One of each form.
pub(crate) fn trace_seeds() -> Vec<Vec<u8>> {
    let ftrace = "# tracer: nop\n#\n          <idle>-0       [001] d..2.    10.000100: sched_switch: prev_comm=swapper/1 \
                  prev_pid=0 prev_prio=120 prev_state=R ==> next_comm=Web Content next_pid=12 next_prio=116\n     \
                  Web Content-12      [001] d.h2.    10.000400: irq_handler_entry: irq=30 name=eth0\n     Web \
                  Content-12      [001] d.h2.    10.000420: irq_handler_exit: irq=30 ret=handled\nCPU:0 [LOST 12 \
                  EVENTS]\n     Web Content-12      [001] d..2.    10.002000: sched_switch: prev_comm=Web Content \
                  prev_pid=12 prev_prio=116 prev_state=S ==> next_comm=swapper/1 next_pid=0 next_prio=120\n";
    let trace_cmd = "cpus=2\n          <idle>-0     [000]    10.000100: sched_waking:         comm=a:b pid=7 prio=120 target_cpu=000\n          \
                     <idle>-0     [000]    10.000110: sched_switch:         swapper/0:0 [120] R ==> a:b:7 [120]\n             \
                     a:b-7     [000]    10.000900: sched_switch:         a:b:7 [120] R ==> c:8 [139]\nCPU:0 [3 EVENTS DROPPED]\n               \
                     c-8     [000]    10.003000: sched_switch:         c:8 [139] D ==> swapper/0:0 [120]\n";
    let perf = "         swapper     0 [000]    10.000100000:          1 sched:sched_switch: prev_comm=swapper/0 prev_pid=0 \
                prev_prio=120 prev_state=R ==> next_comm=x next_pid=9 next_prio=0\n        ffffffff81000000 schedule+0x10 \
                ([kernel.kallsyms])\n\n               x     9/9     [000]    10.004000000:          1 sched:sched_switch: \
                x:9 [0] S ==> swapper/0:0 [120]\n";
    [ftrace, trace_cmd, perf].map(|it| it.as_bytes().to_vec()).into()
}
