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
        late_sockets = 1;
    }
}

static __always_inline void unfollow_packets(struct prism_use* use)
{
    if (use->late && __sync_lock_test_and_set(&use->late, 0) != 0) {
        __sync_fetch_and_add(&late_sockets, -1);
    }
}

/* The packets of a connection are followed until all that was written has left. */
static __always_inline void follow_packets(struct prism_use* use)
{
    add_port(late_ports, use->local_port);
    if (__sync_lock_test_and_set(&use->late, 1) == 0) {
        __sync_fetch_and_add(&late_sockets, 1);
    }
    /* The connection closed meanwhile, and who closed it may have looked before: see leave_use(). */
    if (use->session != session) {
        unfollow_packets(use);
    }
}

/* At the end of a connection: what a call that is still under way writes here counts for nobody. */
static __always_inline void leave_use(struct prism_use* use)
{
    if (use->session == session) {
        use->session = 0;
        if (__sync_lock_test_and_set(&use->late, 0) != 0) {
            __sync_fetch_and_add(&late_sockets, -1);
        }
    }
}

/* A write's bytes leave late. Until the program on packets is attached they are counted; the first has the
 * helper attach it at once instead of at its next look. */
static __always_inline void want_packets(const struct prism_use* use)
{
    if (packets_followed) {
        return;
    }
    COUNT(count_of(use->slot, PRISM_ON_PACKET_OUT), before_attach, 1);
    if (!packets_wanted && __sync_lock_test_and_set(&packets_wanted, 1) == 0) {
        struct prism_process told = { .event = EVENT(PRISM_PACKETS_WANTED, 0, use->target, 0, 0) };
        bpf_ringbuf_output(&processes, &told, sizeof told, BPF_RB_FORCE_WAKEUP);
    }
}

static __always_inline struct prism_place* place_at(struct sock* sk, __u32 which)
{
    __u32 index = (sk->__sk_common.skc_hash ^ which) & (PRISM_PLACES - 1);
    return bpf_map_lookup_elem(&places, &index);
}

/* The place of a socket, of this session or an earlier one; null: it has none. */
static __always_inline struct prism_place* place_of(struct sock* sk)
{
    struct prism_place* place = place_at(sk, 0);
    if (place && place->socket == (__u64)sk) {
        return place;
    }
    place = place_at(sk, 1);
    return place && place->socket == (__u64)sk ? place : 0;
}

/* Reads a place in one piece. False: meanwhile its socket was closed, and the place may be another's. */
static __always_inline bool read_place(
    const struct prism_place* place, struct sock* sk, struct prism_use* seen)
{
    *seen = place->use;
    read_barrier();
    return *(const volatile __u64*)&place->socket == (__u64)sk;
}

static __always_inline __u32 clock_ms(void)
{
    return bpf_ktime_get_ns() >> 20;
}

/* At the end of a connection, and before the first use of one: its socket may lie where another one lay. Of
 * threads that come at once one leaves it. The place is free before its use is over, and rests meanwhile. */
static __always_inline void leave_place(struct sock* sk)
{
    struct prism_place* place = place_of(sk);
    if (!place) {
        return;
    }
    place->use.left_ms = clock_ms();
    if (__sync_val_compare_and_swap(&place->socket, (__u64)sk, 0) == (__u64)sk) {
        leave_use(&place->use);
    }
}

/* A place that was left rests: a call on its last connection may be about to count something there. */
static __always_inline bool may_take(const struct prism_place* place, __u64 held, struct sock* sk)
{
    if (held == 0) {
        return clock_ms() - place->use.left_ms > PRISM_PLACE_RESTS_MS;
    }
    return held == (__u64)sk || (held != 1 && place->use.session != session);
}

/* Gives a socket a place, if one of its two is free. One of an earlier session is, or of the socket that lay
 * in this memory before. */
static __always_inline struct prism_use* take_place(struct sock* sk, struct prism_socket* known)
{
    if (__sync_lock_test_and_set(&known->placed, 1) != 0) {
        /* Another thread did just now. */
        struct prism_place* place = place_of(sk);
        return place && place->use.connection == known->use.connection ? &place->use : &known->use;
    }
    for (__u32 which = 0; which < 2; ++which) {
        struct prism_place* place = place_at(sk, which);
        __u64 held = place ? place->socket : 1;
        if (!place || !may_take(place, held, sk)
            || __sync_val_compare_and_swap(&place->socket, held, 1) != held) {
            continue;
        }
        place->use = known->use;
        place->use.late = 0;
        __sync_lock_test_and_set(&place->socket, (__u64)sk);
        /* What is late is counted for the place now, also what another thread found meanwhile. */
        if (__sync_lock_test_and_set(&known->use.late, 0) != 0
            && __sync_lock_test_and_set(&place->use.late, 1) != 0) {
            __sync_fetch_and_add(&late_sockets, -1);
        }
        if (known->use.session != session) {
            leave_place(sk); /* it closed meanwhile, and who closed it found no place */
        }
        return &place->use;
    }
    return &known->use;
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
    if (known->use.session == session) {
        __sync_fetch_and_add(&sockets_kept, -1);
    }
    leave_use(&known->use); /* before its place: see take_place() */
    if (!by_call) {
        leave_place(sk);
        bpf_sk_storage_delete(&sockets, sk);
        return;
    }
    __u64 key = (__u64)sk;
    bpf_map_delete_elem(&sockets_by_address, &key);
}

