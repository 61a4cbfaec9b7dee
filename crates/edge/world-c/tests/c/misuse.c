/*
 * Everything that C can get wrong and the library can see: it is refused by name, and nothing is written.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "casemate_world.h"

static casemate_world world;
static casemate_world never_initialised;
static casemate_world_sessions sessions;
static casemate_world_ring ring;

#define EXPECT(status, call) expect(CASEMATE_WORLD_STATUS_##status, call, #call, __LINE__)

static unsigned refusals;

static void expect(casemate_world_status expected, casemate_world_status status, const char *call, int line)
{
    if (status != expected) {
        fprintf(stderr, "line %d: %s is %d, %s\n", line, call, (int)status, casemate_world_status_text(status));
        exit(1);
    }
    refusals += status != CASEMATE_WORLD_STATUS_OK;
}

/* The same address, one byte on. */
static void *misaligned(void *pointer)
{
    return (unsigned char *)pointer + 1;
}

static void pointers(const casemate_world_config *config)
{
    casemate_world_event event = { .kind = CASEMATE_WORLD_EVENT_KIND_TICK };
    casemate_world_outcome outcome;
    casemate_world_request request = { .deadline = UINT64_MAX };
    casemate_world_cpu_view cpu;
    casemate_world_thread_view thread_view;
    casemate_world_task task = { .period = 10, .work = 1, .deadline = 10 };
    casemate_world_supply supply = { .period = 1, .budget = 1 };
    casemate_world_durations lasts = { .tick = 1000, .quantum = 100 };
    uint64_t number, responses[1];
    uint32_t threads;
    uint8_t byte;

    EXPECT(NULL_POINTER, casemate_world_config_default(NULL, 2));
    EXPECT(NULL_POINTER, casemate_world_config_validate(NULL, NULL));
    EXPECT(NULL_POINTER, casemate_world_init(NULL, config, NULL));
    EXPECT(NULL_POINTER, casemate_world_init(&world, NULL, NULL));
    EXPECT(NULL_POINTER, casemate_world_step(NULL, 0, &event, &outcome));
    EXPECT(NULL_POINTER, casemate_world_step(&world, 0, NULL, &outcome));
    EXPECT(NULL_POINTER, casemate_world_step(&world, 0, &event, NULL));
    EXPECT(NULL_POINTER, casemate_world_spawn(&world, CASEMATE_WORLD_KIND_SERVICE, NULL, &byte));
    EXPECT(NULL_POINTER, casemate_world_spawn(&world, CASEMATE_WORLD_KIND_SERVICE, &request, NULL));
    EXPECT(NULL_POINTER, casemate_world_cpu(&world, 0, NULL));
    EXPECT(NULL_POINTER, casemate_world_thread(&world, 0, NULL));
    EXPECT(NULL_POINTER, casemate_world_sessions_init(NULL));
    EXPECT(NULL_POINTER, casemate_world_session_open(NULL, 1, &number));
    EXPECT(NULL_POINTER, casemate_world_session_open(&sessions, 1, NULL));
    EXPECT(NULL_POINTER, casemate_world_session_begin(NULL, 1, 1, 0));
    EXPECT(NULL_POINTER, casemate_world_session_end(&sessions, 0, NULL));
    EXPECT(NULL_POINTER, casemate_world_session_cancel(&sessions, 1, 1, NULL));
    EXPECT(NULL_POINTER, casemate_world_session_close(&sessions, 1, 1, NULL));
    EXPECT(NULL_POINTER, casemate_world_session_client_died(&sessions, 1, NULL));
    EXPECT(NULL_POINTER, casemate_world_ring_init(NULL));
    EXPECT(NULL_POINTER, casemate_world_ring_push(&ring, 1, NULL));
    EXPECT(NULL_POINTER, casemate_world_ring_pop(&ring, NULL));
    EXPECT(NULL_POINTER, casemate_world_ring_fall_asleep(NULL, &number));
    EXPECT(NULL_POINTER, casemate_world_ring_woken(NULL));
    EXPECT(NULL_POINTER, casemate_world_supply_of(NULL, &lasts, &supply));
    EXPECT(NULL_POINTER, casemate_world_admit(0, NULL, 1, &supply, 0, responses, NULL));
    EXPECT(NULL_POINTER, casemate_world_admit(0, &task, 1, NULL, 0, responses, NULL));
    EXPECT(NULL_POINTER, casemate_world_admit(0, &task, 1, &supply, 0, NULL, NULL));

    EXPECT(MISALIGNED, casemate_world_init(misaligned(&world), config, NULL));
    EXPECT(MISALIGNED, casemate_world_init(&world, misaligned(&world), NULL));
    EXPECT(MISALIGNED, casemate_world_step(misaligned(&world), 0, &event, &outcome));
    EXPECT(MISALIGNED, casemate_world_step(&world, 0, misaligned(&event), &outcome));
    EXPECT(MISALIGNED, casemate_world_step(&world, 0, &event, misaligned(&outcome)));
    EXPECT(MISALIGNED, casemate_world_sessions_init(misaligned(&sessions)));
    EXPECT(MISALIGNED, casemate_world_session_open(&sessions, 1, misaligned(&number)));
    EXPECT(MISALIGNED, casemate_world_session_client_died(&sessions, 1, misaligned(&threads)));
    EXPECT(MISALIGNED, casemate_world_ring_pop(misaligned(&ring), &number));
    EXPECT(MISALIGNED, casemate_world_ring_pop(&ring, misaligned(&number)));
    EXPECT(MISALIGNED, casemate_world_admit(0, misaligned(&task), 1, &supply, 0, responses, NULL));

    EXPECT(NOT_INITIALISED, casemate_world_step(&never_initialised, 0, &event, &outcome));
    EXPECT(NOT_INITIALISED, casemate_world_cpu(&never_initialised, 0, &cpu));
    EXPECT(NOT_INITIALISED, casemate_world_thread(&never_initialised, 0, &thread_view));
    /* One thing is not taken for another. */
    EXPECT(NOT_INITIALISED, casemate_world_step((casemate_world *)(void *)&ring, 0, &event, &outcome));
    EXPECT(NOT_INITIALISED, casemate_world_ring_pop((casemate_world_ring *)(void *)&world, &number));
}

