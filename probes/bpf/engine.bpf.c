/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What vLLM's EngineCore tells its API server over a local socket: one message after every iteration. Only
 * sends of processes that the helper has marked are looked at, and the program is attached only while there
 * are some. */
#include "calls.h"
#include "engine_send.h"
#include "maps.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* A send of the thread found no room in the ring: the next one that does says so. */
struct {
    __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, int);
    __type(value, __u32);
} engine_lost SEC(".maps");

/* From the target's memory into the ring, which gives out rooms of fixed sizes only. */
#define PUT_SEND(name, room)                                                                                 \
    static __always_inline bool name(                                                                        \
        const struct prism_engine_send* made, const void* base, __u32* copied, __u16* flags)                 \
    {                                                                                                        \
        __u32 bytes = made->bytes;                                                                           \
        struct prism_engine_send* told = bpf_ringbuf_reserve(&payloads, sizeof *told + (room), 0);           \
        if (!told) {                                                                                         \
            return 0;                                                                                        \
        }                                                                                                    \
        *told = *made;                                                                                       \
        barrier_var(bytes); /* the verifier is to see the bound on the register that is used */              \
        if (bytes > (room)) {                                                                                \
            bytes = (room);                                                                                  \
        }                                                                                                    \
        if (!base || bpf_probe_read_user(told + 1, bytes, base) != 0) {                                      \
            bytes = 0;                                                                                       \
            told->event.flags |= PRISM_UNREADABLE;                                                           \
        }                                                                                                    \
        if (bytes < told->bytes) {                                                                           \
            told->event.flags |= PRISM_TRUNCATED;                                                            \
        }                                                                                                    \
        *copied = told->copied = bytes;                                                                      \
        *flags = told->event.flags;                                                                          \
        bpf_ringbuf_submit(told, BPF_RB_NO_WAKEUP);                                                          \
        return 1;                                                                                            \
    }

PUT_SEND(put_512, 512)
PUT_SEND(put_4k, 4096)
PUT_SEND(put_8k, 8192)
PUT_SEND(put_12k, 12288)
PUT_SEND(put_20k, 20480)
PUT_SEND(put_32k, PRISM_COPY_ENGINE)

static __always_inline bool put_send(
    const struct prism_engine_send* made, const void* base, __u32* copied, __u16* flags)
{
    __u32 bytes = base ? made->bytes : 0;
    return bytes <= 512  ? put_512(made, base, copied, flags)
        : bytes <= 4096  ? put_4k(made, base, copied, flags)
        : bytes <= 8192  ? put_8k(made, base, copied, flags)
        : bytes <= 12288 ? put_12k(made, base, copied, flags)
        : bytes <= 20480 ? put_20k(made, base, copied, flags)
                         : put_32k(made, base, copied, flags);
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(on_engine_sent, struct sock* sk, int result, int flags)
{
    if (result <= 0 || sk->__sk_common.skc_family != AF_UNIX) {
        return 0;
    }
    __u64 id = bpf_get_current_pid_tgid();
    struct prism_target* target = target_of(id >> 32);
    if (!target || !target->engine) {
        return 0;
    }
    struct task_struct* task = bpf_get_current_task_btf();
    struct prism_engine_send made = {
        .event = EVENT(PRISM_ENGINE_SEND, 0, target->target, id >> 32, id),
        .socket = (__u64)sk,
        .bytes = result,
    };
    const void* base = 0;
    if (!(task->flags & PF_IO_WORKER) && !call_foreign(task)) {
        struct pt_regs* regs = (struct pt_regs*)bpf_task_pt_regs(task);
        struct call call = call_of(call_number(regs));
        base = call.write && call.shape == CALL_BUFFER ? (const void*)call_second(regs) : 0;
    }
    __u32* lost = bpf_task_storage_get(&engine_lost, task, 0, 0);
    if (lost && *lost) {
        made.event.flags |= PRISM_LOST_BEFORE;
    }
    struct prism_count* count = count_of(target->slot, PRISM_ON_ENGINE);
    __u32 copied = 0;
    __u16 told = 0;
    COUNT(count, attempted, 1);
    if (!put_send(&made, base, &copied, &told)) {
        COUNT(count, dropped, 1);
        COUNT(count, dropped_bytes, result);
        lost = bpf_task_storage_get(&engine_lost, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
        if (lost) {
            *lost = 1;
        }
        return 0;
    }
    COUNT(count, emitted, 1);
    if (lost) {
        *lost = 0;
    }
    if (told & PRISM_TRUNCATED) {
        COUNT(count, truncated, 1);
        COUNT(count, truncated_bytes, result - copied);
    }
    return 0;
}