/* One thread at a time changes whose a socket is. */
static __always_inline bool claim(struct prism_socket* known)
{
    return __sync_lock_test_and_set(&known->claimed, 1) == 0;
}

static __always_inline void release(struct prism_socket* known)
{
    __sync_lock_test_and_set(&known->claimed, 0);
}

struct awaited {
    struct prism_socket* known;
};

static long is_released(__u32 index, void* context)
{
    const struct awaited* awaited = context;
    return *(const volatile __u32*)&awaited->known->claimed == 0;
}

/* Who claimed it is done within a microsecond, unless something interrupts. */
static __always_inline void await_release(struct prism_socket* known)
{
    struct awaited awaited = { known };
    bpf_loop(1000, is_released, &awaited, 0);
}

static __always_inline bool is_entered(const struct prism_socket* known, __u32 target)
{
    return known->use.session == session && known->use.target == target;
}

/* The socket's entry, made if there is none. Of threads that come at once one makes it. */
static __always_inline struct prism_socket* entry_of(struct sock* sk, struct prism_socket* made)
{
    if (!by_call) {
        struct prism_socket* entry = bpf_sk_storage_get(&sockets, sk, made, BPF_LOCAL_STORAGE_GET_F_CREATE);
        return entry ? entry : bpf_sk_storage_get(&sockets, sk, 0, 0);
    }
    __u64 key = (__u64)sk;
    bpf_map_update_elem(&sockets_by_address, &key, made, BPF_NOEXIST);
    return bpf_map_lookup_elem(&sockets_by_address, &key);
}

/* Enters a socket as `made` says, also over what is noted of an earlier session or another target. Another
 * thread may have entered it just now: then it has that one's number. Null: no room, or another thread was
 * interrupted while it entered it. */
static __always_inline struct prism_socket* keep_socket(struct sock* sk, struct prism_socket* made)
{
    struct prism_socket* kept = entry_of(sk, made);
    if (!kept || is_entered(kept, made->use.target)) {
        return kept;
    }
    if (!claim(kept)) {
        await_release(kept);
        return is_entered(kept, made->use.target) ? kept : 0;
    }
    if (!is_entered(kept, made->use.target)) {
        leave_use(&kept->use);
        if (!by_call) {
            leave_place(sk);
        }
        /* Nobody takes it for the target's before it is whole. */
        kept->use.target = 0;
        made->use.session = 0;
        made->claimed = 1;
        *kept = *made;
        __sync_lock_test_and_set(&kept->use.session, session);
    }
    release(kept);
    return kept;
}

/* Enters a socket. Its addresses are noted now: they are gone when it is closed. `target` may be 0: not known
 * yet. */
static __always_inline struct prism_socket* add_socket(
    struct sock* sk, struct prism_socket* known, __u32 target, __u32 slot, __u16 flags, __u64 established_ns)
{
    struct prism_socket made = {};
    bool counted = known && known->use.session == session;
    if (!counted && __sync_fetch_and_add(&sockets_kept, 1) >= (__s32)most_sockets) {
        __sync_fetch_and_add(&sockets_kept, -1);
        COUNT(count_of(slot, PRISM_ON_CONNECTIONS), forgotten, 1);
        return 0;
    }
    __u64 number = __sync_fetch_and_add(&connections_made, 1) + 1;
    made.use.session = session;
    made.use.connection = number;
    made.established_ns = established_ns;
    made.use.target = target;
    made.use.slot = slot;
    made.use.flags = flags;
    made.received = received_sequence(sk);
    made.use.local_port = BPF_CORE_READ(sk, __sk_common.skc_num);
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
    hint_at_port(made.use.local_port);
    struct prism_socket* kept = keep_socket(sk, &made);
    if (!counted && (!kept || kept->use.connection != number)) {
        __sync_fetch_and_add(&sockets_kept, -1); /* another thread has counted it */
    }
    if (!kept) {
        COUNT(count_of(slot, PRISM_ON_CONNECTIONS), forgotten, 1);
    }
    return kept;
}

