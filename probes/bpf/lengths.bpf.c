/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Bytes that go by ways from which no payload is copied: io_uring, splice, sendfile, several messages in a
 * call. */
#include "calls.h"
#include "sockets.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* True within a system call that is told with its payload. A worker of io_uring has the registers of the
 * call in which it was made. */
static __always_inline bool told_by_call(struct task_struct* task)
{
    if (task->flags & PF_IO_WORKER) {
        return 0;
    }
    struct pt_regs* regs = (struct pt_regs*)bpf_task_pt_regs(task);
    __u32 shape = call_of(call_number(regs)).shape;
    return shape != CALL_OTHER && shape != CALL_IDENTITY && !call_foreign(task);
}

static __always_inline int tell_bytes(struct sock* sk, int result, int flags, __u32 program, __u16 kind)
{
    if (result <= 0 || (kind == PRISM_BYTES_IN && (flags & MSG_PEEK))) {
        return 0;
    }
    __u64 id = bpf_get_current_pid_tgid();
    struct prism_target* target = target_of(id >> 32);
    if (!target || !is_tcp(sk) || told_by_call(bpf_get_current_task_btf()) || is_over(sk)) {
        return 0;
    }
    struct prism_count* count = count_of(target->slot, program);
    struct prism_socket* known = socket_of(sk, target, id >> 32, id);
    if (!known) {
        COUNT(count, attempted, 1);
        COUNT(count, dropped, 1);
        COUNT(count, dropped_bytes, result);
        return 0;
    }
    struct prism_bytes told = {
        .event = EVENT(kind, known->flags & PRISM_CLIENT, target->target, id >> 32, id),
        .connection = known->connection,
        .sequence_end = kind == PRISM_BYTES_OUT ? write_sequence(sk) : read_sequence(sk),
        .bytes = result,
    };
    put(&payloads, payloads_wakeup, count, &told, sizeof told, result);
    return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(on_bytes_out, struct sock* sk, int result, int flags)
{
    return tell_bytes(sk, result, flags, PRISM_ON_BYTES_OUT, PRISM_BYTES_OUT);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_bytes_in, struct sock* sk, int result, int flags)
{
    return tell_bytes(sk, result, flags, PRISM_ON_BYTES_IN, PRISM_BYTES_IN);
}
