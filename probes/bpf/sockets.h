/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PRISM_BPF_SOCKETS_H
#define PRISM_BPF_SOCKETS_H

#include "maps.h"

/* Numbers of connections: one for each socket and time of establishment. */
__u64 connections_made __weak = 0;

static __always_inline bool is_tcp(struct sock* sk)
{
    __u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
    return (family == AF_INET || family == AF_INET6) && BPF_CORE_READ(sk, sk_protocol) == IPPROTO_TCP;
}

static __always_inline __u32 read_sequence(struct sock* sk)
{
    return BPF_CORE_READ((struct tcp_sock*)sk, copied_seq);
}

static __always_inline __u32 write_sequence(struct sock* sk)
{
    return BPF_CORE_READ((struct tcp_sock*)sk, write_seq);
}

static __always_inline struct prism_port port_of(struct sock* sk)
{
    return (struct prism_port) { BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum),
        BPF_CORE_READ(sk, __sk_common.skc_num) };
}

static __always_inline struct prism_socket* known_socket(struct sock* sk)
{
    __u64 key = (__u64)sk;
    return bpf_map_lookup_elem(&sockets, &key);
}

/* Enters a socket. Its addresses are noted now: they are gone when it is closed. */
static __always_inline struct prism_socket* add_socket(
    struct sock* sk, __u32 target, __u32 slot, __u16 flags, __u64 established_ns)
{
    __u64 key = (__u64)sk;
    struct prism_socket made = {};
    made.connection = __sync_fetch_and_add(&connections_made, 1) + 1;
    made.established_ns = established_ns;
    made.target = target;
    made.slot = slot;
    made.flags = flags;
    made.local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
    made.peer_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
    if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET) {
        made.family = 4;
        BPF_CORE_READ_INTO(&made.local_address, sk, __sk_common.skc_rcv_saddr);
        BPF_CORE_READ_INTO(&made.peer_address, sk, __sk_common.skc_daddr);
    } else {
        made.family = 6;
        BPF_CORE_READ_INTO(&made.local_address, sk, __sk_common.skc_v6_rcv_saddr);
        BPF_CORE_READ_INTO(&made.peer_address, sk, __sk_common.skc_v6_daddr);
    }
    if (bpf_map_update_elem(&sockets, &key, &made, BPF_ANY) != 0) {
        COUNT(count_of(slot, PRISM_ON_CONNECTIONS), forgotten, 1);
        return 0;
    }
    return bpf_map_lookup_elem(&sockets, &key);
}

static __always_inline bool tell_connection(
    struct sock* sk, struct prism_socket* known, __u16 kind, __u32 tgid, __u32 tid)
{
    struct prism_connection told = {
        .event = EVENT(kind, known->flags, known->target, tgid, tid),
        .connection = known->connection,
        .established_ns = known->established_ns,
        .read_sequence = read_sequence(sk),
        .write_sequence = write_sequence(sk),
        .local_port = known->local_port,
        .peer_port = known->peer_port,
        .family = known->family,
        .error = kind == PRISM_CLOSED ? BPF_CORE_READ(sk, sk_err) : 0,
    };
    __builtin_memcpy(told.local_address, known->local_address, sizeof told.local_address);
    __builtin_memcpy(told.peer_address, known->peer_address, sizeof told.peer_address);
    struct prism_count* count = count_of(known->slot, PRISM_ON_CONNECTIONS);
    if (!put(&payloads, payloads_wakeup, count, &told, sizeof told, 0)) {
        return 0;
    }
    if (kind == PRISM_OPENED && (known->flags & PRISM_SEEN)) {
        COUNT(count, before_attach, 1);
    }
    return 1;
}

/* Its connection was told as closed, or never was. A call on it belongs to nothing; entering the socket again would
 * mix it up with the next one in the same memory, as nothing takes it out any more. */
static __always_inline bool is_over(struct sock* sk)
{
    return BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE && !known_socket(sk);
}

/* The entry of a target's socket; made when it is met for the first time. */
static __always_inline struct prism_socket* socket_of(
    struct sock* sk, struct prism_target* target, __u32 tgid, __u32 tid)
{
    struct prism_socket* known = known_socket(sk);
    if (!known || known->target != target->target) {
        struct prism_port port = port_of(sk);
        __u16 role = bpf_map_lookup_elem(&ports, &port) ? 0 : PRISM_CLIENT;
        known = add_socket(sk, target->target, target->slot, PRISM_SEEN | role, 0);
    }
    if (known && !known->announced) {
        known->announced = tell_connection(sk, known, PRISM_OPENED, tgid, tid);
    }
    return known;
}

#endif
