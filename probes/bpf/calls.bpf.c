/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads and writes of the targets' TCP sockets by system calls, with the beginning of their payload. */
#include "calls.h"
#include "sockets.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Begin of the write in which a thread is. */
struct {
    __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, __u64);
} starts SEC(".maps");

/* An event is put together here. Twice the room: the verifier sees the place and the length of a piece, not
 * that their sum is bounded. */
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
} scratches SEC(".maps");

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

static __always_inline struct sock* socket_behind(struct task_struct* task, __u32 fd)
{
    struct fdtable* table = BPF_CORE_READ(task, files, fdt);
    struct file** place;
    struct file* file = 0;
    struct socket* socket;
    if (fd >= BPF_CORE_READ(table, max_fds)) {
        return 0;
    }
    place = BPF_CORE_READ(table, fd);
    if (bpf_probe_read_kernel(&file, sizeof file, place + fd) != 0 || !file
        || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK) {
        return 0;
    }
    socket = BPF_CORE_READ(file, private_data);
    struct sock* sk = BPF_CORE_READ(socket, sk);
    return sk && is_tcp(sk) ? sk : 0;
}

/* How much to copy, by the turn of question and answer in which the connection is. */
static __always_inline __u32 copy_limit(struct prism_socket* known, bool write, __u64 bytes)
{
    bool answer = write == !(known->flags & PRISM_CLIENT);
    if (answer) {
        __u32 calls = known->answer_calls++;
        known->request_bytes = 0;
        return calls < PRISM_HEAD_WRITES ? PRISM_COPY_HEAD : PRISM_COPY_TOKEN;
    }
    __u32 before = known->request_bytes;
    known->request_bytes = before + bytes < PRISM_COPY_REQUEST ? before + bytes : PRISM_COPY_REQUEST;
    known->answer_calls = 0;
    return before < PRISM_COPY_REQUEST - PRISM_COPY_BODY ? PRISM_COPY_REQUEST - before : PRISM_COPY_BODY;
}

/* Copies beginning and end of the payload of a call that went well. */
static __always_inline void copy_payload(
    struct scratch* to, struct pt_regs* regs, __u32 shape, __u32 most, __u64 bytes)
{
    struct gather gather = { .bytes = bytes, .most = most };
    __u64 second = call_second(regs);
    __u64 pieces = call_third(regs);
    __builtin_memset(to->tail, 0, sizeof to->tail);
    if (shape == CALL_BUFFER) {
        gather.failed = !copy_piece(&gather, (const void*)second, bytes);
    } else {
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
    }
    if (gather.failed) {
        to->io.event.flags |= PRISM_UNREADABLE;
        gather.copied = 0;
    } else {
        __builtin_memcpy(to->io.tail, to->tail, PRISM_TAIL);
    }
    if (gather.copied < bytes) {
        to->io.event.flags |= PRISM_TRUNCATED;
    }
    to->io.copied = gather.copied;
}

static __always_inline void tell_call(struct pt_regs* regs, struct call call, struct prism_target* target,
    struct task_struct* task, struct sock* sk, long result)
{
    if (is_over(sk)) {
        return;
    }
    __u64 id = bpf_get_current_pid_tgid();
    struct prism_count* count = count_of(target->slot, PRISM_ON_CALLS);
    struct prism_socket* known = socket_of(sk, target, id >> 32, id);
    struct scratch* to = scratch();
    if (!to) {
        return;
    }
    if (!known) {
        /* The table is full: counted there as forgotten, here as an event that could not be told. */
        COUNT(count, attempted, 1);
        COUNT(count, dropped, 1);
        COUNT(count, dropped_bytes, result > 0 ? result : 0);
        return;
    }
    __builtin_memset(&to->io, 0, sizeof to->io);
    to->io.event = EVENT(
        call.write ? PRISM_WRITE : PRISM_READ, known->flags & PRISM_CLIENT, target->target, id >> 32, id);
    to->io.connection = known->connection;
    to->io.result = result;
    to->io.sequence_end = call.write ? write_sequence(sk) : read_sequence(sk);
    if (call.write) {
        __u64* start = bpf_task_storage_get(&starts, task, 0, 0);
        if (start && *start) {
            to->io.start_ns = *start;
            *start = 0;
        } else {
            to->io.event.flags |= PRISM_NO_START;
        }
    }
    if (result > 0) {
        copy_payload(to, regs, call.shape, copy_limit(known, call.write, result), result);
    }
    __u32 copied = to->io.copied;
    __u16 flags = to->io.event.flags;
    if (copied > PRISM_COPY_MOST) {
        return;
    }
    if (put(&payloads, payloads_wakeup, count, to, sizeof to->io + copied, result > 0 ? result : 0)) {
        if (flags & PRISM_TRUNCATED) {
            COUNT(count, truncated, 1);
            COUNT(count, truncated_bytes, result - copied);
        }
        if (flags & PRISM_NO_START) {
            COUNT(count, before_attach, 1);
        }
    }
}

/* Stops at once when a process becomes another user's: it was not this user that was allowed. */
static __always_inline void check_identity(struct prism_target* target, struct task_struct* task)
{
    const struct cred* cred = task->cred;
    if (cred->uid.val == target->uid && cred->euid.val == target->uid && cred->suid.val == target->uid) {
        return;
    }
    __u64 id = bpf_get_current_pid_tgid();
    struct prism_process told
        = { .event = EVENT(PRISM_UID_CHANGED, 0, target->target, id >> 32, id), .uid = cred->uid.val };
    bpf_get_current_comm(told.name, sizeof told.name);
    target->off = 1;
    put(&processes, 0, count_of(target->slot, PRISM_ON_PROCESSES), &told, sizeof told, 0);
}

static __always_inline bool left_out(long result)
{
    enum { again = -11, interrupted = -4, restart_first = -516, restart_last = -512 };
    return result == again || result == interrupted || (result >= restart_first && result <= restart_last);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_call_begin, struct pt_regs* regs, long number)
{
    struct call call = call_of(number);
    if (!call.write) {
        return 0;
    }
    struct prism_target* target = target_of(bpf_get_current_pid_tgid() >> 32);
    if (!target) {
        return 0;
    }
    __u64* start
        = bpf_task_storage_get(&starts, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
    if (start) {
        *start = bpf_ktime_get_ns();
    } else {
        COUNT(count_of(target->slot, PRISM_ON_CALLS), forgotten, 1);
    }
    return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_call_end, struct pt_regs* regs, long result)
{
    struct call call = call_of(call_number(regs));
    if (call.shape == CALL_OTHER) {
        return 0;
    }
    struct prism_target* target = target_of(bpf_get_current_pid_tgid() >> 32);
    if (!target) {
        return 0;
    }
    struct task_struct* task = bpf_get_current_task_btf();
    if (call_foreign(task) || left_out(result)) {
        return 0;
    }
    if (call.shape == CALL_IDENTITY) {
        check_identity(target, task);
        return 0;
    }
    __u64 message_flags = call.shape == CALL_MESSAGE ? call_third(regs) : call_fourth(regs);
    bool nothing_asked = call.shape == CALL_BUFFER && call_third(regs) == 0;
    if ((!call.write && call.flagged && (message_flags & MSG_PEEK))
        || (result == 0 && (call.write || nothing_asked))) {
        return 0;
    }
    struct sock* sk = socket_behind(task, call_first(regs));
    if (sk) {
        tell_call(regs, call, target, task, sk, result);
    }
    return 0;
}
