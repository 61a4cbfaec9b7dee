/*
 * The scheduler of two worlds on one CPU. How to use it: docs/world-c.md.
 *
 * Made of the source of casemate-world-c; the changes belong there. In comments names go without
 * `CASEMATE_WORLD_`, those of a status also without `STATUS_`.
 */

#ifndef CASEMATE_WORLD_H
#define CASEMATE_WORLD_H

#include <stddef.h>
#include <stdint.h>

// The version of this interface. It changes with anything in the header that a program compiled before
// would take for something else.
#define CASEMATE_WORLD_ABI 1

// CPUs there may be.
#define CASEMATE_WORLD_CPUS 8

// Threads there may be, requests that wait among them.
#define CASEMATE_WORLD_THREADS 16

// Sessions there may be.
#define CASEMATE_WORLD_SESSIONS 16

// Words that fit into a ring.
#define CASEMATE_WORLD_RING_WORDS 64

// No thread.
#define CASEMATE_WORLD_NO_THREAD 255

// No CPU.
#define CASEMATE_WORLD_NO_CPU 255

// A wait without an end, in ticks.
#define CASEMATE_WORLD_FOR_EVER 65535

// What became of a call. `OK` is 0; after anything else nothing has changed, and nothing was written.
enum casemate_world_status
#if __STDC_VERSION__ >= 202311L
  : int32_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // It is done.
  CASEMATE_WORLD_STATUS_OK = 0,
  // A pointer is null.
  CASEMATE_WORLD_STATUS_NULL_POINTER = 1,
  // A pointer is not aligned as its type is.
  CASEMATE_WORLD_STATUS_MISALIGNED = 2,
  // The memory holds no such thing: it was not initialised, or holds another.
  CASEMATE_WORLD_STATUS_NOT_INITIALISED = 3,
  // Another call is at work on it: an interrupt came in between, or a CPU without the lock.
  CASEMATE_WORLD_STATUS_IN_USE = 4,
  // No CPU of this design has this number.
  CASEMATE_WORLD_STATUS_NO_SUCH_CPU = 5,
  // No thread can have this number.
  CASEMATE_WORLD_STATUS_NO_SUCH_THREAD = 6,
  // No event has this number.
  CASEMATE_WORLD_STATUS_NO_SUCH_EVENT = 7,
  // A field has a value that means nothing.
  CASEMATE_WORLD_STATUS_NO_SUCH_VALUE = 8,
  // The design makes no sense; the reason says why.
  CASEMATE_WORLD_STATUS_SENSELESS = 9,
  // Every place is taken (`TEE_ERROR_BUSY`).
  CASEMATE_WORLD_STATUS_FULL = 10,
  // There is nothing in it.
  CASEMATE_WORLD_STATUS_EMPTY = 11,
  // There is no such session, or none of this client (`TEEC_ERROR_BAD_PARAMETERS`).
  CASEMATE_WORLD_STATUS_NO_SUCH_SESSION = 12,
  // A command runs in this session (`TEE_ERROR_BUSY`).
  CASEMATE_WORLD_STATUS_SESSION_BUSY = 13,
  // The session is being closed (`TEE_ERROR_TARGET_DEAD`).
  CASEMATE_WORLD_STATUS_SESSION_CLOSING = 14,
  // A task makes no sense: it never comes, does nothing, or has a deadline beyond its period.
  CASEMATE_WORLD_STATUS_SENSELESS_TASK = 15,
  // Nothing is sure: the design lets the REE keep the CPU for ever, or bring back the TEE when it likes.
  CASEMATE_WORLD_STATUS_NO_SUPPLY = 16,
  // A task may miss its deadline.
  CASEMATE_WORLD_STATUS_LATE = 17,
  // There are more tasks than threads.
  CASEMATE_WORLD_STATUS_TOO_MANY = 18,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_status casemate_world_status;
#else
typedef int32_t casemate_world_status;
#endif // __STDC_VERSION__ >= 202311L

// Why a design is refused: first the fields that have a value which means nothing, then what makes no sense.
enum casemate_world_reason
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // It is not.
  CASEMATE_WORLD_REASON_NONE = 0,
  // `entry` is none there is.
  CASEMATE_WORLD_REASON_ENTRY = 1,
  // `slice` is not 0 although nothing is sliced.
  CASEMATE_WORLD_REASON_SLICE = 2,
  // `priority` is none there is.
  CASEMATE_WORLD_REASON_PRIORITY = 3,
  // `agent` is none there is.
  CASEMATE_WORLD_REASON_AGENT = 4,
  // `order` is none there is.
  CASEMATE_WORLD_REASON_ORDER = 5,
  // `goal` is none there is.
  CASEMATE_WORLD_REASON_GOAL = 6,
  // `device` is none there is.
  CASEMATE_WORLD_REASON_DEVICE = 7,
  // `proper_cpu` is none there is.
  CASEMATE_WORLD_REASON_PROPER_CPU = 8,
  // `balance` is none there is.
  CASEMATE_WORLD_REASON_BALANCE = 9,
  // `tick` is none there is.
  CASEMATE_WORLD_REASON_TICK = 10,
  // `resume` is none there is.
  CASEMATE_WORLD_REASON_RESUME = 11,
  // `switch_back` is none there is.
  CASEMATE_WORLD_REASON_SWITCH_BACK = 12,
  // `scheduling_call` is neither 0 nor 1.
  CASEMATE_WORLD_REASON_SCHEDULING_CALL = 13,
  // `nohz` is neither 0 nor 1.
  CASEMATE_WORLD_REASON_NOHZ = 14,
  // `idle_hand_over` is neither 0 nor 1.
  CASEMATE_WORLD_REASON_IDLE_HAND_OVER = 15,
  // `least_progress` is neither 0 nor 1.
  CASEMATE_WORLD_REASON_LEAST_PROGRESS = 16,
  // `tee_waits` is more than 255 and not `FOR_EVER`.
  CASEMATE_WORLD_REASON_TEE_WAITS = 17,
  // `ree_waits` is more than 255 and not `FOR_EVER`.
  CASEMATE_WORLD_REASON_REE_WAITS = 18,
  // `reserved` is not 0.
  CASEMATE_WORLD_REASON_RESERVED = 19,
  // No CPU, or more than are kept track of.
  CASEMATE_WORLD_REASON_CPUS = 32,
  // A big CPU is named that is not there.
  CASEMATE_WORLD_REASON_BIG_CPU = 33,
  // With function calls only there are no threads to queue, to wake, to move or to tick for.
  CASEMATE_WORLD_REASON_CALL_WITH_THREADS = 34,
  // A time slice of no ticks, or one that nothing measures.
  CASEMATE_WORLD_REASON_SLICE_WITHOUT_TICK = 35,
  // It is to go on at a tick that never comes.
  CASEMATE_WORLD_REASON_RESUME_WITHOUT_TICK = 36,
  // A wait is bounded in ticks that never come.
  CASEMATE_WORLD_REASON_BOUND_WITHOUT_TICK = 37,
  // Work is to go on when the REE is idle, of which nobody tells.
  CASEMATE_WORLD_REASON_RESUME_WITHOUT_IDLE = 38,
  // An idle CPU is sought, and none is ever known to be.
  CASEMATE_WORLD_REASON_IDLE_CPU_UNKNOWN = 39,
  // The REE gets a share of nothing.
  CASEMATE_WORLD_REASON_NO_SHARE = 40,
  // Pre-empted work waits at most so long, but only a call brings it back.
  CASEMATE_WORLD_REASON_BOUND_WITHOUT_RESUME = 41,
  // The TEE's own work is pre-empted and nothing brings it back.
  CASEMATE_WORLD_REASON_SELF_SCHEDULED_IS_LOST = 42,
  // Deadlines, and no tick at which a nearer one goes first.
  CASEMATE_WORLD_REASON_DEADLINE_WITHOUT_TICK = 43,
  // An agent on each CPU, and a TEE on one at a time.
  CASEMATE_WORLD_REASON_AGENTS_FOR_ONE = 44,
  // The TEE goes first, but only when the REE's tick comes.
  CASEMATE_WORLD_REASON_TEE_FIRST_ON_REE_TICK = 45,
  // One tick for both worlds, which the TEE may not use.
  CASEMATE_WORLD_REASON_UNIFIED_BUT_UNUSED = 46,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_reason casemate_world_reason;
