/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PRISM_BPF_KERNEL_H
#define PRISM_BPF_KERNEL_H

/*
 * The few fields of the kernel's types that the programs read. Offsets are put in when a program is loaded,
 * from the running kernel's BTF (CO-RE), so order and size here mean nothing and no header of a certain
 * kernel is needed to build.
 */
#define __VMLINUX_H__ /* bpf_tracing.h: registers are named as in the kernel */
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

typedef _Bool bool;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
    unsigned int val;
} kuid_t;

struct cred {
    kuid_t uid;
    kuid_t euid;
    kuid_t suid;
};

typedef struct {
    int counter;
} atomic_t;

struct signal_struct {
    atomic_t live;
    int group_exit_code;
};

struct thread_info {
    __u32 status;
};

struct inode {
    unsigned short i_mode;
};

struct file {
    void* private_data;
    struct inode* f_inode;
};

struct fdtable {
    unsigned int max_fds;
    struct file** fd;
};

struct files_struct {
    struct fdtable* fdt;
};

struct sched_info {
    unsigned long pcount;
    unsigned long long run_delay;
    unsigned long long last_arrival; /* by the clock of the run queue */
};

struct rq {
    __u64 clock; /* at its last update: every switch does one */
};

struct cfs_rq {
    struct rq* rq;
};

struct sched_entity {
    struct cfs_rq*
        cfs_rq; /* of the CPU on which the thread is, whatever its policy; with CONFIG_FAIR_GROUP_SCHED */
};

struct task_struct {
    struct thread_info thread_info;
    struct sched_info sched_info;
    struct sched_entity se;
    unsigned int __state;
    unsigned int flags;
    int pid;
    int tgid;
    int exit_code;
    struct files_struct* files;
    const struct cred* cred;
    const struct cred* real_cred; /* not changed while the kernel works for the thread as someone else */
    struct signal_struct* signal;
    char comm[16];
};

/* Kernels before 5.14. */
struct task_struct___old {
    long state;
};

struct ns_common {
    unsigned int inum;
};

struct net {
    struct ns_common ns;
};

typedef struct {
    struct net* net;
} possible_net_t;

struct in6_addr {
    union {
        __u8 u6_addr8[16];
    } in6_u;
};

struct sock_common {
    unsigned short skc_family;
    unsigned int skc_hash; /* of addresses and ports, while it is connected */
    volatile unsigned char skc_state;
    __u16 skc_num;
    __be16 skc_dport;
    __be32 skc_daddr;
    __be32 skc_rcv_saddr;
    struct in6_addr skc_v6_daddr;
    struct in6_addr skc_v6_rcv_saddr;
    possible_net_t skc_net;
};

struct sock {
    struct sock_common __sk_common;
    __u16 sk_protocol;
    int sk_err;
    int sk_rcvlowat;
    __u8 sk_shutdown;
    __u8 sk_kern_sock : 1;
};

struct socket {
    struct sock* sk;
};

struct tcp_sock {
    __u32 copied_seq;
    __u32 rcv_nxt;
    __u32 write_seq;
    __u32 snd_nxt;
    __u64 bytes_sent; /* counted before they are given to the device, snd_nxt moves behind it */
    __u64 bytes_retrans; /* of them, sent again */
    __u64 tcp_clock_cache; /* when TCP last sent or received, CLOCK_MONOTONIC */
    __u64 tcp_wstamp_ns; /* when a segment was last built; with pacing, when the next one may be */
};

struct sk_buff {
    struct sock* sk;
    unsigned int len;
    unsigned char* head;
    unsigned char* data;
    __u16 transport_header;
};

struct bpf_iter__task_file {
    struct task_struct* task;
    __u32 fd;
    struct file* file;
};

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
    unsigned long r10;
    unsigned long dx;
    unsigned long si;
    unsigned long di;
    unsigned long orig_ax;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
    __u64 regs[31];
    __u64 orig_x0;
    int syscallno;
};
#else
#error "Registers and numbers of system calls are not known for this processor"
#endif

#pragma clang attribute pop

enum {
    AF_INET = 2,
    AF_INET6 = 10,
    IPPROTO_TCP = 6,
    S_IFMT = 0170000,
    S_IFSOCK = 0140000,
    AF_UNIX = 1,
    MSG_PEEK = 2,
    PF_IO_WORKER = 0x10,
    RCV_SHUTDOWN = 1,
    TASK_UNINTERRUPTIBLE = 2,
    TASK_DEAD = 0x80,
    MOST_IOVECS = 1024, /* UIO_MAXIOV */
};

enum tcp_state {
    TCP_ESTABLISHED = 1,
    TCP_SYN_SENT = 2,
    TCP_FIN_WAIT1 = 4,
    TCP_CLOSE = 7,
    TCP_CLOSE_WAIT = 8,
    TCP_LAST_ACK = 9,
    TCP_LISTEN = 10,
};

/* Layouts that user space shares with the kernel: they never change. */
struct iovec {
    const void* base;
    __u64 bytes;
};

struct msghdr {
    __u64 name;
    __u64 name_bytes;
    const struct iovec* vector;
    __u64 vectors;
};

#endif
