/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PRISM_BPF_PAYLOAD_H
#define PRISM_BPF_PAYLOAD_H

#include "calls.h"
#include "identity.h"
#include "sockets.h"

/* An event is put together here when its payload lies in several pieces. Twice the room: the verifier sees
 * the place and the length of a piece, not that their sum is bounded. */
struct scratch {
    struct prism_io io;
    __u8 data[2 * PRISM_COPY_MOST];
    __u8 tail[2 * PRISM_TAIL];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct scratch);
} scratches __weak SEC(".maps");

static __always_inline struct scratch* scratch(void)
{
    __u32 zero = 0;
    return bpf_map_lookup_elem(&scratches, &zero);
}

/* Where a payload that lies in several pieces is gathered. */
struct gather {
    const struct iovec* vector;
    __u64 bytes; /* of the payload */
    __u64 done; /* of them met */
    __u32 most; /* to copy */
    __u32 copied;
    __u32 failed;
};

static __always_inline bool copy_piece(struct gather* gather, const void* base, __u64 length)
{
    struct scratch* to = scratch();
    if (!to) {
        return 0;
    }
    if (gather->copied < gather->most) {
        __u64 room = gather->most - gather->copied;
        __u32 piece = length < room ? length : room;
        __u32 at = gather->copied;
        if (at >= PRISM_COPY_MOST || piece > PRISM_COPY_MOST) {
            return 0;
        }
        if (piece && bpf_probe_read_user(to->data + at, piece, base) != 0) {
            return 0;
        }
        gather->copied += piece;
    }
    __u64 tail_begin = gather->bytes > PRISM_TAIL ? gather->bytes - PRISM_TAIL : 0;
    __u64 end = gather->done + length;
    if (end > tail_begin) {
        __u64 begin = gather->done > tail_begin ? gather->done : tail_begin;
        __u32 piece = (end - begin) & (2 * PRISM_TAIL - 1);
        __u32 at = (PRISM_TAIL - (gather->bytes - begin)) & (PRISM_TAIL - 1);
        if (piece > PRISM_TAIL
            || bpf_probe_read_user(to->tail + at, piece, base + (begin - gather->done)) != 0) {
            return 0;
        }
    }
    gather->done = end;
    return 1;
}

static long gather_piece(__u32 index, void* context)
{
    struct gather* gather = context;
    struct iovec piece;
    if (gather->done >= gather->bytes) {
        return 1;
    }
    if (bpf_probe_read_user(&piece, sizeof piece, gather->vector + index) != 0) {
        gather->failed = 1;
        return 1;
    }
    __u64 left = gather->bytes - gather->done;
    if (!copy_piece(gather, piece.base, piece.bytes < left ? piece.bytes : left)) {
        gather->failed = 1;
        return 1;
    }
    return 0;
}

/* How much to copy, by the turn of question and answer in which the connection is. */
static __always_inline __u32 copy_limit(struct prism_use* use, bool write, __u64 bytes)
{
    bool answer = write == !(use->flags & PRISM_CLIENT);
    if (answer) {
        use->request_bytes = 0;
        return PRISM_COPY_ANSWER;
    }
    __u32 before = use->request_bytes;
    use->request_bytes = before + bytes < PRISM_COPY_REQUEST ? before + bytes : PRISM_COPY_REQUEST;
    return before < PRISM_COPY_REQUEST - PRISM_COPY_BODY ? PRISM_COPY_REQUEST - before : PRISM_COPY_BODY;
}

/* Copies beginning and end of the payload of a call over several pieces. */
static __always_inline void gather_payload(
    struct scratch* to, struct pt_regs* regs, __u32 shape, __u32 most, __u64 bytes)
{
    struct gather gather = { .bytes = bytes, .most = most };
    __u64 second = call_second(regs);
    __u64 pieces = call_third(regs);
    __builtin_memset(to->tail, 0, sizeof to->tail);
    gather.vector = (const struct iovec*)second;
    if (shape == CALL_MESSAGE) {
        struct msghdr message = {};
        if (bpf_probe_read_user(&message, sizeof message, (const void*)second) != 0) {
            gather.failed = 1;
        }
        gather.vector = message.vector;
        pieces = message.vectors;
    }
    if (!gather.failed) {
        bpf_loop(pieces < MOST_IOVECS ? pieces : MOST_IOVECS, gather_piece, &gather, 0);
    }
    if (gather.failed) {
        to->io.event.flags |= PRISM_UNREADABLE;
        gather.copied = 0;
    } else if (gather.copied < bytes) {
        __builtin_memcpy(to->io.tail, to->tail, PRISM_TAIL);
    }
    if (gather.copied < bytes) {
        to->io.event.flags |= PRISM_TRUNCATED;
    }
    to->io.copied = gather.copied;
}

