/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads and writes of the targets' TCP sockets by system calls, on kernels without tracepoints on sockets
 * (before 6.3). These programs run for every system call of the machine: transfers.bpf.c does the same for
 * less. */
#include "payload.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Begin of the write in which a thread is. */
struct {
    __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, __u64);
} starts SEC(".maps");

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

static __always_inline void tell_call(struct pt_regs* regs, struct call call, struct prism_target* target,
    struct task_struct* task, struct sock* sk, long result)
{
    if (is_over(sk)) {
        return;
    }
    __u64 id = bpf_get_current_pid_tgid();
    struct prism_count* count = count_of(target->slot, PRISM_ON_CALLS);
    struct prism_socket* known = socket_of(sk, target, id >> 32, id);
    if (!known) {
        /* The table is full: counted there as forgotten, here as an event that could not be told. */
        COUNT(count, attempted, 1);
        COUNT(count, dropped, 1);
        COUNT(count, dropped_bytes, result > 0 ? result : 0);
        return;
    }
    struct prism_io made = {
        .event = EVENT(call.write ? PRISM_WRITE : PRISM_READ, known->use.flags & PRISM_CLIENT, target->target,
            id >> 32, id),
        .connection = known->use.connection,
        .result = result,
        .sequence_end = call.write ? write_sequence(sk) : read_sequence(sk),
    };
    if (call.write) {
        __u64* start = bpf_task_storage_get(&starts, task, 0, 0);
        if (start && *start) {
            made.start_ns = *start;
            *start = 0;
        } else {
            made.event.flags |= PRISM_NO_START;
        }
    }
    put_call(regs, call, &known->use, count, &made);
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
    if (!is_of(task->real_cred, target->uid)) {
        stop_observing(target, task);
        return 0;
    }
    if (call.shape == CALL_IDENTITY) {
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
