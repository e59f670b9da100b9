/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PRISM_BPF_MAPS_H
#define PRISM_BPF_MAPS_H

#include "kernel.h"

#include "events.h"
#include "tables.h"

/* Every file of programs names the maps; the linker makes one of each (weak). */

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4 << 20);
} payloads __weak SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 256 << 10);
} processes __weak SEC(".maps");

/* Process id → target. Nothing of other processes is looked at any further. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4096);
    __type(key, __u32);
    __type(value, struct prism_target);
} targets __weak SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, struct prism_port);
    __type(value, struct prism_listeners);
} ports __weak SEC(".maps");

/* A socket's connection lies with the kernel's socket: it is found by one pointer, and goes with it. */
struct {
    __uint(type, BPF_MAP_TYPE_SK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, struct prism_socket);
} sockets __weak SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, PRISM_PLACES);
    __type(key, __u32);
    __type(value, struct prism_place);
} places __weak SEC(".maps");

/* The same by the socket's address, for programs on system calls: what they find behind a file descriptor is
 * an address only. An entry goes when the socket is closed. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 65536);
    __type(key, __u64);
    __type(value, struct prism_socket);
} sockets_by_address __weak SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, PRISM_SLOTS* PRISM_PROGRAMS);
    __type(key, __u32);
    __type(value, struct prism_count);
} counts __weak SEC(".maps");

/* Payload is told by programs on system calls, as kernels before 6.3 have no tracepoints on sockets. */
const volatile bool by_call __weak = 0;
/* Connections that are kept at a time. */
const volatile __u32 most_sockets __weak = 65536;

/* Programs run for every process and packet of the machine: a byte or bit tells nearly all of those that are
 * no target's. One that is set for another's sake costs a look into the tables. Set here and by the helper,
 * cleared by the helper when nothing is observed. */
__u8 process_hints[PRISM_PROCESS_HINTS] __weak = {};
/* Local ports that a target's socket may have; and those on which bytes left after the call that wrote them.
 */
__u64 used_ports[PRISM_PORT_WORDS] __weak = {};
__u64 late_ports[PRISM_PORT_WORDS] __weak = {};
/* Connections with bytes that are yet to leave: the program on packets looks at nothing else where there is
 * none. Kernels before 6.3 do not tell which have, and it is never 0 there. */
__s32 late_sockets __weak = 0;
/* The program on packets is attached; and it was called for, once in a session. */
volatile __u32 packets_followed __weak = 0;
__u32 packets_wanted __weak = 0;
/* Target in each slot of the counters; 0: none, or switched off. What belongs to others is left from before.
 */
volatile __u32 active[PRISM_SLOTS] __weak = {};
/* Another one: what was found out about a process may not hold any more. */
volatile __u32 generation __weak = 0;
/* Counts the times that the programs were attached; and connections kept in this one. */
volatile __u32 session __weak = 0;
__s32 sockets_kept __weak = 0;

/* What was read before is not read again later. */
static __always_inline void read_barrier(void)
{
#if defined(__TARGET_ARCH_x86)
    asm volatile("" ::: "memory"); /* reads keep their order */
#else
    __u64 nothing = 0;
    __sync_fetch_and_add(&nothing, 1);
#endif
}

static __always_inline bool hints_at(__u32 tgid)
{
    return process_hints[tgid & (PRISM_PROCESS_HINTS - 1)];
}

static __always_inline bool has_port(const __u64* ports, __u16 port)
{
    return ports[port / 64] >> (port % 64) & 1;
}

static __always_inline void add_port(__u64* ports, __u16 port)
{
    if (!has_port(ports, port)) {
        __sync_fetch_and_or(&ports[port / 64], 1ull << (port % 64));
    }
}

static __always_inline bool is_active(__u32 target, __u32 slot)
{
    return target && active[slot & (PRISM_SLOTS - 1)] == target;
}

static __always_inline struct prism_target* target_of(__u32 tgid)
{
    if (!hints_at(tgid)) {
        return 0;
    }
    struct prism_target* target = bpf_map_lookup_elem(&targets, &tgid);
    return target && !target->off ? target : 0;
}

static __always_inline struct prism_count* count_of(__u32 slot, __u32 program)
{
    __u32 index = slot * PRISM_PROGRAMS + program;
    return bpf_map_lookup_elem(&counts, &index);
}

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, PRISM_PROGRAMS);
    __type(key, __u32);
    __type(value, struct prism_cost);
} costs __weak SEC(".maps");

/* One in 64 of the runs that met a target's event is measured: by a number that differs from run to run. */
static __always_inline bool is_sampled(__u32 number)
{
    return number * 2654435769u >> 26 == 0;
}

static __always_inline void note_cost(__u32 program, __u64 begin_ns)
{
    struct prism_cost* cost = bpf_map_lookup_elem(&costs, &program);
    if (cost) {
        __u64 took = bpf_ktime_get_ns() - begin_ns;
        bool stalled = took > PRISM_STALL_NS;
        __sync_fetch_and_add(stalled ? &cost->stalled : &cost->samples, 1);
        __sync_fetch_and_add(stalled ? &cost->stalled_ns : &cost->sampled_ns, took);
    }
}

/* An interrupt may count on the same CPU in between: so the additions are atomic. */
#define COUNT(count, field, by)                                                                              \
    do {                                                                                                     \
        struct prism_count* counted = (count);                                                               \
        if (counted) {                                                                                       \
            __sync_fetch_and_add(&counted->field, by);                                                       \
        }                                                                                                    \
    } while (0)

/* Puts an event into the ring and counts what became of it. Readers come by themselves every 20
 * milliseconds: waking one costs more than all else here. */
static __always_inline bool put(
    void* ring, __u64 wakeup, struct prism_count* count, void* event, __u64 bytes, __u64 payload)
{
    COUNT(count, attempted, 1);
    if (bpf_ringbuf_output(ring, event, bytes, wakeup) != 0) {
        COUNT(count, dropped, 1);
        COUNT(count, dropped_bytes, payload);
        return 0;
    }
    COUNT(count, emitted, 1);
    return 1;
}

#define EVENT_AT(t_ns, k, f, t, process, thread)                                                             \
    (struct prism_event)                                                                                     \
    {                                                                                                        \
        .time_ns = (t_ns), .kind = (k), .flags = (f), .target = (t), .tgid = (process), .tid = (thread)      \
    }
#define EVENT(k, f, t, process, thread) EVENT_AT(bpf_ktime_get_ns(), k, f, t, process, thread)

#endif