#else
typedef uint8_t casemate_world_reason;
#endif // __STDC_VERSION__ >= 202311L

// Who issues requests to the TEE.
enum casemate_world_agent
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // Whoever asks calls, and is billed.
  CASEMATE_WORLD_AGENT_CALLER = 0,
  // One agent takes all requests from one queue.
  CASEMATE_WORLD_AGENT_ONE = 1,
  // An agent on every CPU takes the requests that were made there.
  CASEMATE_WORLD_AGENT_EACH_CPU = 2,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_agent casemate_world_agent;
#else
typedef uint8_t casemate_world_agent;
#endif // __STDC_VERSION__ >= 202311L

// What the REE is told, or the thread that asked.
enum casemate_world_answer_kind
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // Nothing was asked.
  CASEMATE_WORLD_ANSWER_KIND_NOTHING = 0,
  // The request is in the TEE.
  CASEMATE_WORLD_ANSWER_KIND_ACCEPTED = 1,
  // The request is in the queue.
  CASEMATE_WORLD_ANSWER_KIND_QUEUED = 2,
  // The request is done, and this was its answer.
  CASEMATE_WORLD_ANSWER_KIND_FINISHED = 3,
  // The request was pre-empted: whoever asks may go on with it here.
  CASEMATE_WORLD_ANSWER_KIND_INTERRUPTED = 4,
  // The request waits, or runs elsewhere: a doorbell will tell of its end.
  CASEMATE_WORLD_ANSWER_KIND_PENDING = 5,
  // There is nothing to fetch, or to issue.
  CASEMATE_WORLD_ANSWER_KIND_EMPTY = 6,
  // No; `refusal` says why.
  CASEMATE_WORLD_ANSWER_KIND_REFUSED = 7,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_answer_kind casemate_world_answer_kind;
#else
typedef uint8_t casemate_world_answer_kind;
#endif // __STDC_VERSION__ >= 202311L

// How work moves between the CPUs' run queues.
enum casemate_world_balance
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // Not at all.
  CASEMATE_WORLD_BALANCE_NONE = 0,
  // A CPU without work takes some of another's.
  CASEMATE_WORLD_BALANCE_STEAL = 1,
  // Besides, a thread that was pre-empted goes to an idle CPU at once.
  CASEMATE_WORLD_BALANCE_STEAL_AND_PUSH = 2,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_balance casemate_world_balance;
#else
typedef uint8_t casemate_world_balance;
#endif // __STDC_VERSION__ >= 202311L

// What sort of time a CPU spends.
enum casemate_world_bill_class
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // It is switched off.
  CASEMATE_WORLD_BILL_CLASS_OFF = 0,
  // The REE's own.
  CASEMATE_WORLD_BILL_CLASS_REE = 1,
  // The TEE does what the REE on this CPU asked for by the call that gave up the CPU.
  CASEMATE_WORLD_BILL_CLASS_REQUESTED = 2,
  // The TEE does something else, while the REE has something to do.
  CASEMATE_WORLD_BILL_CLASS_SELF_SCHEDULED = 3,
  // The TEE works while the REE sleeps: to be given back to the REE's own figures.
  CASEMATE_WORLD_BILL_CLASS_DURING_IDLE = 4,
  // Both sleep.
  CASEMATE_WORLD_BILL_CLASS_IDLE = 5,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_bill_class casemate_world_bill_class;
#else
typedef uint8_t casemate_world_bill_class;
#endif // __STDC_VERSION__ >= 202311L

// Where a secure interrupt that wakes a thread is handled.
enum casemate_world_device
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // On the CPU that it was sent to.
  CASEMATE_WORLD_DEVICE_WHERE_IT_LANDS = 0,
  // On the CPU that runs, or last ran, the thread.
  CASEMATE_WORLD_DEVICE_ROUTED = 1,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_device casemate_world_device;
#else
typedef uint8_t casemate_world_device;
#endif // __STDC_VERSION__ >= 202311L

// How the TEE is entered and left.
enum casemate_world_entry
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // A call runs one function to its end on the CPU that made it.
  CASEMATE_WORLD_ENTRY_CALL = 0,
  // An event is handled, and the TEE leaves when there is nothing left to do.
  CASEMATE_WORLD_ENTRY_EVENT = 1,
  // The TEE leaves when it has used up its ticks, `slice` of them.
  CASEMATE_WORLD_ENTRY_TIME_SLICE = 2,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_entry casemate_world_entry;
#else
typedef uint8_t casemate_world_entry;
#endif // __STDC_VERSION__ >= 202311L

// What happens on a CPU.
enum casemate_world_event_kind
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // The REE has a request, which `request` tells of. With agents it goes into their queue; else it enters
  // the TEE at once.
  CASEMATE_WORLD_EVENT_KIND_SUBMIT = 0,
  // The agent on this CPU comes, for the request that it sees through or for the next one.
  CASEMATE_WORLD_EVENT_KIND_ISSUE = 1,
  // A caller goes on with its request, `thread`, here.
  CASEMATE_WORLD_EVENT_KIND_RESUME = 2,
  // The REE lets the TEE schedule.
  CASEMATE_WORLD_EVENT_KIND_SCHEDULE = 3,
  // The REE fetches an answer that is due on this CPU.
  CASEMATE_WORLD_EVENT_KIND_COLLECT = 4,
  // The REE wants a request, `thread`, to end.
  CASEMATE_WORLD_EVENT_KIND_CANCEL = 5,
  // The REE has nothing to do here and hands over the CPU instead of sleeping.
  CASEMATE_WORLD_EVENT_KIND_IDLE = 6,
  // The REE switches the CPU off.
  CASEMATE_WORLD_EVENT_KIND_OFFLINE = 7,
  // The CPU comes up.
  CASEMATE_WORLD_EVENT_KIND_ONLINE = 8,
  // The tick.
  CASEMATE_WORLD_EVENT_KIND_TICK = 9,
  // A thread that was entered has run for its least quantum.
  CASEMATE_WORLD_EVENT_KIND_QUANTUM = 10,
  // Another CPU wants the TEE to look again. Several may have become one.
  CASEMATE_WORLD_EVENT_KIND_SGI = 11,
  // A non-secure interrupt.
  CASEMATE_WORLD_EVENT_KIND_NON_SECURE = 12,
  // A secure interrupt for `thread`.
  CASEMATE_WORLD_EVENT_KIND_DEVICE = 13,
  // The time of a periodic task, `thread`, has come; its deadline is that of `request`.
  CASEMATE_WORLD_EVENT_KIND_RELEASE = 14,
  // The thread that runs has done what it was asked for.
  CASEMATE_WORLD_EVENT_KIND_FINISH = 15,
  // The thread that runs waits for a secure interrupt.
  CASEMATE_WORLD_EVENT_KIND_BLOCK = 16,
  // The thread that runs calls a service, `thread`.
  CASEMATE_WORLD_EVENT_KIND_CALL = 17,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_event_kind casemate_world_event_kind;
#else
typedef uint8_t casemate_world_event_kind;
#endif // __STDC_VERSION__ >= 202311L

// Where a CPU goes.
enum casemate_world_go
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // To the REE.
  CASEMATE_WORLD_GO_REE = 0,
  // To `go_thread` of the TEE.
  CASEMATE_WORLD_GO_THREAD = 1,
  // On with what it does.
  CASEMATE_WORLD_GO_STAY = 2,
  // To sleep until an interrupt comes; one that is pending ends the sleep at once.
  CASEMATE_WORLD_GO_SLEEP = 3,
  // Off.
  CASEMATE_WORLD_GO_OFF = 4,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_go casemate_world_go;
#else
typedef uint8_t casemate_world_go;
#endif // __STDC_VERSION__ >= 202311L

