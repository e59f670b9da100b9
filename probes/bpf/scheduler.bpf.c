/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Turns of the targets' threads: blocked, runnable and waiting, running. One event a turn, made when the
 * thread leaves the CPU: how long it waited for that, the scheduler itself has noted. */
#include "identity.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Turns on their way to the helper: a queue a CPU, written by that CPU alone (the scheduler runs with
 * interrupts off) and read through its mapped pages. A ring buffer's lock and header would cost more than all
 * else here. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1); /* a CPU each: set by the helper */
    __type(key, __u32);
    __type(value, struct prism_turn_queue);
} turn_queues SEC(".maps");

/* Of CPU n: turn_slots places from n * turn_slots on. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct prism_cycle);
} turn_places SEC(".maps");

const volatile __u32 turn_slots = 1024; /* a power of two */

/* By thread. All room is taken at the start: these programs run where nothing may be allocated. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16384);
    __type(key, __u32);
    __type(value, struct prism_turn);
} turns SEC(".maps");

/* The turn of a target's thread; null for others. */
static __always_inline struct prism_turn* turn_of(struct task_struct* task)
{
    __u32 tid = task->pid;
    struct prism_turn* turn = bpf_map_lookup_elem(&turns, &tid);
    if (turn && turn->generation == generation && is_active(turn->target, turn->slot)
        && is_of(task->real_cred, turn->uid)) {
        return turn;
    }
    struct prism_target* target = target_of(task->tgid);
    if (!target) {
        return 0;
    }
    if (!is_of(task->real_cred, target->uid)) {
        stop_observing(target, task);
        return 0;
    }
    if (!turn || turn->target != target->target) {
        struct prism_turn none = { .target = target->target, .slot = target->slot, .uid = target->uid };
        if (bpf_map_update_elem(&turns, &tid, &none, BPF_ANY) != 0) {
            COUNT(count_of(target->slot, PRISM_ON_SCHEDULER), forgotten, 1);
            return 0;
        }
        turn = bpf_map_lookup_elem(&turns, &tid);
    }
    if (turn) {
        turn->uid = target->uid;
        turn->generation = generation;
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

static __always_inline __u64 later(__u64 a, __u64 b)
{
    return a > b ? a : b;
}

/* How often the thread has got a CPU. */
static __always_inline __u32 arrivals_of(struct task_struct* task)
{
    return bpf_core_field_exists(task->sched_info) ? (__u32)task->sched_info.pcount : 0;
}

/* Whether the thread's last arrival here began the turn that ends now. A kernel can switch without a word to
 * any tracepoint (seen on 6.18, where a thread was preempted inside the kernel), so that a noted arrival can
 * be of an earlier turn and a turn can be missing: the scheduler's own count tells. */
static __always_inline bool arrival_is_known(
    struct task_struct* task, const struct prism_turn* before, const struct prism_turn_queue* queue)
{
    if (queue->arrived_tid != (__u32)task->pid || queue->arrived_ns < before->left_ns) {
        return 0;
    }
    return !bpf_core_field_exists(task->sched_info) || before->left_ns == 0
        || arrivals_of(task) - before->arrivals == 1;
}

/* Since when the thread could run and ran. The wait is measured by the scheduler's clock, which is another
 * one than ours, but lengths are the same to 100 ns or so: clamped to what is known otherwise. */
static __always_inline void date_turn(struct prism_cycle* told, struct task_struct* task,
    const struct prism_turn* before, const struct prism_turn_queue* queue)
{
    if (!arrival_is_known(task, before, queue)) {
        return; /* also when it got the CPU before the attach */
    }
    told->running_ns = queue->arrived_ns;
    if (before->left_ns && !before->blocked) {
        told->runnable_ns = before->left_ns; /* preempted: it could have gone on */
    } else if (bpf_core_field_exists(task->sched_info) && (before->left_ns || task->sched_info.pcount == 1)) {
        __u64 waited = task->sched_info.run_delay - before->waited_ns;
        told->runnable_ns = later(waited < told->running_ns ? told->running_ns - waited : 0, before->left_ns);
        told->blocked_ns = before->left_ns;
    }
}

/* The place of the next turn; null when the helper has not taken what is in all of them. */
static __always_inline struct prism_cycle* next_place(struct prism_turn_queue* queue, __u32 cpu)
{
    __u64 written = queue->written;
    if (written == queue->free_until) {
        /* The helper's line is met once a round. */
        queue->free_until = *(const volatile __u64*)&queue->taken + turn_slots;
        if (written == queue->free_until) {
            return 0;
        }
    }
    __u32 place = cpu * turn_slots + (written & (turn_slots - 1));
    return bpf_map_lookup_elem(&turn_places, &place);
}

static __always_inline void leaves(
    struct task_struct* task, bool preempted, struct prism_turn_queue* queue, __u32 cpu, __u64 now)
{
    struct prism_turn* turn = turn_of(task);
    if (!turn) {
        return;
    }
    __u32 state = preempted ? 0 : state_of(task);
    /* Nothing interrupts here, so that plain additions do. */
    struct prism_count* count = count_of(turn->slot, PRISM_ON_SCHEDULER);
    struct prism_cycle* told = next_place(queue, cpu);
    if (told) {
        __u16 flags
            = (state == 0 ? PRISM_PREEMPTED : 0) | (turn->uninterruptible ? PRISM_UNINTERRUPTIBLE : 0);
        *told = (struct prism_cycle) {
            .event = EVENT_AT(now, PRISM_CYCLE, flags, turn->target, task->tgid, task->pid),
            .cpu = cpu,
        };
        date_turn(told, task, turn, queue);
        /* An exchange, as it is what orders the writes before it on every processor. */
        __sync_lock_test_and_set(&queue->written, queue->written + 1);
    }
    if (count) {
        count->attempted += 1;
        count->emitted += told ? 1 : 0;
        count->dropped += told ? 0 : 1;
    }
    note_cost(PRISM_ON_SCHEDULER, now);
    if (state & TASK_DEAD) {
        __u32 tid = task->pid;
        bpf_map_delete_elem(&turns, &tid);
        return;
    }
    turn->left_ns = now;
    turn->waited_ns = bpf_core_field_exists(task->sched_info) ? task->sched_info.run_delay : 0;
    turn->arrivals = arrivals_of(task);
    turn->blocked = state != 0;
    turn->uninterruptible = state == TASK_UNINTERRUPTIBLE;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempted, struct task_struct* before, struct task_struct* after)
{
    bool leaving = hints_at(before->tgid);
    bool arriving = hints_at(after->tgid);
    if (!leaving && !arriving) {
        return 0;
    }
    __u32 cpu = bpf_get_smp_processor_id();
    struct prism_turn_queue* queue = bpf_map_lookup_elem(&turn_queues, &cpu);
    if (!queue) {
        return 0; /* there is one for every CPU that there can be */
    }
    __u64 now = bpf_ktime_get_ns();
    if (leaving) {
        leaves(before, preempted, queue, cpu, now);
        queue->arrived_tid = 0;
    }
    if (arriving) {
        queue->arrived_ns = now;
        queue->arrived_tid = after->pid;
    }
    return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_thread_exit, struct task_struct* task)
{
    /* Others leave their entry when they leave the CPU for good; the last may be no target's by then. */
    if (hints_at(task->tgid) && task->signal->live.counter == 0) {
        __u32 tid = task->pid;
        bpf_map_delete_elem(&turns, &tid);
    }
    return 0;
}
