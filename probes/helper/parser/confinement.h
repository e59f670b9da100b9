// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace prism::probes {

/// Takes every right from this process but to read and write one socket, to wait for it, to read the clock
/// and to use a bounded amount of memory. Payload is in the hands of whoever talks to the observed server: a
/// fault in reading it must lead nowhere.
///
/// The socket becomes descriptor 0, every other is closed (mappings stay). No capability is left, not even
/// in the bounding set where that can be given up; root becomes nobody where it may; no new privileges, no
/// core, no dump, no file, no process. Of the system calls those that only an intruder makes end the process,
/// others fail with EPERM. Builds with a sanitizer keep standard error and let such calls fail instead, as
/// the sanitizer makes some for its reports.
///
/// Only for a process of one thread. Empty when all of it holds, else what could not be done: then nothing
/// of a payload may be read.
const char* confine(int socket);

inline constexpr int confinedSocket = 0;

} // namespace prism::probes
