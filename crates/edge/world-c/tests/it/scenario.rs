//! What `tests/c/scenario.c` does, without C in between and with words of its own.

use std::fmt::Write;

use casemate_world::{
    Answer, Class, ClientId, Closing, Config, CpuId, Event, Go, Outcome, ProperCpu, Refusal, Request,
    SessionError, Sessions, State, ThreadId, step,
};

#[test]
fn a_command_lives_through_preemption_a_move_and_its_clients_death() {
    insta::assert_snapshot!(log());
}

/// What is printed.
pub(crate) fn log() -> String {
    // As in scenario.c: the thread goes to the other CPU.
    let config = Config { tee_waits: Some(2), proper_cpu: ProperCpu::Idle, ..Config::new(2) };
    let mut run = Run { config, state: State::new(&config).unwrap(), log: String::new() };
    let mut sessions = Sessions::new();
    let (client, mortal) = (ClientId(7), ClientId(8));
    let request = Request { priority: 3, ..Request::PLAIN };

    let session = sessions.open(client).unwrap();
    let first = asked(&run.happens("SUBMIT", 0, Event::Submit(request)));
    sessions.begin(session, client, first).unwrap();
    assert_eq!(sessions.begin(session, client, first), Err(SessionError::Busy));
    run.say("second command: a command runs in this session");
    run.happens("ISSUE", 0, Event::Issue);
    run.happens("NON_SECURE", 0, Event::NonSecure);
    run.happens("QUANTUM", 0, Event::Quantum);
    for _ in 0..3 {
        run.happens("TICK", 0, Event::Tick);
    }
    run.happens("IDLE", 1, Event::Idle);
    assert_eq!(sessions.close(session, client), Ok(Closing::After(first)));
    run.say(&format!("close waits for {first}"));
    run.happens("FINISH", 1, Event::Finish);
    run.happens("ISSUE", 0, Event::Issue);
    run.happens("COLLECT", 0, Event::Collect);
    assert_eq!(sessions.end(first), Some(session));
    run.say("closed it");

    let session = sessions.open(mortal).unwrap();
    let second = asked(&run.happens("SUBMIT", 0, Event::Submit(request)));
    sessions.begin(session, mortal, second).unwrap();
    run.happens("ISSUE", 0, Event::Issue);
    run.happens("SGI", 1, Event::Sgi);
    run.happens("BLOCK", 1, Event::Block);
    let cancelled = sessions.client_died(mortal);
    run.say(&format!("to cancel {:x}", cancelled.bits()));
    run.happens("CANCEL", 0, Event::Cancel(second));
    run.happens("SGI", 1, Event::Sgi);
    run.happens("DEVICE", 1, Event::Device(second));
    run.happens("FINISH", 1, Event::Finish);
    run.happens("ISSUE", 0, Event::Issue);
    run.happens("IDLE", 0, Event::Idle);
    run.happens("TICK", 0, Event::Tick);
    assert_eq!(sessions.end(second), Some(session));
    run.say("closed it");
    run.log
}

struct Run {
    config: Config,
    state: State,
    log: String,
}

impl Run {
    fn say(&mut self, what: &str) {
        let _ = writeln!(self.log, "{what}");
    }

    fn happens(&mut self, name: &str, cpu: usize, event: Event) -> Outcome {
        let on = CpuId::new(cpu).unwrap();
        let outcome = step(&mut self.state, &self.config, on, event);
        let flag = |is: bool, name: &str| if is { format!(", {name}") } else { String::new() };
        let line = format!(
            "cpu {cpu} {name}: {}, {}, sgis {:x}, doorbells {:x}{}{}{}{}, bill {}{}{}",
            go(outcome.go),
            answer(outcome.answer),
            outcome.sgis.bits(),
            outcome.doorbells.bits(),
            flag(outcome.tick, "tick"),
            flag(outcome.ree_tick, "ree-tick"),
            flag(outcome.quantum, "quantum"),
            flag(outcome.wake_agent, "wake-agent"),
            class(outcome.bill.class),
            outcome.bill.of.map_or(String::new(), |of| format!(" {of}")),
            if outcome.bill.is_in_a_call() { " in-a-call" } else { "" },
        );
        self.say(&line);
        outcome
    }
}

fn asked(outcome: &Outcome) -> ThreadId {
    let Answer::Queued(thread) = outcome.answer else { panic!("{outcome:?}") };
    thread
}

fn go(go: Go) -> String {
    match go {
        Go::Ree => "ree".into(),
        Go::Thread(thread) => format!("thread {thread}"),
        Go::Stay => "stay".into(),
        Go::Sleep => "sleep".into(),
        Go::Off => "off".into(),
    }
}

fn answer(answer: Answer) -> String {
    match answer {
        Answer::Nothing => "nothing".into(),
        Answer::Accepted(thread) => format!("accepted {thread}"),
        Answer::Queued(thread) => format!("queued {thread}"),
        Answer::Finished(thread) => format!("finished {thread}"),
        Answer::Interrupted(thread) => format!("interrupted {thread}"),
        Answer::Pending(thread) => format!("pending {thread}"),
        Answer::Empty => "empty".into(),
        Answer::Refused(why) => format!("refused {}", refusal(why)),
    }
}

fn refusal(why: Refusal) -> &'static str {
    match why {
        Refusal::Busy => "busy",
        Refusal::Unknown => "unknown",
        Refusal::NotInThisDesign => "not-in-this-design",
        Refusal::Impossible => "impossible",
        Refusal::Deadlock => "deadlock",
        Refusal::Elsewhere => "elsewhere",
    }
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Off => "off",
        Class::Ree => "ree",
        Class::Requested => "requested",
        Class::SelfScheduled => "self-scheduled",
        Class::DuringIdle => "during-idle",
        Class::Idle => "idle",
    }
}