static __always_inline bool tell_connection(
    struct sock* sk, struct prism_socket* known, __u16 kind, __u32 tgid, __u32 tid)
{
    if (!is_active(known->use.target, known->use.slot)) {
        return 0;
    }
    struct prism_connection told = {
        .event = EVENT(kind, known->use.flags, known->use.target, tgid, tid),
        .connection = known->use.connection,
        .established_ns = known->established_ns,
        .read_sequence = read_sequence(sk),
        .write_sequence = write_sequence(sk),
        .local_port = known->use.local_port,
        .peer_port = known->peer_port,
        .family = known->family,
        .error = kind == PRISM_CLOSED ? BPF_CORE_READ(sk, sk_err) : 0,
    };
    __builtin_memcpy(told.local_address, known->local_address, sizeof told.local_address);
    __builtin_memcpy(told.peer_address, known->peer_address, sizeof told.peer_address);
    struct prism_count* count = count_of(known->use.slot, PRISM_ON_CONNECTIONS);
    if (!put(&payloads, BPF_RB_NO_WAKEUP, count, &told, sizeof told, 0)) {
        return 0;
    }
    if (kind == PRISM_OPENED && (known->use.flags & PRISM_SEEN)) {
        COUNT(count, before_attach, 1);
    }
    return 1;
}

static __always_inline bool is_announced(const struct prism_socket* known)
{
    return *(const volatile __u32*)&known->announced;
}

/* By the thread that has claimed it. Where the ring is full it is repeated with the next call. */
static __always_inline void announce_claimed(
    struct sock* sk, struct prism_socket* known, __u32 tgid, __u32 tid)
{
    if (!is_announced(known) && tell_connection(sk, known, PRISM_OPENED, tgid, tid)) {
        __sync_lock_test_and_set(&known->announced, 1);
    }
}

/* One thread tells of a connection, and others wait for it: what they tell of it comes behind. Two times:
 * another may be entering it, and announces it after that. */
static __always_inline void announce(struct sock* sk, struct prism_socket* known, __u32 tgid, __u32 tid)
{
    bool claimed = claim(known);
    if (!claimed) {
        await_release(known);
        claimed = !is_announced(known) && claim(known);
    }
    if (claimed) {
        announce_claimed(sk, known, tgid, tid);
        release(known);
    } else if (!is_announced(known)) {
        await_release(known);
    }
}

static __always_inline void tell_packet(
    const struct prism_use* use, __u32 program, __u16 kind, __u64 time_ns, __u32 sequence, __u32 bytes)
{
    struct prism_packet told = {
        .event
        = { .time_ns = time_ns, .kind = kind, .flags = use->flags & PRISM_CLIENT, .target = use->target },
        .connection = use->connection,
        .sequence = sequence,
        .bytes = bytes,
    };
    put(&payloads, BPF_RB_NO_WAKEUP, count_of(use->slot, program), &told, sizeof told, 0);
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
    if (!claim(known)) {
        await_release(known);
        return;
    }
    bool first = !known->use.target;
    if (first) {
        known->use.slot = target->slot;
        __sync_lock_test_and_set(&known->use.target, target->target);
        announce_claimed(sk, known, tgid, tid);
    }
    if (first && known->first_ns) {
        tell_packet(&known->use, PRISM_ON_PACKET_IN, PRISM_PACKET_IN, known->first_ns, known->first_begin,
            known->first_end - known->first_begin);
        if (known->last_ns) {
            tell_packet(&known->use, PRISM_ON_PACKET_IN, PRISM_PACKET_IN, known->last_ns, known->first_end,
                known->received - known->first_end);
        }
    }
    release(known);
}

/* Payload came in. */
static __always_inline void note_arrival(struct prism_socket* known, __u32 begin, __u32 bytes)
{
    __u64 now = bpf_ktime_get_ns();
    known->received = begin + bytes;
    if (known->use.target) {
        if (is_active(known->use.target, known->use.slot)) {
            tell_packet(&known->use, PRISM_ON_PACKET_IN, PRISM_PACKET_IN, now, begin, bytes);
            if (is_sampled(now)) {
                note_cost(PRISM_ON_PACKET_IN, now);
            }
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
    if (known && !known->use.target && known->use.session == session) {
        settle_target(sk, known, target, tgid, tid);
    }
    if (!known || known->use.target != target->target) {
        struct prism_port port = port_of(sk);
        __u16 role = bpf_map_lookup_elem(&ports, &port) ? 0 : PRISM_CLIENT;
        known = add_socket(sk, known, target->target, target->slot, PRISM_SEEN | role, 0);
    }
    if (known && !is_announced(known)) {
        announce(sk, known, tgid, tid);
    }
    return known;
}

#endif
