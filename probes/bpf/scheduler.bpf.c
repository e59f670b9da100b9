/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When the targets' threads leave the CPU: one event each time, with what the scheduler itself has noted of
 * how long the thread waited. Blocked, waiting and running are made of that in user space, which remembers
 * each thread's last departure: this program runs at every switch of the machine, and where caches are cold.
 */
#include "identity.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Departures on their way to the helper: a queue a CPU, written by that CPU alone (the scheduler runs with
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
    __type(value, struct prism_departure);
} turn_places SEC(".maps");

const volatile __u32 turn_slots = 1024; /* a power of two */

static __always_inline __u32 state_of(struct task_struct* task)
{
    if (bpf_core_field_exists(task->__state)) {
        return task->__state;
    }
    return BPF_CORE_READ((struct task_struct___old*)task, state);
}

/* The place of the next departure; null when the helper has not taken what is in all of them. */
static __always_inline struct prism_departure* next_place(struct prism_turn_queue* queue, __u32 cpu)
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

/* What was written before is seen before it. */
static __always_inline void publish(__u64* place, __u64 value)
{
#if defined(__TARGET_ARCH_x86)
    /* Other processors see writes in their order; an exchange would wait for the departure's cold line. */
    asm volatile("" ::: "memory");
    *(volatile __u64*)place = value;
#else
    __sync_lock_test_and_set(place, value);
#endif
}

/* The scheduler notes when a thread gets a CPU: nothing has to be done then. Known when this is loaded. */
static __always_inline bool by_scheduler(void)
{
    return bpf_core_field_exists(struct sched_info, last_arrival)
        && bpf_core_field_exists(struct sched_entity, cfs_rq) && bpf_core_field_exists(struct cfs_rq, rq);
}

/* The process of a thread that leaves, as found before on this CPU or, else, in the table. False: it is no
 * target's. */
static __always_inline bool find_process(struct task_struct* task, struct prism_turn_queue* queue)
{
    __u32 tgid = task->tgid;
    if (!queue->target || queue->tgid != tgid || queue->generation != generation) {
        __u32 found_in = generation;
        struct prism_target* target = target_of(tgid);
        if (!target) {
            return 0;
        }
        queue->tgid = tgid;
        queue->generation = found_in;
        queue->target = target->target;
        queue->slot = target->slot;
        queue->uid = target->uid;
    }
    if (!is_of(task->real_cred, queue->uid)) {
        struct prism_target* target = target_of(tgid);
        if (target) {
            stop_observing(target, task);
        }
        return 0;
    }
    return 1;
}

/* When the thread that leaves got its CPU; 0: not seen. */
static __always_inline __u64 arrival_of(struct task_struct* task, struct prism_turn_queue* queue, __u64 now)
{
    if (by_scheduler()) {
        return now - (task->se.cfs_rq->rq->clock - task->sched_info.last_arrival);
    }
    return queue->arrived_tid == (__u32)task->pid ? queue->arrived_ns : 0;
}

static __always_inline void leaves(
    struct task_struct* task, bool preempted, struct prism_turn_queue* queue, __u32 cpu, __u64 now)
{
    if (!find_process(task, queue)) {
        return;
    }
    /* Nothing interrupts here, so that plain additions do. */
    struct prism_count* count = count_of(queue->slot, PRISM_ON_SCHEDULER);
    struct prism_departure* told = next_place(queue, cpu);
    if (told) {
        bool counted = bpf_core_field_exists(task->sched_info);
        __u32 state = preempted ? 0 : state_of(task);
        __u16 flags = (state == 0 ? PRISM_PREEMPTED : 0)
            | (state == TASK_UNINTERRUPTIBLE ? PRISM_UNINTERRUPTIBLE : 0)
            | (state & TASK_DEAD ? PRISM_DEAD : 0) | (counted ? PRISM_COUNTED : 0);
        *told = (struct prism_departure) {
            .event = EVENT_AT(now, PRISM_DEPARTURE, flags, queue->target, task->tgid, task->pid),
            .arrived_ns = arrival_of(task, queue, now),
            .waited_ns = counted ? task->sched_info.run_delay : 0,
            .arrivals = counted ? (__u32)task->sched_info.pcount : 0,
            .cpu = cpu,
        };
        publish(&queue->written, queue->written + 1);
    }
    if (count) {
        count->attempted += 1;
        count->emitted += told ? 1 : 0;
        count->dropped += told ? 0 : 1;
    }
    if (is_sampled(now)) {
        note_cost(PRISM_ON_SCHEDULER, now);
    }
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempted, struct task_struct* before, struct task_struct* after)
{
    bool leaving = hints_at(before->tgid);
    bool arriving = !by_scheduler() && hints_at(after->tgid);
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
