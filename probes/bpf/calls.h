/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PRISM_BPF_CALLS_H
#define PRISM_BPF_CALLS_H

#include "kernel.h"

/* System calls that carry payload, and those that change who a process is. */
enum call_shape {
    CALL_OTHER,
    CALL_BUFFER, /* (fd, buffer, bytes, …) */
    CALL_VECTOR, /* (fd, struct iovec *, count) */
    CALL_MESSAGE, /* (fd, struct msghdr *, flags) */
    CALL_IDENTITY,
};

struct call {
    __u32 shape; /* call_shape */
    bool write;
    bool flagged; /* a CALL_BUFFER with flags as its fourth argument */
};

#if defined(__TARGET_ARCH_x86)
#define CALL_NUMBERS(X)                                                                                      \
    X(0, CALL_BUFFER, 0, 0) /* read */                                                                       \
    X(1, CALL_BUFFER, 1, 0) /* write */                                                                      \
    X(19, CALL_VECTOR, 0, 0) /* readv */                                                                     \
    X(20, CALL_VECTOR, 1, 0) /* writev */                                                                    \
    X(44, CALL_BUFFER, 1, 1) /* sendto */                                                                    \
    X(45, CALL_BUFFER, 0, 1) /* recvfrom */                                                                  \
    X(46, CALL_MESSAGE, 1, 1) /* sendmsg */                                                                  \
    X(47, CALL_MESSAGE, 0, 1) /* recvmsg */                                                                  \
    X(105, CALL_IDENTITY, 0, 0) /* setuid */                                                                 \
    X(113, CALL_IDENTITY, 0, 0) /* setreuid */                                                               \
    X(117, CALL_IDENTITY, 0, 0) /* setresuid */

/* The kernel leaves the arguments in the registers until the call returns to user space. */
static __always_inline long call_number(struct pt_regs* regs)
{
    return regs->orig_ax;
}
static __always_inline __u64 call_first(struct pt_regs* regs)
{
    return regs->di;
}
static __always_inline __u64 call_second(struct pt_regs* regs)
{
    return regs->si;
}
static __always_inline __u64 call_third(struct pt_regs* regs)
{
    return regs->dx;
}
static __always_inline __u64 call_fourth(struct pt_regs* regs)
{
    return regs->r10;
}
/* A 32-bit call has other numbers and layouts. */
static __always_inline bool call_foreign(struct task_struct* task)
{
    return task->thread_info.status & 2;
}

#elif defined(__TARGET_ARCH_arm64)
#define CALL_NUMBERS(X)                                                                                      \
    X(63, CALL_BUFFER, 0, 0) /* read */                                                                      \
    X(64, CALL_BUFFER, 1, 0) /* write */                                                                     \
    X(65, CALL_VECTOR, 0, 0) /* readv */                                                                     \
    X(66, CALL_VECTOR, 1, 0) /* writev */                                                                    \
    X(206, CALL_BUFFER, 1, 1) /* sendto */                                                                   \
    X(207, CALL_BUFFER, 0, 1) /* recvfrom */                                                                 \
    X(211, CALL_MESSAGE, 1, 1) /* sendmsg */                                                                 \
    X(212, CALL_MESSAGE, 0, 1) /* recvmsg */                                                                 \
    X(145, CALL_IDENTITY, 0, 0) /* setreuid */                                                               \
    X(146, CALL_IDENTITY, 0, 0) /* setuid */                                                                 \
    X(147, CALL_IDENTITY, 0, 0) /* setresuid */

static __always_inline long call_number(struct pt_regs* regs)
{
    return regs->syscallno;
}
static __always_inline __u64 call_first(struct pt_regs* regs)
{
    return regs->orig_x0;
}
static __always_inline __u64 call_second(struct pt_regs* regs)
{
    return regs->regs[1];
}
static __always_inline __u64 call_third(struct pt_regs* regs)
{
    return regs->regs[2];
}
static __always_inline __u64 call_fourth(struct pt_regs* regs)
{
    return regs->regs[3];
}
/* 32-bit processes are refused when they are attached. */
static __always_inline bool call_foreign(struct task_struct* task)
{
    return 0;
}
#endif

static __always_inline struct call call_of(long number)
{
    switch (number) {
#define CALL_CASE(n, s, w, f)                                                                                \
    case n:                                                                                                  \
        return (struct call) { s, w, f };
        CALL_NUMBERS(CALL_CASE)
#undef CALL_CASE
    }
    return (struct call) { CALL_OTHER, 0, 0 };
}

#endif
