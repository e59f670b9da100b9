/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads and writes of the targets' TCP sockets where the socket does them: with the beginning of their
 * payload when a system call with a buffer asked for them, else (io_uring, splice, sendfile, several messages
 * in a call) as bytes without payload. System calls that have to do with no socket are not met, so nothing on
 * the machine pays for them. The end of a call is seen, not its begin: when bytes left for the device is told
 * by TCP itself. */
#include "payload.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Reads through the pointer are checked; the kernel puts a move in place of the call. Since 6.2. */
extern void* bpf_rdonly_cast(const void* object, __u32 type) __ksym;

/* Without a call, each of which costs 25 ns and more where returns are guarded. */
static __always_inline const struct tcp_sock* tcp_of(struct sock* sk)
{
    __u16 family = sk->__sk_common.skc_family;
    return (family == AF_INET || family == AF_INET6) && sk->sk_protocol == IPPROTO_TCP
        ? bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct tcp_sock))
        : 0;
}

/* The call in which this thread is, as far as its payload can be read. A worker of io_uring has the registers
 * of the call in which it was made. */
static __always_inline struct call current_call(struct task_struct* task, struct pt_regs* regs)
{
    struct call call = { CALL_OTHER, 0, 0 };
    if (!(task->flags & PF_IO_WORKER) && !call_foreign(task)) {
        call = call_of(call_number(regs));
    }
    return call;
}

/* All bytes were given to the device, and TCP is about to note it: it counts them before. Only while nothing
 * was sent twice. */
static __always_inline bool in_hand(
    const struct prism_use* use, const volatile struct tcp_sock* tcp, __u32 end)
{
    __u32 given = tcp->bytes_sent;
    return use->uncounted && given + use->uncounted == end && tcp->bytes_retrans == 0;
}

/* When all bytes that were written so far had left for the device, if they have; a packet is built some
 * microseconds before it is there. Else 0, and *now is a time before which none of their packets is told. */
static __always_inline __u64 time_left(struct prism_use* use, const volatile struct tcp_sock* tcp, __u64* now)
{
    __u32 end = tcp->write_seq;
    if (tcp->snd_nxt != end) {
        *now = bpf_ktime_get_ns();
        follow_packets(use);
        if (!in_hand(use, tcp, end) && tcp->snd_nxt != end) {
            want_packets(use);
            return 0;
        }
        /* They left just now, and it was not yet followed. */
        unfollow_packets(use);
        if (tcp->write_seq != end) {
            follow_packets(use); /* another thread has written meanwhile */
        }
    } else if (!use->uncounted && tcp->bytes_retrans == 0) {
        use->uncounted = end - (__u32)tcp->bytes_sent;
    }
    /* With pacing the first is later than that, after an acknowledgement within the call the second. */
    __u64 built = tcp->tcp_wstamp_ns;
    __u64 last = tcp->tcp_clock_cache;
    return built < last ? built : last;
}

/* This process is known to be the target's: nothing has to be looked up in the tables. A target that was
 * switched off has another generation. */
static __always_inline bool is_found(const struct prism_use* use, __u32 tgid)
{
    return use->tgid == tgid && use->generation == generation;
}