/* Every value of every byte of a design: either it makes sense or there is a reason. */
static void designs(const casemate_world_config *config)
{
    unsigned sensible = 0;

    for (size_t at = 0; at < sizeof *config; at++) {
        for (unsigned value = 0; value < 256; value++) {
            casemate_world_config changed = *config;
            casemate_world_reason reason;
            casemate_world_status status;

            ((unsigned char *)&changed)[at] = (unsigned char)value;
            status = casemate_world_config_validate(&changed, &reason);
            if ((status == CASEMATE_WORLD_STATUS_OK) != (reason == CASEMATE_WORLD_REASON_NONE))
                exit(1);
            if (casemate_world_init(&world, &changed, NULL) != status)
                exit(1);
            sensible += status == CASEMATE_WORLD_STATUS_OK;
        }
    }
    printf("%u of %zu designs make sense\n", sensible, 256 * sizeof *config);
}

/* Every number of a CPU, an event and a thread. */
static void numbers(const casemate_world_config *config)
{
    casemate_world_outcome outcome, untouched;
    unsigned known = 0;

    memset(&untouched, 0xa5, sizeof untouched);
    for (unsigned cpu = 0; cpu < 256; cpu++) {
        for (unsigned kind = 0; kind < 256; kind++) {
            for (unsigned thread = 0; thread < 256; thread += 5) {
                casemate_world_event event = {
                    .request = { .deadline = kind },
                    .kind = (uint8_t)kind,
                    .thread = (uint8_t)thread,
                };
                casemate_world_status status;

                outcome = untouched;
                status = casemate_world_step(&world, (uint8_t)cpu, &event, &outcome);
                if (status == CASEMATE_WORLD_STATUS_OK) {
                    known++;
                } else if (memcmp(&outcome, &untouched, sizeof outcome) != 0) {
                    exit(1);
                } else if (cpu >= config->cpus && status != CASEMATE_WORLD_STATUS_NO_SUCH_CPU) {
                    exit(1);
                }
            }
        }
    }
    printf("%u steps of %u numbers\n", known, 256 * 256 * 52);
}

