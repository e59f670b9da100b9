/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef PRISM_BPF_ENGINE_SEND_H
#define PRISM_BPF_ENGINE_SEND_H

#include "events.h"

/* Bytes of one send that are copied at most; real ones were shorter (8 KiB pieces of up to 18 KiB messages).
 */
#define PRISM_COPY_ENGINE 32768

/* Of PRISM_ENGINE_SEND: a send of a marked process over a local socket, followed by `copied` bytes, the
 * beginning of what went. Sends of one thread on one socket are one stream of bytes. */
struct prism_engine_send {
    struct prism_event event;
    __u64 socket; /* stands for the socket while it is open */
    __u32 bytes;
    __u32 copied;
};

#endif
