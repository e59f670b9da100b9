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

/* Behind the last byte that has come in. */
static __always_inline __u32 received_sequence(struct sock* sk)
{
    return BPF_CORE_READ((struct tcp_sock*)sk, rcv_nxt);
}

static __always_inline struct prism_port port_of(struct sock* sk)
{
    return (struct prism_port) { BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum),
        BPF_CORE_READ(sk, __sk_common.skc_num) };
}

static __always_inline void hint_at_port(__u16 port)
{
    add_port(used_ports, port);
    if (by_call) {
        add_port(late_ports, port);
        any_late_port = 1;
    }
}

static __always_inline struct prism_socket* known_socket(struct sock* sk)
{
    if (!by_call) {
        return bpf_sk_storage_get(&sockets, sk, 0, 0);
    }
    __u64 key = (__u64)sk;
    return bpf_map_lookup_elem(&sockets_by_address, &key);
}

static __always_inline void forget_socket(struct sock* sk, struct prism_socket* known)
{
    if (known->session == session) {
        __sync_fetch_and_add(&sockets_kept, -1);
    }
    if (!by_call) {
        bpf_sk_storage_delete(&sockets, sk);
        return;
    }
    __u64 key = (__u64)sk;
    bpf_map_delete_elem(&sockets_by_address, &key);
}

static __always_inline struct prism_socket* keep_socket(struct sock* sk, struct prism_socket* made)
{
    struct prism_socket* kept = 0;
    if (!by_call) {
        kept = bpf_sk_storage_get(&sockets, sk, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
        if (kept) {
            /* Nobody takes it for the target's before it is whole. */
            kept->target = 0;
            *kept = *made;
        }
        return kept;
    }
    __u64 key = (__u64)sk;
    if (bpf_map_update_elem(&sockets_by_address, &key, made, BPF_ANY) != 0) {
        return 0;
    }
    return bpf_map_lookup_elem(&sockets_by_address, &key);
}

/* Enters a socket. Its addresses are noted now: they are gone when it is closed. `target` may be 0: not known
 * yet. */
static __always_inline struct prism_socket* add_socket(
    struct sock* sk, struct prism_socket* known, __u32 target, __u32 slot, __u16 flags, __u64 established_ns)
{
    struct prism_socket made = {};
    bool counted = known && known->session == session;
    if (!counted && __sync_fetch_and_add(&sockets_kept, 1) >= (__s32)most_sockets) {
        __sync_fetch_and_add(&sockets_kept, -1);
        COUNT(count_of(slot, PRISM_ON_CONNECTIONS), forgotten, 1);
        return 0;
    }
    made.session = session;
    made.connection = __sync_fetch_and_add(&connections_made, 1) + 1;
    made.established_ns = established_ns;
    made.target = target;
    made.slot = slot;
    made.flags = flags;
    made.received = received_sequence(sk);
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
    hint_at_port(made.local_port);
    struct prism_socket* kept = keep_socket(sk, &made);
    if (!kept) {
        __sync_fetch_and_add(&sockets_kept, counted ? 0 : -1);
        COUNT(count_of(slot, PRISM_ON_CONNECTIONS), forgotten, 1);
    }
    return kept;
}

static __always_inline bool tell_connection(
    struct sock* sk, struct prism_socket* known, __u16 kind, __u32 tgid, __u32 tid)
{
    if (!is_active(known->target, known->slot)) {
        return 0;
    }
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
    if (!put(&payloads, BPF_RB_NO_WAKEUP, count, &told, sizeof told, 0)) {
        return 0;
    }
    if (kind == PRISM_OPENED && (known->flags & PRISM_SEEN)) {
        COUNT(count, before_attach, 1);
    }
    return 1;
}

static __always_inline void tell_packet(
    struct prism_socket* known, __u32 program, __u16 kind, __u64 time_ns, __u32 sequence, __u32 bytes)
{
    struct prism_packet told = {
        .event
        = { .time_ns = time_ns, .kind = kind, .flags = known->flags & PRISM_CLIENT, .target = known->target },
        .connection = known->connection,
        .sequence = sequence,
        .bytes = bytes,
    };
    put(&payloads, BPF_RB_NO_WAKEUP, count_of(known->slot, program), &told, sizeof told, 0);
}

/* Its connection was told as closed, or never was. A call on it belongs to nothing; entering the socket again
 * would mix it up with the next one in the same memory, as nothing takes it out any more. */
static __always_inline bool is_over(struct sock* sk)
{
    return BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_CLOSE && !known_socket(sk);
}

/* A connection of a port with several listeners belongs to the first that uses it. What came in before is
 * told now, with its time. */
static __always_inline void settle_target(
    struct sock* sk, struct prism_socket* known, struct prism_target* target, __u32 tgid, __u32 tid)
{
    known->slot = target->slot;
    known->target = target->target;
    known->announced = tell_connection(sk, known, PRISM_OPENED, tgid, tid);
    if (known->first_ns) {
        tell_packet(known, PRISM_ON_PACKET_IN, PRISM_PACKET_IN, known->first_ns, known->first_begin,
            known->first_end - known->first_begin);
        if (known->last_ns) {
            tell_packet(known, PRISM_ON_PACKET_IN, PRISM_PACKET_IN, known->last_ns, known->first_end,
                known->received - known->first_end);
        }
    }
}

/* Payload came in. */
static __always_inline void note_arrival(struct prism_socket* known, __u32 begin, __u32 bytes)
{
    __u64 now = bpf_ktime_get_ns();
    known->received = begin + bytes;
    if (known->target) {
        if (is_active(known->target, known->slot)) {
            tell_packet(known, PRISM_ON_PACKET_IN, PRISM_PACKET_IN, now, begin, bytes);
            note_cost(PRISM_ON_PACKET_IN, now);
        }
    } else if (!known->first_ns) {
        known->first_begin = begin;
        known->first_end = begin + bytes;
        known->first_ns = now;
    } else {
        known->last_ns = now;
    }
}

/* The entry of a target's socket; made when it is met for the first time. */
static __always_inline struct prism_socket* socket_of(
    struct sock* sk, struct prism_target* target, __u32 tgid, __u32 tid)
{
    struct prism_socket* known = known_socket(sk);
    if (known && !known->target && known->session == session) {
        settle_target(sk, known, target, tgid, tid);
    } else if (!known || known->target != target->target) {
        struct prism_port port = port_of(sk);
        __u16 role = bpf_map_lookup_elem(&ports, &port) ? 0 : PRISM_CLIENT;
        known = add_socket(sk, known, target->target, target->slot, PRISM_SEEN | role, 0);
    }
    if (known && !known->announced) {
        known->announced = tell_connection(sk, known, PRISM_OPENED, tgid, tid);
    }
    return known;
}

#endif