// On how many CPUs the TEE may be at once.
enum casemate_world_goal
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // On any, but on one at a time.
  CASEMATE_WORLD_GOAL_ONE = 0,
  // On several.
  CASEMATE_WORLD_GOAL_MANY = 1,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_goal casemate_world_goal;
#else
typedef uint8_t casemate_world_goal;
#endif // __STDC_VERSION__ >= 202311L

// Why a thread is there.
enum casemate_world_kind
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // The REE asks for something.
  CASEMATE_WORLD_KIND_REQUEST = 0,
  // Other threads call it.
  CASEMATE_WORLD_KIND_SERVICE = 1,
  // It is released again and again.
  CASEMATE_WORLD_KIND_PERIODIC = 2,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_kind casemate_world_kind;
#else
typedef uint8_t casemate_world_kind;
#endif // __STDC_VERSION__ >= 202311L

// In which order requests and ready threads are taken.
enum casemate_world_order
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // Who came first.
  CASEMATE_WORLD_ORDER_FIFO = 0,
  // Who is more important, with inheritance.
  CASEMATE_WORLD_ORDER_PRIORITY = 1,
  // Whose deadline is nearer, with inheritance.
  CASEMATE_WORLD_ORDER_DEADLINE = 2,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_order casemate_world_order;
#else
typedef uint8_t casemate_world_order;
#endif // __STDC_VERSION__ >= 202311L

// What becomes of a thread.
enum casemate_world_phase_kind
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // There is none.
  CASEMATE_WORLD_PHASE_KIND_FREE = 0,
  // A request in an agent's queue, in the REE.
  CASEMATE_WORLD_PHASE_KIND_QUEUED = 1,
  // It could run, and is in the run queue of `cpu`.
  CASEMATE_WORLD_PHASE_KIND_READY = 2,
  // It runs on `cpu`.
  CASEMATE_WORLD_PHASE_KIND_RUNNING = 3,
  // It waits for a secure interrupt.
  CASEMATE_WORLD_PHASE_KIND_WAITS_FOR_DEVICE = 4,
  // It waits for its next period.
  CASEMATE_WORLD_PHASE_KIND_WAITS_FOR_PERIOD = 5,
  // It waits for somebody to call it.
  CASEMATE_WORLD_PHASE_KIND_WAITS_FOR_CALLER = 6,
  // It waits for a service, `waits_for`.
  CASEMATE_WORLD_PHASE_KIND_WAITS_FOR_SERVICE = 7,
  // A request that has ended, and whose answer is still to be fetched.
  CASEMATE_WORLD_PHASE_KIND_DONE = 8,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_phase_kind casemate_world_phase_kind;
#else
typedef uint8_t casemate_world_phase_kind;
#endif // __STDC_VERSION__ >= 202311L

// Who may pre-empt whom.
enum casemate_world_priority
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // The TEE takes the CPU when it has work and keeps it.
  CASEMATE_WORLD_PRIORITY_TEE_OVER_REE = 0,
  // Non-secure interrupts pre-empt the TEE.
  CASEMATE_WORLD_PRIORITY_REE_OVER_TEE = 1,
  // Who has the CPU keeps it until the next tick.
  CASEMATE_WORLD_PRIORITY_EQUAL = 2,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_priority casemate_world_priority;
#else
typedef uint8_t casemate_world_priority;
#endif // __STDC_VERSION__ >= 202311L

// On which CPU a thread that becomes ready is put.
enum casemate_world_proper_cpu
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // The one it became ready on.
  CASEMATE_WORLD_PROPER_CPU_OWN = 0,
  // An idle one, if there is one.
  CASEMATE_WORLD_PROPER_CPU_IDLE = 1,
  // The one with the fewest threads.
  CASEMATE_WORLD_PROPER_CPU_LEAST_LOADED = 2,
  // An idle one of the kind that suits it.
  CASEMATE_WORLD_PROPER_CPU_KIND_OF_CORE = 3,
  // The one it ran on last, unless that one is busy and another idle.
  CASEMATE_WORLD_PROPER_CPU_WARM = 4,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_proper_cpu casemate_world_proper_cpu;
#else
typedef uint8_t casemate_world_proper_cpu;
#endif // __STDC_VERSION__ >= 202311L

// Why not.
enum casemate_world_refusal_kind
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // Nothing was refused.
  CASEMATE_WORLD_REFUSAL_KIND_NONE = 0,
  // Every thread is taken. The request may come again later.
  CASEMATE_WORLD_REFUSAL_KIND_BUSY = 1,
  // There is no such request.
  CASEMATE_WORLD_REFUSAL_KIND_UNKNOWN = 2,
  // The design has no such call.
  CASEMATE_WORLD_REFUSAL_KIND_NOT_IN_THIS_DESIGN = 3,
  // This cannot happen in the world the CPU is in. Whoever reports it erred.
  CASEMATE_WORLD_REFUSAL_KIND_IMPOSSIBLE = 4,
  // The service waits for the one that calls it, directly or not.
  CASEMATE_WORLD_REFUSAL_KIND_DEADLOCK = 5,
  // The TEE is on another CPU and on one only.
  CASEMATE_WORLD_REFUSAL_KIND_ELSEWHERE = 6,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_refusal_kind casemate_world_refusal_kind;
#else
typedef uint8_t casemate_world_refusal_kind;
#endif // __STDC_VERSION__ >= 202311L

// When a thread goes on that the REE pre-empted.
enum casemate_world_resume
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // When the REE calls again.
  CASEMATE_WORLD_RESUME_NEXT_CALL = 0,
  // Besides, when the REE is idle.
  CASEMATE_WORLD_RESUME_REE_IDLE = 1,
  // Besides, at a tick of the TEE, after it has waited its time.
  CASEMATE_WORLD_RESUME_TICK = 2,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_resume casemate_world_resume;
#else
typedef uint8_t casemate_world_resume;
#endif // __STDC_VERSION__ >= 202311L

// In which world a CPU is.
enum casemate_world_side
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // It is switched off.
  CASEMATE_WORLD_SIDE_OFF = 0,
  // The rich one.
  CASEMATE_WORLD_SIDE_REE = 1,
  // The trusted one.
  CASEMATE_WORLD_SIDE_TEE = 2,
  // Neither has anything to do, and it sleeps.
  CASEMATE_WORLD_SIDE_IDLE = 3,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_side casemate_world_side;
#else
typedef uint8_t casemate_world_side;
#endif // __STDC_VERSION__ >= 202311L

// Where the TEE gives the CPU back of its own accord.
enum casemate_world_switch_back
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // Where the request that the CPU was given for is done.
  CASEMATE_WORLD_SWITCH_BACK_DISPATCHER = 0,
  // When there is nothing left to run.
  CASEMATE_WORLD_SWITCH_BACK_TEE_IDLE = 1,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_switch_back casemate_world_switch_back;
#else
typedef uint8_t casemate_world_switch_back;
#endif // __STDC_VERSION__ >= 202311L

// Whose timer drives the TEE.
enum casemate_world_tick
#if __STDC_VERSION__ >= 202311L
  : uint8_t
#endif // __STDC_VERSION__ >= 202311L
 {
  // None.
  CASEMATE_WORLD_TICK_NONE = 0,
  // The TEE has a tick of its own beside the REE's.
  CASEMATE_WORLD_TICK_OWN = 1,
  // One timer, the TEE's; the REE's tick is made from it.
  CASEMATE_WORLD_TICK_UNIFIED_TEE = 2,
  // One timer, the REE's, which tells the TEE of each tick.
  CASEMATE_WORLD_TICK_UNIFIED_REE = 3,
};
#if __STDC_VERSION__ >= 202311L
typedef enum casemate_world_tick casemate_world_tick;
#else
typedef uint8_t casemate_world_tick;
#endif // __STDC_VERSION__ >= 202311L

