/*
 * Two CPUs of the default design. A client opens a session, its command is issued, pre-empted, resumed at a
 * tick, moved to a CPU that idles, and ends; a second client dies while its command waits on the other CPU.
 * Prints what is to be done after each event. `scenario.rs` does the same without this interface.
 */

#include <stdio.h>
#include <stdlib.h>

#include "casemate_world.h"

/* Static storage is zeroed, as these want it. */
static casemate_world world;
static casemate_world_sessions sessions;

static void expect_ok(casemate_world_status status, const char *what)
{
    if (status != CASEMATE_WORLD_STATUS_OK) {
        fprintf(stderr, "%s: %s\n", what, casemate_world_status_text(status));
        exit(1);
    }
}

static const char *name_of_go(uint8_t go)
{
    switch (go) {
    case CASEMATE_WORLD_GO_REE: return "ree";
    case CASEMATE_WORLD_GO_THREAD: return "thread";
    case CASEMATE_WORLD_GO_STAY: return "stay";
    case CASEMATE_WORLD_GO_SLEEP: return "sleep";
    case CASEMATE_WORLD_GO_OFF: return "off";
    default: return "?";
    }
}

static const char *name_of_answer(uint8_t answer)
{
    switch (answer) {
    case CASEMATE_WORLD_ANSWER_KIND_NOTHING: return "nothing";
    case CASEMATE_WORLD_ANSWER_KIND_ACCEPTED: return "accepted";
    case CASEMATE_WORLD_ANSWER_KIND_QUEUED: return "queued";
    case CASEMATE_WORLD_ANSWER_KIND_FINISHED: return "finished";
    case CASEMATE_WORLD_ANSWER_KIND_INTERRUPTED: return "interrupted";
    case CASEMATE_WORLD_ANSWER_KIND_PENDING: return "pending";
    case CASEMATE_WORLD_ANSWER_KIND_EMPTY: return "empty";
    case CASEMATE_WORLD_ANSWER_KIND_REFUSED: return "refused";
    default: return "?";
    }
}

static const char *name_of_refusal(uint8_t refusal)
{
    switch (refusal) {
    case CASEMATE_WORLD_REFUSAL_KIND_NONE: return "";
    case CASEMATE_WORLD_REFUSAL_KIND_BUSY: return " busy";
    case CASEMATE_WORLD_REFUSAL_KIND_UNKNOWN: return " unknown";
    case CASEMATE_WORLD_REFUSAL_KIND_NOT_IN_THIS_DESIGN: return " not-in-this-design";
    case CASEMATE_WORLD_REFUSAL_KIND_IMPOSSIBLE: return " impossible";
    case CASEMATE_WORLD_REFUSAL_KIND_DEADLOCK: return " deadlock";
    case CASEMATE_WORLD_REFUSAL_KIND_ELSEWHERE: return " elsewhere";
    default: return " ?";
    }
}

static const char *name_of_bill(uint8_t bill)
{
    switch (bill) {
    case CASEMATE_WORLD_BILL_CLASS_OFF: return "off";
    case CASEMATE_WORLD_BILL_CLASS_REE: return "ree";
    case CASEMATE_WORLD_BILL_CLASS_REQUESTED: return "requested";
    case CASEMATE_WORLD_BILL_CLASS_SELF_SCHEDULED: return "self-scheduled";
    case CASEMATE_WORLD_BILL_CLASS_DURING_IDLE: return "during-idle";
    case CASEMATE_WORLD_BILL_CLASS_IDLE: return "idle";
    default: return "?";
    }
}

static void print_thread(uint8_t thread)
{
    if (thread != CASEMATE_WORLD_NO_THREAD)
        printf(" %u", (unsigned)thread);
}

