//! A record of the log.
//!
//! Bytes: 0 the time; 8 a word (a deadline; what a note says); 16 the CPU; 17 what happened; 18 its thread; 19 a
//! priority, or an application; 20 what a request says of itself; 21 where the CPU goes, and 22 to which thread; 23 the
//! answer, and 24 its thread or reason; 25 CPUs whose TEE looks again; 26 CPUs whose REE is told; 27 flags; 28 the class
//! of time, and 29 whose; 30 and 31 are 0. No thread is 255.

use casemate_world::{Answer, Class, CpuId, CpuSet, Event, Go, Refusal, Request, ThreadId};

use crate::bytes::{Malformed, Reader};
use crate::codes::Code as _;
use crate::decided::Decided;

/// What happened at a time on a CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Ticks of the counter.
    pub time: u64,
    /// The CPU.
    pub cpu: CpuId,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Something that was decided upon.
    Step(Event, Decided),
    /// Something else.
    Note(Note),
}

/// Something that decides nothing and that whoever reads the log wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The request of this thread is for the application of this number, in a session of this number.
    Begin(ThreadId, u8, u32),
    /// It ended with this result.
    End(ThreadId, u32),
    /// The REE marks a place.
    Mark(u64),
}

const NOBODY: u8 = 0xff;

const SYNC: u8 = 1;
const SUITS_BIG: u8 = 2;

const BEGIN: u8 = 0x80;
const END: u8 = 0x81;
const MARK: u8 = 0x82;

#[inline(always)]
const fn number(thread: ThreadId) -> u8 {
    // There are fewer than 255.
    thread.index() as u8
}

fn thread(byte: u8, field: &'static str) -> Result<ThreadId, Malformed> {
    ThreadId::new(byte.into()).ok_or(Malformed::Field(field))
}

/// The tag, thread, priority, flags and word of an event.
#[inline(always)]
const fn event_bytes(event: &Event) -> (u8, u8, u8, u8, u64) {
    match *event {
        Event::Submit(request) => {
            let sync = if request.sync { SYNC } else { 0 };
            let big = if request.suits_big { SUITS_BIG } else { 0 };
            (0, NOBODY, request.priority, sync | big, request.deadline)
        }
        Event::Issue => (1, NOBODY, 0, 0, 0),
        Event::Resume(thread) => (2, number(thread), 0, 0, 0),
        Event::Schedule => (3, NOBODY, 0, 0, 0),
        Event::Collect => (4, NOBODY, 0, 0, 0),
        Event::Cancel(thread) => (5, number(thread), 0, 0, 0),
        Event::Idle => (6, NOBODY, 0, 0, 0),
        Event::Offline => (7, NOBODY, 0, 0, 0),
        Event::Online => (8, NOBODY, 0, 0, 0),
        Event::Tick => (9, NOBODY, 0, 0, 0),
        Event::Quantum => (10, NOBODY, 0, 0, 0),
        Event::Sgi => (11, NOBODY, 0, 0, 0),
        Event::NonSecure => (12, NOBODY, 0, 0, 0),
        Event::Device(thread) => (13, number(thread), 0, 0, 0),
        Event::Release(thread, deadline) => (14, number(thread), 0, 0, deadline),
        Event::Finish => (15, NOBODY, 0, 0, 0),
        Event::Block => (16, NOBODY, 0, 0, 0),
        Event::Call(thread) => (17, number(thread), 0, 0, 0),
    }
}

fn event_of(tag: u8, of: u8, priority: u8, flags: u8, word: u64) -> Result<Event, Malformed> {
    let thread = || thread(of, "thread");
    Ok(match tag {
        0 => Event::Submit(Request {
            priority,
            deadline: word,
            sync: flags & SYNC != 0,
            suits_big: flags & SUITS_BIG != 0,
        }),
        1 => Event::Issue,
        2 => Event::Resume(thread()?),
        3 => Event::Schedule,
        4 => Event::Collect,
        5 => Event::Cancel(thread()?),
        6 => Event::Idle,
        7 => Event::Offline,
        8 => Event::Online,
        9 => Event::Tick,
        10 => Event::Quantum,
        11 => Event::Sgi,
        12 => Event::NonSecure,
        13 => Event::Device(thread()?),
        14 => Event::Release(thread()?, word),
        15 => Event::Finish,
        16 => Event::Block,
        17 => Event::Call(thread()?),
        _ => return Err(Malformed::Field("event")),
    })
}

#[inline(always)]
const fn go_bytes(go: Go) -> (u8, u8) {
    match go {
        Go::Ree => (0, NOBODY),
        Go::Thread(thread) => (1, number(thread)),
        Go::Stay => (2, NOBODY),
        Go::Sleep => (3, NOBODY),
        Go::Off => (4, NOBODY),
    }
}

fn go_of(tag: u8, of: u8) -> Result<Go, Malformed> {
    Ok(match tag {
        0 => Go::Ree,
        1 => Go::Thread(thread(of, "go")?),
        2 => Go::Stay,
        3 => Go::Sleep,
        4 => Go::Off,
        _ => return Err(Malformed::Field("go")),
    })
}