// A design. What each choice means and who does it that way is in docs/world-c.md; start from
// `casemate_world_config_default` and change what differs.
typedef struct casemate_world_config {
  // The CPUs that are big, a bit each; the others are LITTLE. Where all are alike, 0.
  uint32_t big;
  // For how many ticks ready work may wait while the REE runs, at most 255; or `FOR_EVER`.
  uint16_t tee_waits;
  // For how many ticks a non-secure interrupt may wait, at most 255; or `FOR_EVER`.
  uint16_t ree_waits;
  // How many CPUs there are, 1 to `CPUS`.
  uint8_t cpus;
  // An `entry`: how the TEE is entered and left.
  uint8_t entry;
  // The ticks of a time slice under `ENTRY_TIME_SLICE`; else 0.
  uint8_t slice;
  // A `priority`: who may pre-empt whom.
  uint8_t priority;
  // An `agent`: who issues requests.
  uint8_t agent;
  // An `order`: in which order requests and threads are taken.
  uint8_t order;
  // A `goal`: on how many CPUs the TEE may be at once.
  uint8_t goal;
  // A `device`: where a secure interrupt for a thread is handled.
  uint8_t device;
  // A `proper_cpu`: on which CPU a thread that becomes ready is put.
  uint8_t proper_cpu;
  // A `balance`: how work moves between CPUs.
  uint8_t balance;
  // A `tick`: whose timer drives the TEE.
  uint8_t tick;
  // A `resume`: when a thread goes on that the REE pre-empted.
  uint8_t resume;
  // A `switch_back`: where the TEE gives the CPU back of its own accord.
  uint8_t switch_back;
  // 0 or 1: whether the REE may call the TEE just to let it schedule.
  uint8_t scheduling_call;
  // 0 or 1: whether the tick stops while both worlds are idle.
  uint8_t nohz;
  // 0 or 1: whether the REE hands the CPU to the TEE before it sleeps.
  uint8_t idle_hand_over;
  // How many ticks the REE has for itself after it had to wait; at least 1.
  uint8_t ree_share;
  // 0 or 1: whether a thread that was entered runs for a least quantum before it may be pre-empted.
  uint8_t least_progress;
  // 0.
  uint8_t reserved[6];
} casemate_world_config;

// How long the parts of a design last.
typedef struct casemate_world_durations {
  // From tick to tick.
  uint64_t tick;
  // The least quantum of a thread that was entered. 0: none is kept.
  uint64_t quantum;
} casemate_world_durations;

// What the TEE is sure to get of a CPU: at least `budget` in each `period`.
typedef struct casemate_world_supply {
  // The period.
  uint64_t period;
  // What there is in each, at least.
  uint64_t budget;
} casemate_world_supply;

// A task that is released again and again. All times in one unit, whichever.
typedef struct casemate_world_task {
  // The least time between two releases.
  uint64_t period;
  // The most that it runs for each.
  uint64_t work;
  // How long after its release it has to be done; at most its period.
  uint64_t deadline;
  // The larger, the more important. Counts under `ORDER_PRIORITY`.
  uint8_t priority;
  // 0.
  uint8_t reserved[7];
} casemate_world_task;

// A queue of at most `RING_WORDS` words of 64 bits: the memory for it, zeroed at first. Many may push and
// many pop at a time, without a lock.
typedef struct casemate_world_ring {
  // What is in it is the library's.
  uint64_t opaque[132];
} casemate_world_ring;

// All sessions: the memory for them, zeroed at first.
typedef struct casemate_world_sessions {
  // What is in it is the library's.
  uint64_t opaque[64];
} casemate_world_sessions;

// A design and the state of its CPUs and threads: the memory for it, zeroed at first, wherever the caller
// wants it. It is not copied or moved by hand.
typedef struct casemate_world {
  // What is in it is the library's.
  uint64_t opaque[128];
} casemate_world;

// What is said of a thread when it is asked for.
typedef struct casemate_world_request {
  // When it has to be done, on the clock of whoever asks; `UINT64_MAX` for no matter when. Counts under
  // `ORDER_DEADLINE`.
  uint64_t deadline;
  // The larger, the more important. Counts under `ORDER_PRIORITY`.
  uint8_t priority;
  // 0 or 1: whether whoever asks waits for the answer.
  uint8_t sync;
  // 0 or 1: whether a big core suits it.
  uint8_t suits_big;
  // 0.
  uint8_t reserved[5];
} casemate_world_request;

// Something that happens on a CPU. What its kind does not ask for is not looked at.
typedef struct casemate_world_event {
  // For `EVENT_KIND_SUBMIT`; of a release, the deadline.
  struct casemate_world_request request;
  // An `event_kind`.
  uint8_t kind;
  // The thread that it is about.
  uint8_t thread;
  // 0.
  uint8_t reserved[6];
} casemate_world_event;

// What is to be done. The interrupts between CPUs are sent last, after the lock is let go.
typedef struct casemate_world_outcome {
  // CPUs whose TEE has to look again, a bit each: they get a secure interrupt, then `EVENT_KIND_SGI`.
  uint32_t sgis;
  // CPUs whose REE is told by a non-secure interrupt that an answer is there, a bit each.
  uint32_t doorbells;
  // A `go`: where this CPU goes.
  uint8_t go;
  // The thread that it goes to, or `NO_THREAD`.
  uint8_t go_thread;
  // An `answer_kind`: what the REE is told, or the thread that asked.
  uint8_t answer;
  // The thread that the answer is about, or `NO_THREAD`.
  uint8_t answer_thread;
  // A `refusal_kind`.
  uint8_t refusal;
  // 0 or 1: whether the tick is to be on from now.
  uint8_t tick;
  // 0 or 1: the REE is to be given a tick.
  uint8_t ree_tick;
  // 0 or 1: the least quantum is to be measured, with `EVENT_KIND_QUANTUM` at its end.
  uint8_t quantum;
  // 0 or 1: a request waits for an agent.
  uint8_t wake_agent;
  // A `bill_class`: to whom the time since the last event on this CPU belongs.
  uint8_t bill;
  // The thread whose work was done in that time, at the beginning of its chain of services; or `NO_THREAD`.
  uint8_t bill_thread;
  // 0 or 1: whether the REE had given up the CPU by a call.
  uint8_t bill_in_a_call;
} casemate_world_outcome;

// A CPU.
typedef struct casemate_world_cpu_view {
  // A `side`: in which world it is.
  uint8_t side;
  // The thread that runs on it, or `NO_THREAD`.
  uint8_t current;
  // The request for which the REE gave it up, or `NO_THREAD`.
  uint8_t issued;
  // 0 or 1: the REE has said that it sleeps.
  uint8_t ree_idle;
  // 0 or 1: a non-secure interrupt waits for the TEE to leave.
  uint8_t deferred;
  // 0 or 1: the tick is on.
  uint8_t tick;
  // Ticks for which ready work has waited on it.
  uint8_t waited;
  // Ticks for which an interrupt of the REE has waited on it.
  uint8_t held;
} casemate_world_cpu_view;

// A thread.
typedef struct casemate_world_thread_view {
  // A `phase_kind`: what becomes of it.
  uint8_t phase;
  // A `kind`: why it is there.
  uint8_t kind;
  // Where it runs or is ready, or `NO_CPU`.
  uint8_t cpu;
  // Where it was asked for.
  uint8_t origin;
  // Whom it works for if it is a service, or `NO_THREAD`.
  uint8_t caller;
  // The service that it waits for, or `NO_THREAD`.
  uint8_t waits_for;
  // 0 or 1: it was asked to end.
  uint8_t cancelled;
  // 0.
  uint8_t reserved;
} casemate_world_thread_view;

// Every one, in the order of their numbers.
#define casemate_world_status_ALL { casemate_world_status_Ok, casemate_world_status_NullPointer, casemate_world_status_Misaligned, casemate_world_status_NotInitialised, casemate_world_status_InUse, casemate_world_status_NoSuchCpu, casemate_world_status_NoSuchThread, casemate_world_status_NoSuchEvent, casemate_world_status_NoSuchValue, casemate_world_status_Senseless, casemate_world_status_Full, casemate_world_status_Empty, casemate_world_status_NoSuchSession, casemate_world_status_SessionBusy, casemate_world_status_SessionClosing, casemate_world_status_SenselessTask, casemate_world_status_NoSupply, casemate_world_status_Late, casemate_world_status_TooMany, }