/* `begin`: when the program began, where this run is measured; else 0. */
static __always_inline void tell_transfer(struct task_struct* task, const struct tcp_sock* tcp,
    struct prism_use* use, const struct prism_use* seen, __u64 id, long result, bool write, __u64 begin)
{
    struct pt_regs* regs = (struct pt_regs*)bpf_task_pt_regs(task);
    struct call call = current_call(task, regs);
    __u32 end = write ? tcp->write_seq : tcp->copied_seq;
    if (call.shape == CALL_OTHER || call.shape == CALL_IDENTITY || call.write != write) {
        if (result > 0) {
            struct prism_bytes told = {
                .event = EVENT(write ? PRISM_BYTES_OUT : PRISM_BYTES_IN, seen->flags & PRISM_CLIENT,
                    seen->target, id >> 32, id),
                .connection = seen->connection,
                .sequence_end = end,
                .bytes = result,
            };
            if (write) {
                __u64 now;
                time_left(use, tcp, &now);
            }
            put(&payloads, BPF_RB_NO_WAKEUP,
                count_of(seen->slot, write ? PRISM_ON_BYTES_OUT : PRISM_ON_BYTES_IN), &told, sizeof told,
                result);
        }
        return;
    }
    if (result == 0 && call.shape == CALL_BUFFER && call_third(regs) == 0) {
        return; /* nothing was asked for */
    }
    __u64 now = 0;
    __u64 left = write && result > 0 ? time_left(use, tcp, &now) : 0;
    if (left) {
        now = left;
    } else if (!now) {
        now = bpf_ktime_get_ns();
    }
    struct prism_io made = {
        .event = EVENT_AT(
            now, write ? PRISM_WRITE : PRISM_READ, seen->flags & PRISM_CLIENT, seen->target, id >> 32, id),
        .connection = seen->connection,
        .left_ns = left,
        .result = result,
        .sequence_end = end,
    };
    put_call(regs, call, use, count_of(seen->slot, PRISM_ON_CALLS), &made);
    if (begin) {
        note_cost(PRISM_ON_CALLS, begin);
    }
}

static __always_inline int on_transfer(struct sock* sk, int result, bool write)
{
    /* Each helper of the kernel that is called costs as much as a look into a table. */
    struct task_struct* task = bpf_get_current_task_btf();
    __u32 tgid = task->tgid;
    if (!hints_at(tgid) || left_out(result) || (write && result == 0)) {
        return 0;
    }
    __u64 id = (__u64)tgid << 32 | (__u32)task->pid;
    const struct tcp_sock* tcp = tcp_of(sk);
    if (!tcp) {
        return 0;
    }
    __u64 begin = is_sampled(write ? tcp->write_seq : tcp->copied_seq) ? bpf_ktime_get_ns() : 0;
    struct prism_use seen;
    struct prism_use* use = 0;
    struct prism_place* place = place_of(sk);
    struct prism_socket* known = place ? 0 : known_socket(sk);
    if (place && is_found(&place->use, tgid) && read_place(place, sk, &seen)) {
        use = &place->use;
    } else if (known && is_announced(known) && is_found(&known->use, tgid)) {
        use = &known->use;
        seen = *use;
    }
    if (use && is_of(task->real_cred, seen.uid)) {
        tell_transfer(task, tcp, use, &seen, id, result, write, begin);
        return 0;
    }
    /* Before the target is looked up: one that is switched off meanwhile has another generation. */
    __u32 found_in = generation;
    struct prism_target* target = target_of(tgid);
    if (!target) {
        return 0;
    }
    if (!is_of(task->real_cred, target->uid)) {
        stop_observing(target, task);
        return 0;
    }
    /* A connection of the kernel itself, as a network file system's, is none of the thread that waits for it.
     */
    if (is_over(sk) || BPF_CORE_READ_BITFIELD(sk, sk_kern_sock)) {
        return 0;
    }
    known = socket_of(sk, target, tgid, id);
    if (!known) {
        /* There are too many: counted there as forgotten, here as an event that could not be told. */
        struct prism_count* count = count_of(target->slot, PRISM_ON_CALLS);
        COUNT(count, attempted, 1);
        COUNT(count, dropped, 1);
        COUNT(count, dropped_bytes, result > 0 ? result : 0);
        return 0;
    }
    use = &known->use;
    /* Another process of the target, or another generation. */
    if (place && place->use.connection == use->connection) {
        use = &place->use;
    } else if (is_announced(known)) {
        use = take_place(sk, known);
    }
    use->uid = target->uid;
    use->generation = found_in;
    use->tgid = tgid;
    seen = *use;
    tell_transfer(task, tcp, use, &seen, id, result, write, begin);
    return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(on_sent, struct sock* sk, int result, int flags)
{
    return on_transfer(sk, result, 1);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_received, struct sock* sk, int result, int flags)
{
    return flags & MSG_PEEK ? 0 : on_transfer(sk, result, 0);
}
