/*
 * What there is below an operating system: nothing, so these three are here. It is linked and never run.
 */

#include <stddef.h>

#include "casemate_world.h"

void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
void _start(void);

void *memcpy(void *to, const void *from, size_t bytes)
{
    return memmove(to, from, bytes);
}

void *memmove(void *to, const void *from, size_t bytes)
{
    volatile unsigned char *target = to;
    const unsigned char *source = from;

    if (target < source) {
        for (size_t at = 0; at < bytes; at++)
            target[at] = source[at];
    } else {
        for (size_t at = bytes; at > 0; at--)
            target[at - 1] = source[at - 1];
    }
    return to;
}

void *memset(void *to, int byte, size_t bytes)
{
    volatile unsigned char *target = to;

    for (size_t at = 0; at < bytes; at++)
        target[at] = (unsigned char)byte;
    return to;
}

static casemate_world world;

void _start(void)
{
    casemate_world_config config;

    if (casemate_world_config_default(&config, 4) == CASEMATE_WORLD_STATUS_OK)
        casemate_world_init(&world, &config, NULL);
    for (;;)
        ;
}