// What a design is sure to give a CPU's TEE work against a REE that takes all it can. `NO_SUPPLY`: nothing.
//
// # Safety
//
// `config` and `lasts` are null, misaligned, or may be read; `supply` is null, misaligned, or may be written.
casemate_world_status casemate_world_supply_of(const struct casemate_world_config *config,
                                               const struct casemate_world_durations *lasts,
                                               struct casemate_world_supply *supply);

// Lets tasks in, all of them or none, in an `order`. `blocking` is the longest that a less important thread
// may hold up the others. `responses` is told the longest response time of each of the `count` tasks;
// otherwise `culprit`, where it is not null, is told which task it is about.
//
// # Safety
//
// `tasks` is null, misaligned, or `count` tasks that may be read; `supply` is null, misaligned, or may be
// read; `responses` is null, misaligned, or `count` numbers that may be written; `culprit` is null,
// misaligned, or may be written.
casemate_world_status casemate_world_admit(uint8_t order,
                                           const struct casemate_world_task *tasks,
                                           size_t count,
                                           const struct casemate_world_supply *supply,
                                           uint64_t blocking,
                                           uint64_t *responses,
                                           size_t *culprit);

// The version of the interface that was linked. Compare it with `CASEMATE_WORLD_ABI` of the header once.
uint32_t casemate_world_abi(void);

// The default design for so many CPUs of one kind. `SENSELESS` for no CPU or too many.
//
// # Safety
//
// `config` is null, misaligned, or a structure that may be written.
casemate_world_status casemate_world_config_default(struct casemate_world_config *config,
                                                    uint8_t cpus);

// Whether a design makes sense. `reason` is told where it is not null: `REASON_NONE`, or the first reason
// why not.
//
// # Safety
//
// `config` is null, misaligned, or a structure that may be read; `reason` likewise one that may be written.
casemate_world_status casemate_world_config_validate(const struct casemate_world_config *config,
                                                     casemate_world_reason *reason);

// A reason in words, which stay where they are.
const char *casemate_world_reason_text(uint8_t reason);

// A status in words, which stay where they are.
const char *casemate_world_status_text(int32_t status);

// Defined nowhere.
extern void casemate_world_panicked(void);

// Begins with nothing in it.
//
// # Safety
//
// `ring` is null, misaligned, or memory that may be written, and no other call is at work on it.
casemate_world_status casemate_world_ring_init(struct casemate_world_ring *ring);

// Puts a word in. `rings` is told 1 if an agent sleeps and has to be woken, else 0. `FULL`.
//
// # Safety
//
// `ring` is null, misaligned, or memory that was zeroed or initialised; `rings` is null or may be written.
casemate_world_status casemate_world_ring_push(const struct casemate_world_ring *ring,
                                               uint64_t word,
                                               uint8_t *rings);

// Takes the word that came first. `EMPTY`.
//
// # Safety
//
// `ring` is null, misaligned, or memory that was zeroed or initialised; `word` is null, misaligned, or may
// be written.
casemate_world_status casemate_world_ring_pop(const struct casemate_world_ring *ring,
                                              uint64_t *word);

// An agent that found nothing is about to sleep. `OK`: a word came meanwhile, and it does not. `EMPTY`: it
// sleeps until it is woken, and says so by `casemate_world_ring_woken`.
//
// # Safety
//
// `ring` is null, misaligned, or memory that was zeroed or initialised; `word` is null, misaligned, or may
// be written.
casemate_world_status casemate_world_ring_fall_asleep(const struct casemate_world_ring *ring,
                                                      uint64_t *word);

// An agent that slept is awake: once for each `EMPTY` of `casemate_world_ring_fall_asleep`.
//
// # Safety
//
// `ring` is null, misaligned, or memory that was zeroed or initialised.
casemate_world_status casemate_world_ring_woken(const struct casemate_world_ring *ring);

// Begins with none open.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that may be written, and no other call is at work on it.
casemate_world_status casemate_world_sessions_init(struct casemate_world_sessions *sessions);

// Opens one for a client of the REE; `session` is told its number, which is never 0. `FULL`.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `session` is null, misaligned,
// or may be written.
casemate_world_status casemate_world_session_open(struct casemate_world_sessions *sessions,
                                                  uint32_t client,
                                                  uint64_t *session);

// A command begins, on this thread. `NO_SUCH_SESSION`, `SESSION_CLOSING`, `SESSION_BUSY`.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised.
casemate_world_status casemate_world_session_begin(struct casemate_world_sessions *sessions,
                                                   uint64_t session,
                                                   uint32_t client,
                                                   uint8_t thread);

// The command on this thread has ended, wherever. `closed` is told the session that this closed, or 0.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `closed` is null, misaligned, or
// may be written.
casemate_world_status casemate_world_session_end(struct casemate_world_sessions *sessions,
                                                 uint8_t thread,
                                                 uint64_t *closed);

// `thread` is told which to cancel, by `EVENT_KIND_CANCEL`, or `NO_THREAD`. `NO_SUCH_SESSION`.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `thread` is null or may be
// written.
casemate_world_status casemate_world_session_cancel(struct casemate_world_sessions *sessions,
                                                    uint64_t session,
                                                    uint32_t client,
                                                    uint8_t *thread);

// Closes one. `thread` is told `NO_THREAD` if it is over, else the thread whose command it waits for.
// `NO_SUCH_SESSION`, `SESSION_CLOSING`.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `thread` is null or may be
// written.
casemate_world_status casemate_world_session_close(struct casemate_world_sessions *sessions,
                                                   uint64_t session,
                                                   uint32_t client,
                                                   uint8_t *thread);

// A client is gone, and its sessions close. `threads` is told those to cancel, a bit each.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `threads` is null, misaligned,
// or may be written.
casemate_world_status casemate_world_session_client_died(struct casemate_world_sessions *sessions,
                                                         uint32_t client,
                                                         uint32_t *threads);

// Begins with a design: all its CPUs are on and in the REE, and there are no threads. `reason` as of
// `casemate_world_config_validate`. What was there before is gone.
//
// # Safety
//
// `world` is null, misaligned, or memory that may be written, and no other call is at work on it; `config`
// is null, misaligned, or may be read; `reason` is null, misaligned, or may be written.
casemate_world_status casemate_world_init(struct casemate_world *world,
                                          const struct casemate_world_config *config,
                                          casemate_world_reason *reason);

// Something happens on a CPU: what is to be done. Total: what cannot happen changes nothing and is answered
// with a refusal in `outcome`. The caller holds one lock around it, with interrupts masked.
//
// # Safety
//
// `world` is null, misaligned, or memory that was zeroed or initialised; `event` is null, misaligned, or may
// be read; `outcome` is null, misaligned, or may be written.
casemate_world_status casemate_world_step(struct casemate_world *world,
                                          uint8_t cpu,
                                          const struct casemate_world_event *event,
                                          struct casemate_world_outcome *outcome);

// Adds a service or a periodic task, which waits to be called or released; `thread` is told its number.
//
// # Safety
//
// `world` is null, misaligned, or memory that was zeroed or initialised; `request` is null, misaligned, or
// may be read; `thread` is null or may be written.
casemate_world_status casemate_world_spawn(struct casemate_world *world,
                                           uint8_t kind,
                                           const struct casemate_world_request *request,
                                           uint8_t *thread);

// What is known of a CPU.
//
// # Safety
//
// `world` is null, misaligned, or memory that was zeroed or initialised; `view` is null, misaligned, or may
// be written.
casemate_world_status casemate_world_cpu(struct casemate_world *world,
                                         uint8_t cpu,
                                         struct casemate_world_cpu_view *view);

// What is known of a thread.
//
// # Safety
//
// `world` is null, misaligned, or memory that was zeroed or initialised; `view` is null, misaligned, or may
// be written.
casemate_world_status casemate_world_thread(struct casemate_world *world,
                                            uint8_t thread,
                                            struct casemate_world_thread_view *view);

