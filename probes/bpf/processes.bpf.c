/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Children of the targets, other programs in them, their ends. */
#include "maps.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline void tell_process(
    struct prism_target* target, __u16 kind, struct task_struct* task, __u32 other, __u32 status)
{
    struct prism_process told = {
        .event = EVENT(kind, 0, target->target, task->tgid, task->pid),
        .other = other,
        .uid = task->real_cred->uid.val,
        .status = status,
    };
    BPF_CORE_READ_STR_INTO(&told.name, task, comm);
    struct prism_count* count = count_of(target->slot, PRISM_ON_PROCESSES);
    COUNT(count, attempted, 1);
    if (bpf_ringbuf_output(&processes, &told, sizeof told, BPF_RB_FORCE_WAKEUP) == 0) {
        COUNT(count, emitted, 1);
    } else {
        COUNT(count, dropped, 1);
    }
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct* parent, struct task_struct* child)
{
    __u32 tgid = child->tgid;
    if (parent->tgid == child->tgid) {
        return 0; /* a thread */
    }
    struct prism_target* target = target_of(parent->tgid);
    if (!target || !target->family) {
        return 0;
    }
    struct prism_target of_child = *target;
    of_child.engine = 0;
    process_hints[tgid & (PRISM_PROCESS_HINTS - 1)] = 1;
    if (bpf_map_update_elem(&targets, &tgid, &of_child, BPF_ANY) != 0) {
        COUNT(count_of(target->slot, PRISM_ON_PROCESSES), forgotten, 1);
    }
    tell_process(target, PRISM_FORKED, child, parent->tgid, 0);
    return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct* task)
{
    struct prism_target* target = target_of(task->tgid);
    if (!target) {
        return 0;
    }
    const struct cred* cred = task->real_cred;
    if (cred->uid.val == target->uid && cred->euid.val == target->uid && cred->suid.val == target->uid) {
        tell_process(target, PRISM_EXECUTED, task, 0, 0);
    } else if (__sync_lock_test_and_set(&target->off, 1) == 0) { /* a setuid program */
        __sync_fetch_and_add(&generation, 1);
        tell_process(target, PRISM_UID_CHANGED, task, 0, 0);
    }
    return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct* task)
{
    __u32 tgid = task->tgid;
    struct prism_target* target = hints_at(tgid) ? bpf_map_lookup_elem(&targets, &tgid) : 0;
    if (!target || task->signal->live.counter != 0) {
        return 0;
    }
    __u32 status = task->signal->group_exit_code ? task->signal->group_exit_code : task->exit_code;
    tell_process(target, PRISM_EXITED, task, 0, status);
    bpf_map_delete_elem(&targets, &tgid);
    __sync_fetch_and_add(&generation, 1);
    return 0;
}
