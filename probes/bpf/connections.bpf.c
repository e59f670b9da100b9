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
    struct prism_owner owner = { target->target, target->slot };
    if (bpf_map_update_elem(&ports, &port, &owner, BPF_ANY) != 0) {
        COUNT(count_of(target->slot, PRISM_ON_CONNECTIONS), forgotten, 1);
    }
}

static __always_inline void on_established(struct sock* sk, int before)
{
    __u64 now = bpf_ktime_get_ns();
    struct prism_socket* known = known_socket(sk);
    if (known && before == TCP_SYN_SENT) {
        known->established_ns = now;
        /* A connection that the target opens gets its own port only now. */
        known->local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
    } else {
        /* An accepted connection is new, whatever is noted of the memory that its socket lies in. */
        __u64 key = (__u64)sk;
        bpf_map_delete_elem(&sockets, &key);
        struct prism_port port = port_of(sk);
        struct prism_owner* owner = bpf_map_lookup_elem(&ports, &port);
        known = owner ? add_socket(sk, owner->target, owner->slot, 0, now) : 0;
    }
    if (known) {
        known->announced = tell_connection(sk, known, PRISM_OPENED, 0, 0);
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
            add_socket(sk, target->target, target->slot, PRISM_CLIENT, 0);
        }
        return 0;
    }
    struct prism_socket* known = known_socket(sk);
    if (!known) {
        return 0;
    }
    if (after == TCP_CLOSE) {
        __u64 key = (__u64)sk;
        /* One whose opening failed was never told of. */
        if (known->announced || before != TCP_SYN_SENT) {
            tell_connection(sk, known, PRISM_CLOSED, 0, 0);
        }
        bpf_map_delete_elem(&sockets, &key);
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
    if (!target || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK) {
        return 0;
    }
    struct socket* socket = BPF_CORE_READ(file, private_data);
    struct sock* sk = BPF_CORE_READ(socket, sk);
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