// What a design is sure to give a CPU's TEE work against a REE that takes all it can. `NO_SUPPLY`: nothing.
//
// # Safety
//
// `config` and `lasts` are null, misaligned, or may be read; `supply` is null, misaligned, or may be written.
casemate_world_status casemate_world_supply_of(const struct casemate_world_config *config,
                                               const struct casemate_world_durations *lasts,
                                               struct casemate_world_supply *supply);

// Lets tasks in, all of them or none, in an `order`. `blocking` is the longest that a less important thread
// may hold up the others. `responses` is told the longest response time of each of the `count` tasks;
// otherwise `culprit`, where it is not null, is told which task it is about.
//
// # Safety
//
// `tasks` is null, misaligned, or `count` tasks that may be read; `supply` is null, misaligned, or may be
// read; `responses` is null, misaligned, or `count` numbers that may be written; `culprit` is null,
// misaligned, or may be written.
casemate_world_status casemate_world_admit(uint8_t order,
                                           const struct casemate_world_task *tasks,
                                           size_t count,
                                           const struct casemate_world_supply *supply,
                                           uint64_t blocking,
                                           uint64_t *responses,
                                           size_t *culprit);

// The version of the interface that was linked. Compare it with `CASEMATE_WORLD_ABI` of the header once.
uint32_t casemate_world_abi(void);

// The default design for so many CPUs of one kind. `SENSELESS` for no CPU or too many.
//
// # Safety
//
// `config` is null, misaligned, or a structure that may be written.
casemate_world_status casemate_world_config_default(struct casemate_world_config *config,
                                                    uint8_t cpus);

// Whether a design makes sense. `reason` is told where it is not null: `REASON_NONE`, or the first reason
// why not.
//
// # Safety
//
// `config` is null, misaligned, or a structure that may be read; `reason` likewise one that may be written.
casemate_world_status casemate_world_config_validate(const struct casemate_world_config *config,
                                                     casemate_world_reason *reason);

// A reason in words, which stay where they are.
const char *casemate_world_reason_text(uint8_t reason);

// A status in words, which stay where they are.
const char *casemate_world_status_text(int32_t status);

// What a design is sure to give a CPU's TEE work against a REE that takes all it can. `NO_SUPPLY`: nothing.
//
// # Safety
//
// `config` and `lasts` are null, misaligned, or may be read; `supply` is null, misaligned, or may be written.
casemate_world_status casemate_world_supply_of(const struct casemate_world_config *config,
                                               const struct casemate_world_durations *lasts,
                                               struct casemate_world_supply *supply);

// Lets tasks in, all of them or none, in an `order`. `blocking` is the longest that a less important thread
// may hold up the others. `responses` is told the longest response time of each of the `count` tasks;
// otherwise `culprit`, where it is not null, is told which task it is about.
//
// # Safety
//
// `tasks` is null, misaligned, or `count` tasks that may be read; `supply` is null, misaligned, or may be
// read; `responses` is null, misaligned, or `count` numbers that may be written; `culprit` is null,
// misaligned, or may be written.
casemate_world_status casemate_world_admit(uint8_t order,
                                           const struct casemate_world_task *tasks,
                                           size_t count,
                                           const struct casemate_world_supply *supply,
                                           uint64_t blocking,
                                           uint64_t *responses,
                                           size_t *culprit);

// The version of the interface that was linked. Compare it with `CASEMATE_WORLD_ABI` of the header once.
uint32_t casemate_world_abi(void);

// The default design for so many CPUs of one kind. `SENSELESS` for no CPU or too many.
//
// # Safety
//
// `config` is null, misaligned, or a structure that may be written.
casemate_world_status casemate_world_config_default(struct casemate_world_config *config,
                                                    uint8_t cpus);

// Whether a design makes sense. `reason` is told where it is not null: `REASON_NONE`, or the first reason
// why not.
//
// # Safety
//
// `config` is null, misaligned, or a structure that may be read; `reason` likewise one that may be written.
casemate_world_status casemate_world_config_validate(const struct casemate_world_config *config,
                                                     casemate_world_reason *reason);

// A reason in words, which stay where they are.
const char *casemate_world_reason_text(uint8_t reason);

// A status in words, which stay where they are.
const char *casemate_world_status_text(int32_t status);

// Defined nowhere.
extern void casemate_world_panicked(void);

// Begins with nothing in it.
//
// # Safety
//
// `ring` is null, misaligned, or memory that may be written, and no other call is at work on it.
casemate_world_status casemate_world_ring_init(struct casemate_world_ring *ring);

// Puts a word in. `rings` is told 1 if an agent sleeps and has to be woken, else 0. `FULL`.
//
// # Safety
//
// `ring` is null, misaligned, or memory that was zeroed or initialised; `rings` is null or may be written.
casemate_world_status casemate_world_ring_push(const struct casemate_world_ring *ring,
                                               uint64_t word,
                                               uint8_t *rings);

// Takes the word that came first. `EMPTY`.
//
// # Safety
//
// `ring` is null, misaligned, or memory that was zeroed or initialised; `word` is null, misaligned, or may
// be written.
casemate_world_status casemate_world_ring_pop(const struct casemate_world_ring *ring,
                                              uint64_t *word);

// An agent that found nothing is about to sleep. `OK`: a word came meanwhile, and it does not. `EMPTY`: it
// sleeps until it is woken, and says so by `casemate_world_ring_woken`.
//
// # Safety
//
// `ring` is null, misaligned, or memory that was zeroed or initialised; `word` is null, misaligned, or may
// be written.
casemate_world_status casemate_world_ring_fall_asleep(const struct casemate_world_ring *ring,
                                                      uint64_t *word);

// An agent that slept is awake: once for each `EMPTY` of `casemate_world_ring_fall_asleep`.
//
// # Safety
//
// `ring` is null, misaligned, or memory that was zeroed or initialised.
casemate_world_status casemate_world_ring_woken(const struct casemate_world_ring *ring);

// Begins with none open.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that may be written, and no other call is at work on it.
casemate_world_status casemate_world_sessions_init(struct casemate_world_sessions *sessions);

// Opens one for a client of the REE; `session` is told its number, which is never 0. `FULL`.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `session` is null, misaligned,
// or may be written.
casemate_world_status casemate_world_session_open(struct casemate_world_sessions *sessions,
                                                  uint32_t client,
                                                  uint64_t *session);

// A command begins, on this thread. `NO_SUCH_SESSION`, `SESSION_CLOSING`, `SESSION_BUSY`.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised.
casemate_world_status casemate_world_session_begin(struct casemate_world_sessions *sessions,
                                                   uint64_t session,
                                                   uint32_t client,
                                                   uint8_t thread);

// The command on this thread has ended, wherever. `closed` is told the session that this closed, or 0.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `closed` is null, misaligned, or
// may be written.
casemate_world_status casemate_world_session_end(struct casemate_world_sessions *sessions,
                                                 uint8_t thread,
                                                 uint64_t *closed);

// `thread` is told which to cancel, by `EVENT_KIND_CANCEL`, or `NO_THREAD`. `NO_SUCH_SESSION`.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `thread` is null or may be
// written.
casemate_world_status casemate_world_session_cancel(struct casemate_world_sessions *sessions,
                                                    uint64_t session,
                                                    uint32_t client,
                                                    uint8_t *thread);

// Closes one. `thread` is told `NO_THREAD` if it is over, else the thread whose command it waits for.
// `NO_SUCH_SESSION`, `SESSION_CLOSING`.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `thread` is null or may be
// written.
casemate_world_status casemate_world_session_close(struct casemate_world_sessions *sessions,
                                                   uint64_t session,
                                                   uint32_t client,
                                                   uint8_t *thread);

// A client is gone, and its sessions close. `threads` is told those to cancel, a bit each.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `threads` is null, misaligned,
// or may be written.
casemate_world_status casemate_world_session_client_died(struct casemate_world_sessions *sessions,
                                                         uint32_t client,
                                                         uint32_t *threads);

// Begins with a design: all its CPUs are on and in the REE, and there are no threads. `reason` as of
// `casemate_world_config_validate`. What was there before is gone.
//
// # Safety
//
// `world` is null, misaligned, or memory that may be written, and no other call is at work on it; `config`
// is null, misaligned, or may be read; `reason` is null, misaligned, or may be written.
casemate_world_status casemate_world_init(struct casemate_world *world,
                                          const struct casemate_world_config *config,
                                          casemate_world_reason *reason);