static __always_inline void count_put(
    struct prism_count* count, const struct prism_io* io, bool done, __u32 copied, __u16 flags, long result)
{
    if (!done) {
        COUNT(count, dropped, 1);
        COUNT(count, dropped_bytes, result > 0 ? result : 0);
        return;
    }
    COUNT(count, emitted, 1);
    if (flags & PRISM_TRUNCATED) {
        COUNT(count, truncated, 1);
        COUNT(count, truncated_bytes, result - copied);
    }
    if (flags & PRISM_NO_START) {
        COUNT(count, before_attach, 1);
    }
}

/* Payload in one piece goes from the target's memory into the ring, which gives out rooms of fixed sizes
 * only. */
#define PUT_PIECE(name, room)                                                                                \
    static __always_inline void name(                                                                        \
        struct prism_count* count, const struct prism_io* made, const void* base, __u64 bytes, __u32 most)   \
    {                                                                                                        \
        __u16 flags = made->event.flags;                                                                     \
        __u32 copied = bytes < most ? bytes : most;                                                          \
        struct prism_io* io = bpf_ringbuf_reserve(&payloads, sizeof *io + (room), 0);                        \
        if (!io) {                                                                                           \
            count_put(count, made, 0, 0, 0, bytes);                                                          \
            return;                                                                                          \
        }                                                                                                    \
        *io = *made;                                                                                         \
        if (copied > (room)) {                                                                               \
            copied = (room);                                                                                 \
        }                                                                                                    \
        if (copied && bpf_probe_read_user(io + 1, copied, base) != 0) {                                      \
            copied = 0;                                                                                      \
            flags |= PRISM_UNREADABLE;                                                                       \
        }                                                                                                    \
        if (copied < bytes) {                                                                                \
            flags |= PRISM_TRUNCATED;                                                                        \
            if (!(flags & PRISM_UNREADABLE)                                                                  \
                && bpf_probe_read_user(io->tail, PRISM_TAIL, base + bytes - PRISM_TAIL) != 0) {              \
                copied = 0;                                                                                  \
                flags |= PRISM_UNREADABLE;                                                                   \
            }                                                                                                \
        }                                                                                                    \
        io->copied = copied;                                                                                 \
        io->event.flags = flags;                                                                             \
        bpf_ringbuf_submit(io, BPF_RB_NO_WAKEUP);                                                            \
        count_put(count, made, 1, copied, flags, bytes);                                                     \
    }

PUT_PIECE(put_small, 256)
PUT_PIECE(put_event, 512)
PUT_PIECE(put_most, PRISM_COPY_MOST)

/* Tells a call; `made` has all but its payload. */
static __always_inline void put_call(struct pt_regs* regs, struct call call, struct prism_use* use,
    struct prism_count* count, const struct prism_io* made)
{
    __s32 result = made->result;
    COUNT(count, attempted, 1);
    if (result <= 0) {
        count_put(count, made,
            bpf_ringbuf_output(&payloads, (void*)made, sizeof *made, BPF_RB_NO_WAKEUP) == 0, 0,
            made->event.flags, result);
        return;
    }
    __u32 most = copy_limit(use, call.write, result);
    if (call.shape == CALL_BUFFER) {
        const void* base = (const void*)call_second(regs);
        __u32 piece = (__u32)result < most ? (__u32)result : most;
        if (piece <= 256) {
            put_small(count, made, base, result, most);
        } else if (piece <= 512) {
            put_event(count, made, base, result, most);
        } else {
            put_most(count, made, base, result, most);
        }
        return;
    }
    struct scratch* to = scratch();
    if (!to) {
        return;
    }
    to->io = *made;
    gather_payload(to, regs, call.shape, most, result);
    __u32 copied = to->io.copied;
    if (copied <= PRISM_COPY_MOST) {
        count_put(count, made,
            bpf_ringbuf_output(&payloads, to, sizeof to->io + copied, BPF_RB_NO_WAKEUP) == 0, copied,
            to->io.event.flags, result);
    }
}

static __always_inline bool left_out(long result)
{
    enum { again = -11, interrupted = -4, restart_first = -516, restart_last = -512 };
    return result == again || result == interrupted || (result >= restart_first && result <= restart_last);
}

#endif
