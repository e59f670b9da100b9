/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PRISM_BPF_TABLES_H
#define PRISM_BPF_TABLES_H

#include <linux/types.h>

/* Keys and values of the tables that programs and helper share. */

struct prism_target {
    __u32 target; /* the helper's number, never used again */
    __u32 slot; /* of the counters */
    __u32 uid; /* real, effective and saved; another one switches off */
    __u32 off; /* switched off: as if it was not here */
    __u8 family; /* children are observed too */
    __u8 engine; /* this process sends an engine's messages: what it sends over local sockets is copied */
    __u8 reserved[2];
};

/* A port on which targets listen: its connections are known before they are accepted. */
struct prism_port {
    __u32 net; /* inode number of the network namespace */
    __u32 port;
};

/* Bit 1 << slot of each target that listens there. With several, whose a connection is shows when it is used.
 */
struct prism_listeners {
    __u64 slots;
};

/* What each event of a connection needs. */
struct prism_use {
    __u64 connection;
    __u32 target; /* 0: not known yet, several targets listen on the port */
    __u32 slot;
    __u32 tgid; /* process that used it last, found to be the target's … */
    __u32 generation; /* … when `generation` was this */
    __u32 uid; /* of the target */
    __u32 request_bytes; /* of the direction in which requests go, since the last answer */
    __u32 late; /* not 0: bytes had not left when their call returned; packets are followed */
    __u32 session; /* in which it was counted; 0: the connection is over */
    __u16 flags; /* PRISM_SEEN, PRISM_CLIENT */
    __u16 local_port;
    __u32 uncounted; /* of the sequence numbers that left, by those that TCP counts no bytes for; 0: not known
                      */
    __u32 left_ms; /* of a place that is free: when its connection was over, in units of 2^20 ns */
};

/* The same in a table by the socket's hash: one cache line. Beside the kernel's socket it lies behind two
 * pointers, and all three lines are cold when the next token comes. */
struct prism_place {
    __u64 socket; /* its address; 0: free, 1: being filled */
    struct prism_use use;
};

struct prism_socket {
    struct prism_use use; /* as long as it has no place */
    __u64 established_ns;
    __u32 received; /* sequence number up to which packets have come in */
    __u32 first_begin; /* packets that came while the target was not known: the first and the last */
    __u32 first_end;
    __u16 peer_port;
    __u8 family;
    __u8 reserved;
    __u64 first_ns;
    __u64 last_ns;
    __u8 local_address[16];
    __u8 peer_address[16];
    __u32 placed; /* it has a place, or found none that was free: none is looked for again */
    __u32 claimed; /* a thread is changing whose it is, or tells of it */
    __u32 announced; /* its OPENED is in the ring */
    __u32 reserved2;
};

#define PRISM_PROCESS_HINTS 4096
#define PRISM_PORT_WORDS 1024 /* of 64 ports each */
#define PRISM_PLACES 4096 /* two for each hash */
#define PRISM_PLACE_RESTS_MS 10 /* no program that met its last connection still runs then */

/* Of one CPU: how far its queue of departures was written and read. Both count them and never go back. */
struct prism_turn_queue {
    __u64 written;
    __u64 free_until; /* `written` may come to this before `taken` is looked at again */
    __u64 arrived_ns; /* when the thread that runs here got this CPU, if it may be a target's … */
    __u32 arrived_tid; /* … and the scheduler itself does not note it */
    __u32 tgid; /* process of the last thread that left, found to be a target's … */
    __u32 generation; /* … when `generation` was this */
    __u32 target;
    __u32 slot;
    __u32 uid; /* of the target */
    __u32 reserved[4];
    __u64 taken; /* by the helper; in a line of its own */
    __u64 reserved2[7];
};

/* Of one program and CPU: what some of its runs took, by the clock; those that met a target's event. Those
 * that took longer than PRISM_STALL_NS are counted apart: the machine stood still meanwhile, as at an
 * interrupt or when a virtual machine's CPU was taken away, and each sample stands for 64 runs. */
struct prism_cost {
    __u64 samples;
    __u64 sampled_ns;
    __u64 stalled;
    __u64 stalled_ns;
};

#define PRISM_STALL_NS 50000

#endif