// Something happens on a CPU: what is to be done. Total: what cannot happen changes nothing and is answered
// with a refusal in `outcome`. The caller holds one lock around it, with interrupts masked.
//
// # Safety
//
// `world` is null, misaligned, or memory that was zeroed or initialised; `event` is null, misaligned, or may
// be read; `outcome` is null, misaligned, or may be written.
casemate_world_status casemate_world_step(struct casemate_world *world,
                                          uint8_t cpu,
                                          const struct casemate_world_event *event,
                                          struct casemate_world_outcome *outcome);

// Adds a service or a periodic task, which waits to be called or released; `thread` is told its number.
//
// # Safety
//
// `world` is null, misaligned, or memory that was zeroed or initialised; `request` is null, misaligned, or
// may be read; `thread` is null or may be written.
casemate_world_status casemate_world_spawn(struct casemate_world *world,
                                           uint8_t kind,
                                           const struct casemate_world_request *request,
                                           uint8_t *thread);

// What is known of a CPU.
//
// # Safety
//
// `world` is null, misaligned, or memory that was zeroed or initialised; `view` is null, misaligned, or may
// be written.
casemate_world_status casemate_world_cpu(struct casemate_world *world,
                                         uint8_t cpu,
                                         struct casemate_world_cpu_view *view);

// What is known of a thread.
//
// # Safety
//
// `world` is null, misaligned, or memory that was zeroed or initialised; `view` is null, misaligned, or may
// be written.
casemate_world_status casemate_world_thread(struct casemate_world *world,
                                            uint8_t thread,
                                            struct casemate_world_thread_view *view);

// Defined nowhere.
extern void casemate_world_panicked(void);

// Begins with nothing in it.
//
// # Safety
//
// `ring` is null, misaligned, or memory that may be written, and no other call is at work on it.
casemate_world_status casemate_world_ring_init(struct casemate_world_ring *ring);

// Puts a word in. `rings` is told 1 if an agent sleeps and has to be woken, else 0. `FULL`.
//
// # Safety
//
// `ring` is null, misaligned, or memory that was zeroed or initialised; `rings` is null or may be written.
casemate_world_status casemate_world_ring_push(const struct casemate_world_ring *ring,
                                               uint64_t word,
                                               uint8_t *rings);

// Takes the word that came first. `EMPTY`.
//
// # Safety
//
// `ring` is null, misaligned, or memory that was zeroed or initialised; `word` is null, misaligned, or may
// be written.
casemate_world_status casemate_world_ring_pop(const struct casemate_world_ring *ring,
                                              uint64_t *word);

// An agent that found nothing is about to sleep. `OK`: a word came meanwhile, and it does not. `EMPTY`: it
// sleeps until it is woken, and says so by `casemate_world_ring_woken`.
//
// # Safety
//
// `ring` is null, misaligned, or memory that was zeroed or initialised; `word` is null, misaligned, or may
// be written.
casemate_world_status casemate_world_ring_fall_asleep(const struct casemate_world_ring *ring,
                                                      uint64_t *word);

// An agent that slept is awake: once for each `EMPTY` of `casemate_world_ring_fall_asleep`.
//
// # Safety
//
// `ring` is null, misaligned, or memory that was zeroed or initialised.
casemate_world_status casemate_world_ring_woken(const struct casemate_world_ring *ring);

// Begins with none open.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that may be written, and no other call is at work on it.
casemate_world_status casemate_world_sessions_init(struct casemate_world_sessions *sessions);

// Opens one for a client of the REE; `session` is told its number, which is never 0. `FULL`.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `session` is null, misaligned,
// or may be written.
casemate_world_status casemate_world_session_open(struct casemate_world_sessions *sessions,
                                                  uint32_t client,
                                                  uint64_t *session);

// A command begins, on this thread. `NO_SUCH_SESSION`, `SESSION_CLOSING`, `SESSION_BUSY`.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised.
casemate_world_status casemate_world_session_begin(struct casemate_world_sessions *sessions,
                                                   uint64_t session,
                                                   uint32_t client,
                                                   uint8_t thread);

// The command on this thread has ended, wherever. `closed` is told the session that this closed, or 0.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `closed` is null, misaligned, or
// may be written.
casemate_world_status casemate_world_session_end(struct casemate_world_sessions *sessions,
                                                 uint8_t thread,
                                                 uint64_t *closed);

// `thread` is told which to cancel, by `EVENT_KIND_CANCEL`, or `NO_THREAD`. `NO_SUCH_SESSION`.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `thread` is null or may be
// written.
casemate_world_status casemate_world_session_cancel(struct casemate_world_sessions *sessions,
                                                    uint64_t session,
                                                    uint32_t client,
                                                    uint8_t *thread);

// Closes one. `thread` is told `NO_THREAD` if it is over, else the thread whose command it waits for.
// `NO_SUCH_SESSION`, `SESSION_CLOSING`.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `thread` is null or may be
// written.
casemate_world_status casemate_world_session_close(struct casemate_world_sessions *sessions,
                                                   uint64_t session,
                                                   uint32_t client,
                                                   uint8_t *thread);

// A client is gone, and its sessions close. `threads` is told those to cancel, a bit each.
//
// # Safety
//
// `sessions` is null, misaligned, or memory that was zeroed or initialised; `threads` is null, misaligned,
// or may be written.
casemate_world_status casemate_world_session_client_died(struct casemate_world_sessions *sessions,
                                                         uint32_t client,
                                                         uint32_t *threads);

// Begins with a design: all its CPUs are on and in the REE, and there are no threads. `reason` as of
// `casemate_world_config_validate`. What was there before is gone.
//
// # Safety
//
// `world` is null, misaligned, or memory that may be written, and no other call is at work on it; `config`
// is null, misaligned, or may be read; `reason` is null, misaligned, or may be written.
casemate_world_status casemate_world_init(struct casemate_world *world,
                                          const struct casemate_world_config *config,
                                          casemate_world_reason *reason);

// Something happens on a CPU: what is to be done. Total: what cannot happen changes nothing and is answered
// with a refusal in `outcome`. The caller holds one lock around it, with interrupts masked.
//
// # Safety
//
// `world` is null, misaligned, or memory that was zeroed or initialised; `event` is null, misaligned, or may
// be read; `outcome` is null, misaligned, or may be written.
casemate_world_status casemate_world_step(struct casemate_world *world,
                                          uint8_t cpu,
                                          const struct casemate_world_event *event,
                                          struct casemate_world_outcome *outcome);

// Adds a service or a periodic task, which waits to be called or released; `thread` is told its number.
//
// # Safety
//
// `world` is null, misaligned, or memory that was zeroed or initialised; `request` is null, misaligned, or
// may be read; `thread` is null or may be written.
casemate_world_status casemate_world_spawn(struct casemate_world *world,
                                           uint8_t kind,
                                           const struct casemate_world_request *request,
                                           uint8_t *thread);

// What is known of a CPU.
//
// # Safety
//
// `world` is null, misaligned, or memory that was zeroed or initialised; `view` is null, misaligned, or may
// be written.
casemate_world_status casemate_world_cpu(struct casemate_world *world,
                                         uint8_t cpu,
                                         struct casemate_world_cpu_view *view);

// What is known of a thread.
//
// # Safety
//
// `world` is null, misaligned, or memory that was zeroed or initialised; `view` is null, misaligned, or may
// be written.
casemate_world_status casemate_world_thread(struct casemate_world *world,
                                            uint8_t thread,
                                            struct casemate_world_thread_view *view);

