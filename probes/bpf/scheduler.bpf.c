/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Turns of the targets' threads: blocked, runnable and waiting, running. One event a turn. */
#include "maps.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* By thread. All room is taken at the start: these programs run where nothing may be allocated. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, struct prism_turn);
} turns SEC(".maps");

static __always_inline struct prism_turn* turn_of(struct task_struct* task, struct prism_target* target)
{
    __u32 tid = task->pid;
    struct prism_turn* turn = bpf_map_lookup_elem(&turns, &tid);
    if (!turn || turn->target != target->target) {
        struct prism_turn none = { .target = target->target };
        if (bpf_map_update_elem(&turns, &tid, &none, BPF_ANY) != 0) {
            COUNT(count_of(target->slot, PRISM_ON_SCHEDULER), forgotten, 1);
            return 0;
        }
        turn = bpf_map_lookup_elem(&turns, &tid);
    }
    return turn;
}

static __always_inline __u32 state_of(struct task_struct* task)
{
    if (bpf_core_field_exists(task->__state)) {
        return task->__state;
    }
    return BPF_CORE_READ((struct task_struct___old*)task, state);
}

static __always_inline void leaves(struct task_struct* task, struct prism_target* target, bool preempted)
{
    struct prism_turn* turn = turn_of(task, target);
    if (!turn) {
        return;
    }
    __u32 state = preempted ? 0 : state_of(task);
    struct prism_cycle told = {
        .event = EVENT(PRISM_CYCLE, state == 0 ? PRISM_PREEMPTED : 0, target->target, task->tgid, task->pid),
        .blocked_ns = turn->blocked_ns,
        .runnable_ns = turn->runnable_ns,
        .running_ns = turn->running_ns,
        .cpu = bpf_get_smp_processor_id(),
    };
    if (turn->uninterruptible) {
        told.event.flags |= PRISM_UNINTERRUPTIBLE;
    }
    put(&cycles, cycles_wakeup, count_of(target->slot, PRISM_ON_SCHEDULER), &told, sizeof told, 0);
    if (state & TASK_DEAD) {
        __u32 tid = task->pid;
        bpf_map_delete_elem(&turns, &tid);
        return;
    }
    turn->blocked_ns = state == 0 ? 0 : told.event.time_ns;
    turn->runnable_ns = state == 0 ? told.event.time_ns : 0;
    turn->running_ns = 0;
    turn->uninterruptible = state == TASK_UNINTERRUPTIBLE;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempted, struct task_struct* before, struct task_struct* after)
{
    struct prism_target* target = before->tgid ? target_of(before->tgid) : 0;
    if (target) {
        leaves(before, target, preempted);
    }
    target = after->tgid ? target_of(after->tgid) : 0;
    if (target) {
        struct prism_turn* turn = turn_of(after, target);
        if (turn) {
            turn->running_ns = bpf_ktime_get_ns();
        }
    }
    return 0;
}

static __always_inline int wakes(struct task_struct* task)
{
    struct prism_target* target = target_of(task->tgid);
    if (target) {
        struct prism_turn* turn = turn_of(task, target);
        /* A thread that is woken while it is still on its CPU goes on running. */
        if (turn && turn->running_ns == 0 && turn->runnable_ns == 0) {
            turn->runnable_ns = bpf_ktime_get_ns();
        }
    }
    return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct* task)
{
    return wakes(task);
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(on_wakeup_new, struct task_struct* task)
{
    return wakes(task);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_thread_exit, struct task_struct* task)
{
    /* Others leave their entry when they leave the CPU for good; the last may be no target's by then. */
    if (task->signal->live.counter == 0) {
        __u32 tid = task->pid;
        bpf_map_delete_elem(&turns, &tid);
    }
    return 0;
}
