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

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 1 << 20);
} cycles __weak SEC(".maps");

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
    __type(value, struct prism_owner);
} ports __weak SEC(".maps");

/* Address of the kernel's socket → connection. An entry goes when the socket is closed. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 65536);
    __type(key, __u64);
    __type(value, struct prism_socket);
} sockets __weak SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, PRISM_SLOTS* PRISM_PROGRAMS);
    __type(key, __u32);
    __type(value, struct prism_count);
} counts __weak SEC(".maps");

/* Wakes the reader when more than this lies in the ring; it comes by itself every few milliseconds. */
const volatile __u64 payloads_wakeup __weak = 1 << 20;
const volatile __u64 cycles_wakeup __weak = 256 << 10;

static __always_inline struct prism_target* target_of(__u32 tgid)
{
    struct prism_target* target = bpf_map_lookup_elem(&targets, &tgid);
    return target && !target->off ? target : 0;
}

static __always_inline struct prism_count* count_of(__u32 slot, __u32 program)
{
    __u32 index = slot * PRISM_PROGRAMS + program;
    return bpf_map_lookup_elem(&counts, &index);
}

/* An interrupt may count on the same CPU in between: so the additions are atomic. */
#define COUNT(count, field, by)                                                                              \
    do {                                                                                                     \
        struct prism_count* counted = (count);                                                               \
        if (counted) {                                                                                       \
            __sync_fetch_and_add(&counted->field, by);                                                       \
        }                                                                                                    \
    } while (0)

static __always_inline __u64 wakeup(void* ring, __u64 above)
{
    return bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) > above ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

/* Puts an event into the ring and counts what became of it. */
static __always_inline bool put(
    void* ring, __u64 above, struct prism_count* count, void* event, __u64 bytes, __u64 payload)
{
    COUNT(count, attempted, 1);
    if (bpf_ringbuf_output(ring, event, bytes, wakeup(ring, above)) != 0) {
        COUNT(count, dropped, 1);
        COUNT(count, dropped_bytes, payload);
        return 0;
    }
    COUNT(count, emitted, 1);
    return 1;
}

#define EVENT(k, f, t, process, thread)                                                                      \
    (struct prism_event)                                                                                     \
    {                                                                                                        \
        .time_ns = bpf_ktime_get_ns(), .kind = (k), .flags = (f), .target = (t), .tgid = (process),          \
        .tid = (thread)                                                                                      \
    }

#endif
