/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Connections that come and go, and, at the attach, those that are there. */
#include "sockets.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* In the first walk over a target's files only listening ports are noted: they tell the target's role on the
 * connections of the second. */
volatile __u32 walk_ports_only = 0;

static __always_inline void note_port(struct sock* sk, struct prism_target* target)
{
    struct prism_port port = port_of(sk);
    struct prism_listeners none = {};
    bpf_map_update_elem(&ports, &port, &none, BPF_NOEXIST);
    struct prism_listeners* listeners = bpf_map_lookup_elem(&ports, &port);
    if (listeners) {
        __sync_fetch_and_or(&listeners->slots, 1ull << (target->slot & (PRISM_SLOTS - 1)));
        hint_at_port(port.port);
    } else {
        COUNT(count_of(target->slot, PRISM_ON_CONNECTIONS), forgotten, 1);
    }
}

/* Place of the only bit that is set. */
static __always_inline __u32 slot_of(__u64 slots)
{
    __u32 slot = 0;
    for (__u32 step = PRISM_SLOTS / 2; step; step /= 2) {
        if (slots >> step) {
            slots >>= step;
            slot += step;
        }
    }
    return slot & (PRISM_SLOTS - 1);
}

/* A connection that someone opened to a port on which targets listen. */
static __always_inline struct prism_socket* add_accepted(
    struct sock* sk, struct prism_socket* known, __u64 now)
{
    struct prism_port port = port_of(sk);
    struct prism_listeners* listeners
        = has_port(used_ports, port.port) ? bpf_map_lookup_elem(&ports, &port) : 0;
    if (!listeners || !listeners->slots) {
        return 0;
    }
    __u64 slots = listeners->slots;
    if (slots & (slots - 1)) {
        return add_socket(sk, known, 0, 0, 0, now); /* whose shows when it is used */
    }
    __u32 slot = slot_of(slots);
    __u32 target = active[slot];
    return target ? add_socket(sk, known, target, slot, 0, now) : 0;
}

static __always_inline void on_established(struct sock* sk, int before)
{
    __u64 now = bpf_ktime_get_ns();
    struct prism_socket* known = known_socket(sk);
    if (!by_call) {
        leave_place(sk);
    }
    if (known && before == TCP_SYN_SENT) {
        known->established_ns = now;
        /* A connection that the target opens gets its own port only now. */
        known->use.local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
        known->received = received_sequence(sk);
        hint_at_port(known->use.local_port);
    } else {
        /* An accepted connection is new, whatever is noted of the memory that its socket lies in. */
        if (known) {
            forget_socket(sk, known);
        }
        known = add_accepted(sk, 0, now);
    }
    if (known) {
        announce(sk, known, 0, 0);
    }
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, struct sock* sk, int before, int after)
{
    if (!is_tcp(sk)) {
        return 0;
    }
    if (after == TCP_ESTABLISHED) {
        on_established(sk, before);
        return 0;
    }
    if (after == TCP_LISTEN || after == TCP_SYN_SENT) {
        /* Both happen within a call of the process that owns the socket. */
        struct prism_target* target = target_of(bpf_get_current_pid_tgid() >> 32);
        if (target && after == TCP_LISTEN) {
            note_port(sk, target);
        } else if (target) {
            add_socket(sk, known_socket(sk), target->target, target->slot, PRISM_CLIENT, 0);
        }
        return 0;
    }
    struct prism_socket* known = known_socket(sk);
    if (!known) {
        return 0;
    }
    if (after == TCP_CLOSE) {
        /* One whose opening failed was never told of. */
        if (is_announced(known) || before != TCP_SYN_SENT) {
            tell_connection(sk, known, PRISM_CLOSED, 0, 0);
        }
        forget_socket(sk, known);
    } else if (after == TCP_CLOSE_WAIT) {
        tell_connection(sk, known, PRISM_PEER_CLOSING, 0, 0);
    } else if (after == TCP_FIN_WAIT1 || after == TCP_LAST_ACK) {
        tell_connection(sk, known, PRISM_CLOSING, 0, 0);
    }
    return 0;
}

SEC("iter/task_file")
int walk_files(struct bpf_iter__task_file* context)
{
    struct task_struct* task = context->task;
    struct file* file = context->file;
    if (!task || !file) {
        return 0;
    }
    struct prism_target* target = target_of(task->tgid);
    struct socket* socket = target ? bpf_sock_from_file(file) : 0;
    struct sock* sk = socket ? socket->sk : 0;
    if (!sk || !is_tcp(sk)) {
        return 0;
    }
    __u8 state = BPF_CORE_READ(sk, __sk_common.skc_state);
    if (state == TCP_LISTEN) {
        note_port(sk, target);
    } else if (!walk_ports_only && (state == TCP_ESTABLISHED || state == TCP_CLOSE_WAIT)) {
        socket_of(sk, target, task->tgid, 0);
    }
    return 0;
}
