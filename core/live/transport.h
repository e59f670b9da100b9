// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/helper.h"

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include <sys/types.h>

namespace prism::live {

/// Bytes to and from a helper: a socket, or a program that was started for it. For one thread, but wake() and
/// hangUp() may be called from any.
class Transport {
public:
    static Result<std::unique_ptr<Transport>> open(const HelperAddress& address);
    /// A connection that is there already (tests); takes the descriptor.
    static Result<std::unique_ptr<Transport>> adopt(int descriptor);
    /// Hangs up. A program that was started ends by itself; a thread waits for it.
    ~Transport();
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    struct Ready {
        bool readable = false;
        bool writable = false;
    };
    /// Waits for bytes, for room when `wantsToWrite`, for wake(), or for the time to pass.
    Ready wait(std::chrono::milliseconds patience, bool wantsToWrite);
    /// Bytes read; 0 at the end of the stream, -1 when there is nothing now.
    Result<ssize_t> read(std::span<std::byte> to);
    /// Bytes taken; may be 0.
    Result<std::size_t> write(std::span<const std::byte> bytes);
    void wake();
    /// What the program that was started printed on standard error and how it ended, as far as it is known: a
    /// clause for an error, or empty.
    std::string lastWords();
    /// Ends a program that did not get as far as speaking to us (it may wait for a password).
    void abandon();

private:
    Transport(int descriptor, int words, pid_t child, int wake)
        : m_descriptor(descriptor)
        , m_words(words)
        , m_child(child)
        , m_wake(wake)
    {
    }
    void hear();

    int m_descriptor;
    int m_words; ///< standard error of the program; -1 without
    pid_t m_child; ///< -1 without
    int m_wake;
    std::string m_heard;
};

} // namespace prism::live