#[inline(always)]
fn answer_bytes(answer: Answer) -> (u8, u8) {
    match answer {
        Answer::Nothing => (0, NOBODY),
        Answer::Accepted(thread) => (1, number(thread)),
        Answer::Queued(thread) => (2, number(thread)),
        Answer::Finished(thread) => (3, number(thread)),
        Answer::Interrupted(thread) => (4, number(thread)),
        Answer::Pending(thread) => (5, number(thread)),
        Answer::Empty => (6, NOBODY),
        Answer::Refused(why) => (7, why.code()),
    }
}

fn answer_of(tag: u8, of: u8) -> Result<Answer, Malformed> {
    let thread = || thread(of, "answer");
    Ok(match tag {
        0 => Answer::Nothing,
        1 => Answer::Accepted(thread()?),
        2 => Answer::Queued(thread()?),
        3 => Answer::Finished(thread()?),
        4 => Answer::Interrupted(thread()?),
        5 => Answer::Pending(thread()?),
        6 => Answer::Empty,
        7 => Answer::Refused(Refusal::of(of)?),
        _ => return Err(Malformed::Field("answer")),
    })
}

impl Record {
    /// Bytes of a record.
    pub const BYTES: usize = 32;

    /// As bytes.
    #[inline(always)]
    #[must_use]
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let (word, rest) = match &self.what {
            What::Step(event, decided) => {
                let (tag, of, priority, about, word) = event_bytes(event);
                let (go, go_to) = go_bytes(decided.go);
                let (answer, answer_of) = answer_bytes(decided.answer);
                let flags = u8::from(decided.tick)
                    | u8::from(decided.ree_tick) << 1
                    | u8::from(decided.quantum) << 2
                    | u8::from(decided.wake_agent) << 3
                    | u8::from(decided.in_call) << 4;
                let whose = match decided.of {
                    Some(thread) => number(thread),
                    None => NOBODY,
                };
                let first = [tag, of, priority, about, go, go_to, answer];
                let second = [
                    answer_of,
                    decided.sgis.bits(),
                    decided.doorbells.bits(),
                    flags,
                    decided.class.code(),
                    whose,
                    0,
                    0,
                ];
                (word, (first, second))
            }
            What::Note(note) => {
                let (tag, of, app, word) = match *note {
                    Note::Begin(thread, app, session) => (BEGIN, number(thread), app, session.into()),
                    Note::End(thread, result) => (END, number(thread), 0, result.into()),
                    Note::Mark(word) => (MARK, NOBODY, 0, word),
                };
                (word, ([tag, of, app, 0, 0, 0, 0], [0; 8]))
            }
        };
        let ([a, b, c, d, e, f, g], second) = rest;
        let mut bytes = [0; Self::BYTES];
        bytes[..8].copy_from_slice(&self.time.to_le_bytes());
        bytes[8..16].copy_from_slice(&word.to_le_bytes());
        // There are fewer than 256.
        bytes[16..24].copy_from_slice(&[self.cpu.index() as u8, a, b, c, d, e, f, g]);
        bytes[24..].copy_from_slice(&second);
        bytes
    }

    /// Of bytes.
    ///
    /// # Errors
    ///
    /// The first field that has a value that it cannot have. Whatever is accepted is written as the same bytes again.
    pub fn decode(bytes: &[u8; Self::BYTES]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let (time, word) = (reader.u64()?, reader.u64()?);
        let cpu = CpuId::new(reader.u8()?.into()).ok_or(Malformed::Field("cpu"))?;
        let [tag, of, priority, about, go, go_to, answer, answer_to] = reader.take()?;
        let [sgis, doorbells, flags, class, whose, ..] = reader.take::<7>()?;
        let what = if tag < BEGIN {
            let decided = Decided {
                go: go_of(go, go_to)?,
                answer: answer_of(answer, answer_to)?,
                sgis: CpuSet::from_bits(sgis),
                doorbells: CpuSet::from_bits(doorbells),
                tick: flags & 1 != 0,
                ree_tick: flags & 2 != 0,
                quantum: flags & 4 != 0,
                wake_agent: flags & 8 != 0,
                class: Class::of(class)?,
                of: if whose == NOBODY { None } else { Some(thread(whose, "of")?) },
                in_call: flags & 16 != 0,
            };
            What::Step(event_of(tag, of, priority, about, word)?, decided)
        } else {
            let narrow = || u32::try_from(word).map_err(|_| Malformed::Field("note"));
            What::Note(match tag {
                BEGIN => Note::Begin(thread(of, "thread")?, priority, narrow()?),
                END => Note::End(thread(of, "thread")?, narrow()?),
                MARK => Note::Mark(word),
                _ => return Err(Malformed::Field("event")),
            })
        };
        let record = Self { time, cpu, what };
        if record.encode() == *bytes { Ok(record) } else { Err(Malformed::Field("unused")) }
    }
}
