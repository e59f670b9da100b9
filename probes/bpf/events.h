/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PRISM_BPF_EVENTS_H
#define PRISM_BPF_EVENTS_H

#include <linux/types.h>

/*
 * What the kernel programs put into the rings, shared by them (C) and by user space (C++). Never leaves the
 * machine: the helper's clients get the records of probes/protocol. All times are CLOCK_MONOTONIC
 * nanoseconds, all numbers in the machine's order, ports included; addresses are in network order.
 *
 * The payload ring holds prism_io, prism_packet, prism_bytes and prism_connection; only the parser child
 * reads it. The process ring holds prism_process; the helper reads it. Departures of threads lie in a queue a
 * CPU (scheduler.bpf.c), those of one CPU in order.
 *
 * Order in the payload ring is the order in which events were made, over all CPUs:
 *  - a call is put in when it returns; so a packet that a write sent comes before that write, and even the
 *    peer's next packet may. Where a write tells itself when its bytes left, they have no PACKET_OUT;
 *  - a connection's opening comes before everything else of it, unless the ring was full then: it is
 *    repeated with the next call, until it was put in.
 * What is missing on a connection is told by the TCP sequence numbers (modulo 2^32): a call's bytes are
 * [sequence_end - result, sequence_end), and the next call in that direction begins at sequence_end.
 */

enum prism_kind {
    PRISM_READ = 1, /* prism_io: bytes that the target took from the socket; result 0: the peer's end */
    PRISM_WRITE = 2, /* prism_io: bytes that the target gave to the socket */
    PRISM_PACKET_IN = 3, /* prism_packet: payload reached the socket; packets without payload are left out */
    PRISM_PACKET_OUT = 4, /* prism_packet: payload left for the device later than the call that wrote it; of
                             what leaves with the call only the call is told, and of writes that leave late
                             while nobody follows packets yet (before_attach of PRISM_ON_PACKET_OUT). Before
                             6.3 every packet, again when sent again */
    PRISM_BYTES_IN = 5, /* prism_bytes: as READ, but by a way that no payload can be copied from (io_uring, */
    PRISM_BYTES_OUT = 6, /* splice, sendfile, recvmmsg, sendmmsg); never also told as READ or WRITE */
    PRISM_OPENED = 7, /* prism_connection: established now, or (PRISM_SEEN) met for the first time */
    PRISM_PEER_CLOSING = 8, /* prism_connection: the peer has sent its end */
    PRISM_CLOSING = 9, /* prism_connection: the target has sent its end */
    PRISM_CLOSED = 10, /* prism_connection: gone, also after a reset; its number never comes again */
    PRISM_ENGINE_SEND = 11, /* prism_engine_send (engine_send.h) */
    PRISM_FORKED = 16, /* prism_process: tgid is the child, other the parent; observed from now on */
    PRISM_EXECUTED = 17, /* prism_process */
    PRISM_EXITED = 18, /* prism_process: the last thread is gone; status as of wait(2) */
    PRISM_UID_CHANGED = 19, /* prism_process: no longer observed, until the helper says so again */
    PRISM_PACKETS_WANTED = 20, /* prism_process without a process: for the first time in a session a write
                                  leaves late, and nobody follows packets */
    PRISM_DEPARTURE = 24, /* prism_departure */
};

enum prism_flag {
    PRISM_TRUNCATED = 1, /* fewer bytes were copied than went; what is copied is the beginning */
    PRISM_UNREADABLE = 2, /* the payload's memory could not be read (swapped out): copied is 0 */
    PRISM_NO_START = 4, /* the call began before the attach: start_ns is 0 */
    PRISM_SEEN = 8, /* OPENED: the connection was there before; what went before was not observed */
    PRISM_CLIENT = 16, /* of connections: the target connected, it did not accept */
    PRISM_PREEMPTED = 32, /* DEPARTURE: the thread could have gone on running */
    PRISM_UNINTERRUPTIBLE = 64, /* DEPARTURE: blocked in the state D */
    PRISM_LOST_BEFORE = 128, /* ENGINE_SEND: sends of this thread are missing just before */
    PRISM_DEAD = 256, /* DEPARTURE: the thread never comes again */
    PRISM_COUNTED = 512, /* DEPARTURE: waited_ns and arrivals are known (CONFIG_SCHED_INFO) */
};

/* Leads every event. */
struct prism_event {
    __u64 time_ns; /* when it was made: for calls, the return; for writes with left_ns, that */
    __u16 kind; /* prism_kind */
    __u16 flags; /* prism_flag */
    __u32 target; /* the helper's number of the target */
    __u32 tgid; /* process; 0 in packets and in what an interrupt made */
    __u32 tid;
};

/* Bytes of a payload's beginning that are copied. A request's first read carries method, path and the header
 * lines that settle its length: clients put up to about 800 bytes of other lines before them. A
 * write of an answer is one event mostly, and copied as long as it is. The first carry header, role event and
 * first token, llama.cpp's last one finish, usage and timings: each with the model's name, which is a path
 * where it has no other. */