static void values(void)
{
    casemate_world_request request = { .deadline = UINT64_MAX, .sync = 2 };
    casemate_world_event event = { .kind = CASEMATE_WORLD_EVENT_KIND_SUBMIT, .request = { .sync = 2 } };
    casemate_world_outcome outcome;
    casemate_world_cpu_view cpu;
    casemate_world_thread_view view;
    casemate_world_task tasks[2] = { { .period = 4, .work = 3, .deadline = 4 }, { .period = 4, .work = 3, .deadline = 4 } };
    casemate_world_supply supply = { .period = 1, .budget = 1 };
    uint64_t responses[2], session, number;
    size_t culprit = 99;
    uint8_t byte;

    EXPECT(NO_SUCH_VALUE, casemate_world_step(&world, 0, &event, &outcome));
    event.request.sync = 1;
    event.reserved[5] = 1;
    EXPECT(NO_SUCH_VALUE, casemate_world_step(&world, 0, &event, &outcome));
    EXPECT(NO_SUCH_VALUE, casemate_world_spawn(&world, CASEMATE_WORLD_KIND_SERVICE, &request, &byte));
    request.sync = 0;
    EXPECT(NO_SUCH_VALUE, casemate_world_spawn(&world, CASEMATE_WORLD_KIND_REQUEST, &request, &byte));
    EXPECT(NO_SUCH_CPU, casemate_world_cpu(&world, 2, &cpu));
    EXPECT(NO_SUCH_THREAD, casemate_world_thread(&world, CASEMATE_WORLD_THREADS, &view));

    EXPECT(NO_SUCH_SESSION, casemate_world_session_begin(&sessions, 0, 1, 0));
    EXPECT(NO_SUCH_SESSION, casemate_world_session_begin(&sessions, UINT64_MAX, 1, 0));
    EXPECT(OK, casemate_world_session_open(&sessions, 1, &session));
    EXPECT(NO_SUCH_SESSION, casemate_world_session_begin(&sessions, session, 2, 0));
    EXPECT(NO_SUCH_THREAD, casemate_world_session_begin(&sessions, session, 1, 16));
    for (unsigned more = 1; more < CASEMATE_WORLD_SESSIONS; more++)
        EXPECT(OK, casemate_world_session_open(&sessions, 1, &session));
    EXPECT(FULL, casemate_world_session_open(&sessions, 1, &session));

    EXPECT(EMPTY, casemate_world_ring_fall_asleep(&ring, &number));
    EXPECT(OK, casemate_world_ring_push(&ring, 5, &byte));
    if (byte != 1)
        exit(1);
    EXPECT(OK, casemate_world_ring_woken(&ring));
    EXPECT(OK, casemate_world_ring_pop(&ring, &number));
    for (unsigned words = 0; words < CASEMATE_WORLD_RING_WORDS; words++)
        EXPECT(OK, casemate_world_ring_push(&ring, words, &byte));
    EXPECT(FULL, casemate_world_ring_push(&ring, 5, &byte));

    EXPECT(NO_SUCH_VALUE, casemate_world_admit(3, tasks, 2, &supply, 0, responses, NULL));
    EXPECT(TOO_MANY, casemate_world_admit(0, tasks, SIZE_MAX, &supply, 0, responses, &culprit));
    EXPECT(LATE, casemate_world_admit(CASEMATE_WORLD_ORDER_FIFO, tasks, 2, &supply, 0, responses, &culprit));
    if (culprit != 0)
        exit(1);
    tasks[1].work = 0;
    EXPECT(SENSELESS_TASK, casemate_world_admit(1, tasks, 2, &supply, 0, responses, &culprit));
    if (culprit != 1)
        exit(1);
}

int main(void)
{
    casemate_world_config config;

    EXPECT(SENSELESS, casemate_world_config_default(&config, 0));
    EXPECT(SENSELESS, casemate_world_config_default(&config, CASEMATE_WORLD_CPUS + 1));
    EXPECT(OK, casemate_world_config_default(&config, 2));
    EXPECT(OK, casemate_world_init(&world, &config, NULL));
    EXPECT(OK, casemate_world_sessions_init(&sessions));
    EXPECT(OK, casemate_world_ring_init(&ring));
    pointers(&config);
    designs(&config);
    EXPECT(OK, casemate_world_init(&world, &config, NULL));
    numbers(&config);
    EXPECT(OK, casemate_world_init(&world, &config, NULL));
    values();
    printf("%u refusals\n", refusals);
    return 0;
}
