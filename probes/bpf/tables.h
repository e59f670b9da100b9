/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PRISM_BPF_TABLES_H
#define PRISM_BPF_TABLES_H

#include <linux/types.h>

/* Keys and values of the tables that programs and helper share. */

struct prism_target {
    __u32 target; /* the helper's number, never used again */
    __u32 slot; /* of the counters */
    __u32 uid; /* real, effective and saved; another one switches off */
    __u8 family; /* children are observed too */
    __u8 off; /* switched off: as if it was not here */
    __u8 reserved[2];
};

/* A port on which a target listens: its connections are known before it accepts them. */
struct prism_port {
    __u32 net; /* inode number of the network namespace */
    __u32 port;
};

struct prism_owner {
    __u32 target;
    __u32 slot;
};

struct prism_socket {
    __u64 connection;
    __u64 established_ns;
    __u32 target;
    __u32 slot;
    __u32 request_bytes; /* of the direction in which requests go, since the last answer */
    __u32 answer_calls; /* of the other direction, since the last request */
    __u16 flags; /* PRISM_SEEN, PRISM_CLIENT */
    __u16 local_port;
    __u16 peer_port;
    __u8 family;
    __u8 announced; /* its OPENED is in the ring */
    __u8 local_address[16];
    __u8 peer_address[16];
};

/* Where a thread is in its turn. */
struct prism_turn {
    __u64 blocked_ns;
    __u64 runnable_ns;
    __u64 running_ns;
    __u32 target; /* of another one: left from before */
    __u32 uninterruptible;
};

#endif
