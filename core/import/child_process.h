// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/control_message.h"
#include "core/import/protocol.h"
#include "core/mapping/mapping.h"

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace prism {

/// A running prism-import. Files go to it ahead of their answers; its frames are read as they come. It gets
/// nothing of this process but the two channels: no terminal, no environment, no other descriptor. Killed
/// with the object.
class ChildProcess {
public:
    /// `program` empty: the one beside this program, else the installed one. `mappings` are importers of it
    /// like its own.
    static Result<std::unique_ptr<ChildProcess>> start(
        const std::string& program, std::span<const Mapping> mappings = {});
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// False when it has yet to take what was submitted before; never waits.
    Result<bool> submit(const ControlMessage& message);
    /// Nothing more is submitted: the parser answers what it has got and ends.
    void hangUp();

    enum class Read { Frames, Nothing, Ended };
    /// Waits at most `patience` for frames and hands them over. Ended: the child is gone; why() says how.
    Result<Read> read(
        std::chrono::milliseconds patience, const std::function<Result<void>(const protocol::Frame&)>& each);
    /// How long the last read() waited, no longer than it was allowed to, even if this machine slept.
    std::chrono::nanoseconds lastWait() const { return m_lastWait; }
    /// "crashed (signal 11)", "ended with status 1"; ends a child that only stopped answering.
    std::string why();
    /// What it said of its fences before it read a file; empty until then.
    const std::optional<protocol::Ready>& ready() const { return m_ready; }
    /// Processor time that it has used, by the kernel's word; zero once it is gone.
    std::chrono::nanoseconds cpu() const;
    pid_t pid() const { return m_pid; }

private:
    ChildProcess(pid_t pid, int control, int frames)
        : m_pid(pid)
        , m_control(control)
        , m_frames(frames)
    {
    }
    Result<void> welcome(const protocol::Frame& frame);

    pid_t m_pid;
    int m_control;
    int m_frames;
    std::optional<protocol::Ready> m_ready;
    std::chrono::nanoseconds m_lastWait { 0 };
    protocol::FrameReader m_reader;
};

/// Starts a parser, hears what fences it in, and ends it. An error says why it cannot be used.
Result<protocol::Ready> tryParser(const std::string& program);

} // namespace prism