#define PRISM_COPY_REQUEST 1024 /* the first read behind a write */
#define PRISM_COPY_BODY 256 /* further reads */
#define PRISM_COPY_ANSWER 2048
#define PRISM_COPY_MOST 2048
#define PRISM_TAIL 8

/* A read or a write: followed by `copied` bytes, the beginning of the payload. */
struct prism_io {
    struct prism_event event;
    __u64 connection; /* number of the connection, never used again while the programs are loaded */
    __u64 start_ns; /* of writes: when the call began, where that is seen (kernels before 6.3); else 0 */
    __u64 left_ns; /* of writes: all bytes left for the device within the call, the last then; else 0 */
    __s32 result; /* bytes, or -errno; would-block and interrupted calls are left out */
    __u32 copied;
    __u32 sequence_end; /* TCP sequence number behind the last byte */
    __u32 reserved;
    __u8 tail[PRISM_TAIL]; /* of more than was copied: the payload's last bytes, the last in tail[7] */
};

struct prism_packet {
    struct prism_event event;
    __u64 connection;
    __u32 sequence; /* of its first byte */
    __u32 bytes; /* of payload */
};

struct prism_bytes {
    struct prism_event event;
    __u64 connection;
    __u32 sequence_end;
    __u32 bytes;
};

struct prism_connection {
    struct prism_event event;
    __u64 connection;
    __u64 established_ns; /* 0 with PRISM_SEEN */
    __u32 read_sequence; /* of the next byte that the target will read, at the time of the event */
    __u32 write_sequence; /* of the next byte that it will write */
    __u16 local_port; /* kept from the opening: also right in CLOSED */
    __u16 peer_port;
    __u8 family; /* 4 or 6 */
    __u8 error; /* CLOSED: errno of the socket, as after a reset by the peer; else 0 */
    __u8 reserved[2];
    __u8 local_address[16]; /* IPv4 in the first four bytes */
    __u8 peer_address[16];
};

struct prism_process {
    struct prism_event event;
    __u32 other; /* FORKED: the parent; else 0 */
    __u32 uid; /* real uid now */
    __u32 status; /* EXITED: wait status */
    __u32 reserved;
    char name[16]; /* comm */
};

/* A thread leaves the CPU (time_ns). With the departure before it makes a turn (helper/turns.h). */
struct prism_departure {
    struct prism_event event;
    __u64 arrived_ns; /* when it got the CPU that it leaves; 0: not seen. Counted back from time_ns by the
                         scheduler's clock where that is noted: NTP steers our clock against it, by at most
                         0.05 % of what is counted and mostly by a hundredth of that */
    __u64 waited_ns; /* for a CPU, in all its life, by the scheduler's clock */
    __u32 arrivals; /* on a CPU, in all its life */
    __u32 cpu;
    __u64 reserved[2]; /* a cache line in all */
};

/* Programs, as counted. */
enum prism_program {
    PRISM_ON_CALLS = 0, /* sock_send_length, sock_recv_length; before 6.3 sys_enter, sys_exit */
    PRISM_ON_PACKET_IN = 1, /* sk_data_ready; before 6.3 tcp_probe */
    PRISM_ON_PACKET_OUT = 2, /* net_dev_queue */
    PRISM_ON_BYTES_OUT = 3, /* sock_send_length, of bytes without payload */
    PRISM_ON_BYTES_IN = 4, /* sock_recv_length, likewise */
    PRISM_ON_CONNECTIONS = 5, /* inet_sock_set_state */
    PRISM_ON_PROCESSES = 6, /* sched_process_fork, _exec, _exit */
    PRISM_ON_SCHEDULER = 7, /* sched_switch */
    PRISM_ON_ENGINE = 8, /* sock_send_length, of marked processes */
    PRISM_PROGRAMS = 9,
};

/* Of one program, one target and one CPU, since the attach. attempted = emitted + dropped. */
struct prism_count {
    __u64 attempted; /* events that were to be put into the ring */
    __u64 emitted;
    __u64 dropped; /* the ring had no room */
    __u64 dropped_bytes; /* payload of the dropped calls */
    __u64 truncated; /* of the emitted: with PRISM_TRUNCATED or PRISM_UNREADABLE */
    __u64 truncated_bytes; /* payload that was not copied */
    __u64 forgotten; /* start or connection could not be kept (table full): of the emitted or not emitted */
    __u64 before_attach; /* of the emitted: with PRISM_NO_START or PRISM_SEEN; of PRISM_ON_PACKET_OUT: writes
                            whose packets may not be told, as their program was not attached yet */
};

/* Targets at a time: slots 0 … PRISM_SLOTS - 1 of the counters. Index: slot * PRISM_PROGRAMS + program. */
#define PRISM_SLOTS 64

#endif
