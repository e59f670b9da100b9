/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads and writes of the targets' TCP sockets where the socket does them: with the beginning of their
 * payload when a system call with a buffer asked for them, else (io_uring, splice, sendfile, several messages
 * in a call) as bytes without payload. System calls that have to do with no socket are not met, so nothing on
 * the machine pays for them. The end of a call is seen, not its begin: when bytes left for the device is told
 * by TCP itself. */
#include "payload.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

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

/* When all bytes that were written so far had left for the device, if they have; a packet is built some
 * microseconds before it is there. */
static __always_inline __u64 time_left(struct sock* sk, struct tcp_sock* tcp)
{
    if (tcp->snd_nxt != tcp->write_seq) {
        /* Some leave later: packets on this port are followed from now on. */
        add_port(late_ports, sk->__sk_common.skc_num);
        any_late_port = 1;
        if (BPF_CORE_READ(tcp, snd_nxt) != BPF_CORE_READ(tcp, write_seq)) {
            return 0;
        }
        /* They left just now, and it was not yet followed. */
    }
    /* With pacing the first is later than that, after an acknowledgement within the call the second. */
    __u64 built = tcp->tcp_wstamp_ns;
    __u64 last = tcp->tcp_clock_cache;
    return built < last ? built : last;
}

/* The entry of the socket when this process is known to be its target's: without a look into the tables. */
static __always_inline struct prism_socket* used_before(struct sock* sk, __u32 tgid)
{
    struct prism_socket* known = known_socket(sk);
    return known && known->tgid == tgid && known->generation == generation && known->announced
            && is_active(known->target, known->slot)
        ? known
        : 0;
}

static __always_inline void tell_transfer(struct task_struct* task, struct sock* sk, struct tcp_sock* tcp,
    struct prism_socket* known, __u64 id, __u64 now, long result, bool write)
{
    struct pt_regs* regs = (struct pt_regs*)bpf_task_pt_regs(task);
    struct call call = current_call(task, regs);
    if (call.shape == CALL_OTHER || call.shape == CALL_IDENTITY || call.write != write) {
        if (result > 0) {
            struct prism_bytes told = {
                .event = EVENT_AT(now, write ? PRISM_BYTES_OUT : PRISM_BYTES_IN, known->flags & PRISM_CLIENT,
                    known->target, id >> 32, id),
                .connection = known->connection,
                .sequence_end = write ? tcp->write_seq : tcp->copied_seq,
                .bytes = result,
            };
            time_left(sk, tcp);
            put(&payloads, BPF_RB_NO_WAKEUP,
                count_of(known->slot, write ? PRISM_ON_BYTES_OUT : PRISM_ON_BYTES_IN), &told, sizeof told,
                result);
        }
        return;
    }
    if (result == 0 && call.shape == CALL_BUFFER && call_third(regs) == 0) {
        return; /* nothing was asked for */
    }
    struct prism_io made = {
        .event = EVENT_AT(
            now, write ? PRISM_WRITE : PRISM_READ, known->flags & PRISM_CLIENT, known->target, id >> 32, id),
        .connection = known->connection,
        .left_ns = write && result > 0 ? time_left(sk, tcp) : 0,
        .result = result,
        .sequence_end = write ? tcp->write_seq : tcp->copied_seq,
    };
    put_call(regs, call, known, count_of(known->slot, PRISM_ON_CALLS), &made);
    note_cost(PRISM_ON_CALLS, now);
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
    struct tcp_sock* tcp = bpf_skc_to_tcp_sock(sk);
    if (!tcp) {
        return 0;
    }
    __u64 now = bpf_ktime_get_ns();
    struct prism_socket* known = used_before(sk, tgid);
    if (known && is_of(task->real_cred, known->uid)) {
        tell_transfer(task, sk, tcp, known, id, now, result, write);
        return 0;
    }
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
    known->uid = target->uid;
    known->generation = generation;
    known->tgid = tgid;
    tell_transfer(task, sk, tcp, known, id, now, result, write);
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
