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
};

static __always_inline void tell_packet(
    struct prism_socket* known, __u32 program, __u16 kind, const unsigned char* tcp, __u32 from_tcp)
{
    struct tcp_start header;
    if (bpf_probe_read_kernel(&header, sizeof header, tcp) != 0) {
        return;
    }
    __u32 header_bytes = (header.words >> 4) * 4;
    if (from_tcp <= header_bytes) {
        return; /* a pure acknowledgement */
    }
    struct prism_packet told = {
        .event = EVENT(kind, known->flags & PRISM_CLIENT, known->target, 0, 0),
        .connection = known->connection,
        .sequence = bpf_ntohl(header.sequence),
        .bytes = from_tcp - header_bytes,
    };
    put(&payloads, payloads_wakeup, count_of(known->slot, program), &told, sizeof told, 0);
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(on_packet_in, struct sock* sk, const struct sk_buff* packet)
{
    struct prism_socket* known = known_socket(sk);
    if (known) {
        tell_packet(known, PRISM_ON_PACKET_IN, PRISM_PACKET_IN, packet->data, packet->len);
    }
    return 0;
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(on_packet_out, struct sk_buff* packet)
{
    struct sock* sk = packet->sk;
    struct prism_socket* known = sk ? known_socket(sk) : 0;
    if (known) {
        const unsigned char* tcp = packet->head + packet->transport_header;
        tell_packet(known, PRISM_ON_PACKET_OUT, PRISM_PACKET_OUT, tcp, packet->len - (tcp - packet->data));
    }
    return 0;
}
