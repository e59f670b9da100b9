/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* When payload of the targets' connections reaches the socket and when it leaves for the device. */
#include "sockets.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The part of a TCP header that is read; as on the wire. */
struct tcp_start {
    __be16 from;
    __be16 to;
    __be32 sequence;
    __be32 acknowledged;
    __u8 words; /* of the header, in the upper four bits */
    __u8 flags;
};

struct segment {
    __u32 sequence;
    __u32 bytes; /* of payload: 0 for a pure acknowledgement */
    __u32 end; /* behind the last byte and, if it is the last packet, behind the end */
};

static __always_inline struct segment segment_of(const unsigned char* tcp, __u32 from_tcp)
{
    struct tcp_start header;
    struct segment found = {};
    if (bpf_probe_read_kernel(&header, sizeof header, tcp) == 0) {
        __u32 header_bytes = (header.words >> 4) * 4;
        found.sequence = bpf_ntohl(header.sequence);
        found.bytes = from_tcp > header_bytes ? from_tcp - header_bytes : 0;
        found.end = found.sequence + found.bytes + (header.flags & 1);
    }
    return found;
}

/* Not told of pure acknowledgements, and in one step with the packet that completes the handshake. */
SEC("tp_btf/sk_data_ready")
int BPF_PROG(on_arrival, struct sock* sk)
{
    if (!has_port(used_ports, sk->__sk_common.skc_num) || sk->__sk_common.skc_state == TCP_LISTEN) {
        return 0;
    }
    struct tcp_sock* tcp = bpf_skc_to_tcp_sock(sk);
    struct prism_socket* known = tcp ? known_socket(sk) : 0;
    if (!known) {
        return 0;
    }
    __u32 begin = known->received;
    /* The peer's end counts as a byte. */
    __s32 bytes = tcp->rcv_nxt - begin - (sk->sk_shutdown & RCV_SHUTDOWN);
    if (bytes <= 0) {
        return 0;
    }
    if (sk->sk_rcvlowat > 1) {
        known->received = begin + bytes; /* this is not the first byte's time: unknown */
        return 0;
    }
    note_arrival(known, begin, bytes);
    return 0;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(on_packet_in, struct sock* sk, const struct sk_buff* packet)
{
    if (!has_port(used_ports, sk->__sk_common.skc_num)) {
        return 0;
    }
    struct segment came = segment_of(packet->data, packet->len);
    struct prism_socket* known = came.bytes ? known_socket(sk) : 0;
    if (known) {
        note_arrival(known, came.sequence, came.bytes);
    }
    return 0;
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(on_packet_out, struct sk_buff* packet)
{
    if (late_sockets <= 0) {
        return 0;
    }
    struct sock* sk = packet->sk;
    if (!sk || !has_port(late_ports, sk->__sk_common.skc_num)) {
        return 0;
    }
    const unsigned char* tcp = packet->head + packet->transport_header;
    struct segment left = segment_of(tcp, packet->len - (tcp - packet->data));
    if (!left.bytes) {
        return 0;
    }
    struct prism_place* place = by_call ? 0 : place_of(sk);
    struct prism_socket* known = place ? 0 : known_socket(sk);
    struct prism_use* use = place ? &place->use : known ? &known->use : 0;
    struct prism_use seen;
    if (!use || (place && !read_place(place, sk, &seen))) {
        return 0;
    }
    if (!place) {
        seen = *use;
    }
    if ((by_call || seen.late) && is_active(seen.target, seen.slot)) {
        __u64 now = bpf_ktime_get_ns();
        tell_packet(&seen, PRISM_ON_PACKET_OUT, PRISM_PACKET_OUT, now, left.sequence, left.bytes);
        /* Nothing is written meanwhile: who sends a packet holds the socket. */
        if (!by_call && left.end == write_sequence(sk)) {
            unfollow_packets(use);
        }
        if (is_sampled(now)) {
            note_cost(PRISM_ON_PACKET_OUT, now);
        }
    }
    return 0;
}