/* Something happens, and what is to be done is printed. */
static casemate_world_outcome happens(const char *name, uint8_t cpu, uint8_t kind, uint8_t thread)
{
    casemate_world_event event = {
        .request = { .deadline = UINT64_MAX, .priority = 3, .sync = 1 },
        .kind = kind,
        .thread = thread,
    };
    casemate_world_outcome outcome;

    expect_ok(casemate_world_step(&world, cpu, &event, &outcome), name);
    printf("cpu %u %s: %s", (unsigned)cpu, name, name_of_go(outcome.go));
    print_thread(outcome.go_thread);
    printf(", %s", name_of_answer(outcome.answer));
    print_thread(outcome.answer_thread);
    printf("%s, sgis %x, doorbells %x", name_of_refusal(outcome.refusal), (unsigned)outcome.sgis,
           (unsigned)outcome.doorbells);
    printf("%s%s%s%s", outcome.tick ? ", tick" : "", outcome.ree_tick ? ", ree-tick" : "",
           outcome.quantum ? ", quantum" : "", outcome.wake_agent ? ", wake-agent" : "");
    printf(", bill %s", name_of_bill(outcome.bill));
    print_thread(outcome.bill_thread);
    printf("%s\n", outcome.bill_in_a_call ? " in-a-call" : "");
    return outcome;
}

#define HAPPENS(cpu, kind) happens(#kind, cpu, CASEMATE_WORLD_EVENT_KIND_##kind, 0)
#define HAPPENS_TO(cpu, kind, thread) happens(#kind, cpu, CASEMATE_WORLD_EVENT_KIND_##kind, thread)

int main(void)
{
    const uint32_t client = 7, mortal = 8;
    casemate_world_config config;
    casemate_world_reason reason;
    casemate_world_outcome outcome;
    uint64_t session, closed;
    uint32_t to_cancel;
    uint8_t first, second, waits_for;

    if (casemate_world_abi() != CASEMATE_WORLD_ABI)
        return 1;
    expect_ok(casemate_world_config_default(&config, 2), "default");
    /* So that the thread goes to the other CPU. */
    config.proper_cpu = CASEMATE_WORLD_PROPER_CPU_IDLE;
    config.tee_waits = 2;
    expect_ok(casemate_world_init(&world, &config, &reason), casemate_world_reason_text(reason));
    expect_ok(casemate_world_sessions_init(&sessions), "sessions");

    expect_ok(casemate_world_session_open(&sessions, client, &session), "open");
    first = HAPPENS(0, SUBMIT).answer_thread;
    expect_ok(casemate_world_session_begin(&sessions, session, client, first), "begin");
    printf("second command: %s\n",
           casemate_world_status_text(casemate_world_session_begin(&sessions, session, client, first)));
    HAPPENS(0, ISSUE);
    HAPPENS(0, NON_SECURE);
    HAPPENS(0, QUANTUM);
    HAPPENS(0, TICK);
    HAPPENS(0, TICK);
    HAPPENS(0, TICK);
    HAPPENS(1, IDLE);
    expect_ok(casemate_world_session_close(&sessions, session, client, &waits_for), "close");
    printf("close waits for %u\n", (unsigned)waits_for);
    HAPPENS(1, FINISH);
    HAPPENS(0, ISSUE);
    HAPPENS(0, COLLECT);
    expect_ok(casemate_world_session_end(&sessions, first, &closed), "end");
    printf("closed %s\n", closed == session ? "it" : "another");

    expect_ok(casemate_world_session_open(&sessions, mortal, &session), "open");
    second = HAPPENS(0, SUBMIT).answer_thread;
    expect_ok(casemate_world_session_begin(&sessions, session, mortal, second), "begin");
    HAPPENS(0, ISSUE);
    HAPPENS(1, SGI);
    HAPPENS(1, BLOCK);
    expect_ok(casemate_world_session_client_died(&sessions, mortal, &to_cancel), "died");
    printf("to cancel %x\n", (unsigned)to_cancel);
    HAPPENS_TO(0, CANCEL, second);
    HAPPENS(1, SGI);
    HAPPENS_TO(1, DEVICE, second);
    outcome = HAPPENS(1, FINISH);
    HAPPENS(0, ISSUE);
    HAPPENS(0, IDLE);
    HAPPENS(0, TICK);
    expect_ok(casemate_world_session_end(&sessions, second, &closed), "end");
    printf("closed %s\n", closed == session ? "it" : "another");
    return outcome.go == CASEMATE_WORLD_GO_OFF;
}
