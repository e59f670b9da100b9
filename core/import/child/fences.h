// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

/// What holds prism-import in while it reads bytes that nobody vouches for: a fault in an importer, or in a
/// library below it, must lead nowhere. Linux only, one thread only, and there is no way back. Each function
/// returns what it could not do, or nothing; files may be read only behind all of them.
///
/// Left to the process: reading the descriptors that it was given, writing frames, memory within a limit. It
/// opens no file (Landlock and the call filter, each by itself), and no socket, starts no program, process or
/// thread, and reaches no other process. Calls that a library may try in good faith fail with EPERM; those
/// that only an intruder makes end the process. A sanitizer makes some of these itself: with one they fail
/// instead, standard error stays open, and addresses are not limited, of which it reserves terabytes.
namespace prism::fences {

inline constexpr std::uint64_t mostMemory = std::uint64_t(1) << 30;

/// Descriptors: control socket, frames, one file, its own size in memory. No core, no dump, no file, no
/// process, no capability; the parent's death ends it. Memory: mostMemory beyond what is mapped now.
const char* limitResources();

/// No access to any path by Landlock, nor to the network and to processes outside where the kernel's Landlock
/// has that. `abi` becomes the kernel's version of it; 0 when it has none or forbids it, and then nothing
/// is done: the call filter still opens no file.
const char* denyPaths(int& abi);

/// The allow-list of system calls, for all threads.
const char* filterCalls();

/// All of them.
const char* raise(int& landlockAbi);

/// Memory beyond what is mapped now, fit to a file of so many bytes, within mostMemory. The limit lies in the
/// process's own hand: it stops a reader that is led astray, mostMemory stops one that was taken over.
void fitMemory(std::uint64_t fileBytes);
std::uint64_t memoryFor(std::uint64_t fileBytes);

} // namespace prism::fences