// How everything lies in memory; docs/world-c.md says what to do where one does not hold.
_Static_assert(sizeof(casemate_world_config) == 32, "size of casemate_world_config");
_Static_assert(offsetof(casemate_world_config, big) == 0, "place of big in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, tee_waits) == 4, "place of tee_waits in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, ree_waits) == 6, "place of ree_waits in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, cpus) == 8, "place of cpus in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, entry) == 9, "place of entry in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, slice) == 10, "place of slice in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, priority) == 11, "place of priority in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, agent) == 12, "place of agent in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, order) == 13, "place of order in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, goal) == 14, "place of goal in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, device) == 15, "place of device in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, proper_cpu) == 16, "place of proper_cpu in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, balance) == 17, "place of balance in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, tick) == 18, "place of tick in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, resume) == 19, "place of resume in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, switch_back) == 20, "place of switch_back in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, scheduling_call) == 21, "place of scheduling_call in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, nohz) == 22, "place of nohz in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, idle_hand_over) == 23, "place of idle_hand_over in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, ree_share) == 24, "place of ree_share in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, least_progress) == 25, "place of least_progress in casemate_world_config");
_Static_assert(offsetof(casemate_world_config, reserved) == 26, "place of reserved in casemate_world_config");
_Static_assert(sizeof(casemate_world_request) == 16, "size of casemate_world_request");
_Static_assert(offsetof(casemate_world_request, deadline) == 0, "place of deadline in casemate_world_request");
_Static_assert(offsetof(casemate_world_request, priority) == 8, "place of priority in casemate_world_request");
_Static_assert(offsetof(casemate_world_request, sync) == 9, "place of sync in casemate_world_request");
_Static_assert(offsetof(casemate_world_request, suits_big) == 10, "place of suits_big in casemate_world_request");
_Static_assert(offsetof(casemate_world_request, reserved) == 11, "place of reserved in casemate_world_request");
_Static_assert(sizeof(casemate_world_event) == 24, "size of casemate_world_event");
_Static_assert(offsetof(casemate_world_event, request) == 0, "place of request in casemate_world_event");
_Static_assert(offsetof(casemate_world_event, kind) == 16, "place of kind in casemate_world_event");
_Static_assert(offsetof(casemate_world_event, thread) == 17, "place of thread in casemate_world_event");
_Static_assert(offsetof(casemate_world_event, reserved) == 18, "place of reserved in casemate_world_event");
_Static_assert(sizeof(casemate_world_outcome) == 20, "size of casemate_world_outcome");
_Static_assert(offsetof(casemate_world_outcome, sgis) == 0, "place of sgis in casemate_world_outcome");
_Static_assert(offsetof(casemate_world_outcome, doorbells) == 4, "place of doorbells in casemate_world_outcome");
_Static_assert(offsetof(casemate_world_outcome, go) == 8, "place of go in casemate_world_outcome");
_Static_assert(offsetof(casemate_world_outcome, go_thread) == 9, "place of go_thread in casemate_world_outcome");
_Static_assert(offsetof(casemate_world_outcome, answer) == 10, "place of answer in casemate_world_outcome");
_Static_assert(offsetof(casemate_world_outcome, answer_thread) == 11, "place of answer_thread in casemate_world_outcome");
_Static_assert(offsetof(casemate_world_outcome, refusal) == 12, "place of refusal in casemate_world_outcome");
_Static_assert(offsetof(casemate_world_outcome, tick) == 13, "place of tick in casemate_world_outcome");
_Static_assert(offsetof(casemate_world_outcome, ree_tick) == 14, "place of ree_tick in casemate_world_outcome");
_Static_assert(offsetof(casemate_world_outcome, quantum) == 15, "place of quantum in casemate_world_outcome");
_Static_assert(offsetof(casemate_world_outcome, wake_agent) == 16, "place of wake_agent in casemate_world_outcome");
_Static_assert(offsetof(casemate_world_outcome, bill) == 17, "place of bill in casemate_world_outcome");
_Static_assert(offsetof(casemate_world_outcome, bill_thread) == 18, "place of bill_thread in casemate_world_outcome");
_Static_assert(offsetof(casemate_world_outcome, bill_in_a_call) == 19, "place of bill_in_a_call in casemate_world_outcome");
_Static_assert(sizeof(casemate_world_cpu_view) == 8, "size of casemate_world_cpu_view");
_Static_assert(offsetof(casemate_world_cpu_view, side) == 0, "place of side in casemate_world_cpu_view");
_Static_assert(offsetof(casemate_world_cpu_view, current) == 1, "place of current in casemate_world_cpu_view");
_Static_assert(offsetof(casemate_world_cpu_view, issued) == 2, "place of issued in casemate_world_cpu_view");
_Static_assert(offsetof(casemate_world_cpu_view, ree_idle) == 3, "place of ree_idle in casemate_world_cpu_view");
_Static_assert(offsetof(casemate_world_cpu_view, deferred) == 4, "place of deferred in casemate_world_cpu_view");
_Static_assert(offsetof(casemate_world_cpu_view, tick) == 5, "place of tick in casemate_world_cpu_view");
_Static_assert(offsetof(casemate_world_cpu_view, waited) == 6, "place of waited in casemate_world_cpu_view");
_Static_assert(offsetof(casemate_world_cpu_view, held) == 7, "place of held in casemate_world_cpu_view");
_Static_assert(sizeof(casemate_world_thread_view) == 8, "size of casemate_world_thread_view");
_Static_assert(offsetof(casemate_world_thread_view, phase) == 0, "place of phase in casemate_world_thread_view");
_Static_assert(offsetof(casemate_world_thread_view, kind) == 1, "place of kind in casemate_world_thread_view");
_Static_assert(offsetof(casemate_world_thread_view, cpu) == 2, "place of cpu in casemate_world_thread_view");
_Static_assert(offsetof(casemate_world_thread_view, origin) == 3, "place of origin in casemate_world_thread_view");
_Static_assert(offsetof(casemate_world_thread_view, caller) == 4, "place of caller in casemate_world_thread_view");
_Static_assert(offsetof(casemate_world_thread_view, waits_for) == 5, "place of waits_for in casemate_world_thread_view");
_Static_assert(offsetof(casemate_world_thread_view, cancelled) == 6, "place of cancelled in casemate_world_thread_view");
_Static_assert(offsetof(casemate_world_thread_view, reserved) == 7, "place of reserved in casemate_world_thread_view");
_Static_assert(sizeof(casemate_world_task) == 32, "size of casemate_world_task");
_Static_assert(offsetof(casemate_world_task, period) == 0, "place of period in casemate_world_task");
_Static_assert(offsetof(casemate_world_task, work) == 8, "place of work in casemate_world_task");
_Static_assert(offsetof(casemate_world_task, deadline) == 16, "place of deadline in casemate_world_task");
_Static_assert(offsetof(casemate_world_task, priority) == 24, "place of priority in casemate_world_task");
_Static_assert(offsetof(casemate_world_task, reserved) == 25, "place of reserved in casemate_world_task");
_Static_assert(sizeof(casemate_world_supply) == 16, "size of casemate_world_supply");
_Static_assert(offsetof(casemate_world_supply, period) == 0, "place of period in casemate_world_supply");
_Static_assert(offsetof(casemate_world_supply, budget) == 8, "place of budget in casemate_world_supply");
_Static_assert(sizeof(casemate_world_durations) == 16, "size of casemate_world_durations");
_Static_assert(offsetof(casemate_world_durations, tick) == 0, "place of tick in casemate_world_durations");
_Static_assert(offsetof(casemate_world_durations, quantum) == 8, "place of quantum in casemate_world_durations");
_Static_assert(sizeof(casemate_world) == 1024, "size of casemate_world");
_Static_assert(offsetof(casemate_world, opaque) == 0, "place of opaque in casemate_world");
_Static_assert(sizeof(casemate_world_sessions) == 512, "size of casemate_world_sessions");
_Static_assert(offsetof(casemate_world_sessions, opaque) == 0, "place of opaque in casemate_world_sessions");
_Static_assert(sizeof(casemate_world_ring) == 1056, "size of casemate_world_ring");
_Static_assert(offsetof(casemate_world_ring, opaque) == 0, "place of opaque in casemate_world_ring");
_Static_assert(sizeof(casemate_world_status) == 4, "size of casemate_world_status");
_Static_assert(sizeof(casemate_world_reason) == 1, "size of casemate_world_reason");

#endif
