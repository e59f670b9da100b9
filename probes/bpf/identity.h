/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PRISM_BPF_IDENTITY_H
#define PRISM_BPF_IDENTITY_H

#include "maps.h"

static __always_inline bool is_of(const struct cred* cred, __u32 uid)
{
    return cred->uid.val == uid && cred->euid.val == uid && cred->suid.val == uid;
}

/* Stops at once when a process became another user's: it was not this user that was allowed. */
static __always_inline void stop_observing(struct prism_target* target, struct task_struct* task)
{
    __u64 id = bpf_get_current_pid_tgid();
    if (__sync_lock_test_and_set(&target->off, 1) != 0) {
        return; /* another thread has just told it */
    }
    struct prism_process told = { .event = EVENT(PRISM_UID_CHANGED, 0, target->target, id >> 32, id),
        .uid = task->real_cred->uid.val };
    bpf_get_current_comm(told.name, sizeof told.name);
    __sync_fetch_and_add(&generation, 1);
    put(&processes, BPF_RB_FORCE_WAKEUP, count_of(target->slot, PRISM_ON_PROCESSES), &told, sizeof told, 0);
}

#endif
