// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/control_message.h"
#include "core/import/protocol.h"

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>

namespace prism {

/// A running prism-import. Files go to it ahead of their answers; its frames are read as they come. Killed
/// with the object.
class ChildProcess {
public:
    /// `program` empty: the one beside this program, else the installed one.
    static Result<std::unique_ptr<ChildProcess>> start(const std::string& program);
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    Result<void> submit(const ControlMessage& message);
    /// Nothing more is submitted: the parser answers what it has got and ends.
    void hangUp();

    enum class Read { Frames, Nothing, Ended };
    /// Waits at most `patience` for frames and hands them over. Ended: the child is gone; why() says how.
    Result<Read> read(
        std::chrono::milliseconds patience, const std::function<Result<void>(const protocol::Frame&)>& each);
    /// "was killed (signal 11)", "ended with status 1"; ends a child that only
    /// stopped answering.
    std::string why();
    pid_t pid() const { return m_pid; }

private:
    ChildProcess(pid_t pid, int control, int frames)
        : m_pid(pid)
        , m_control(control)
        , m_frames(frames)
    {
    }
    pid_t m_pid;
    int m_control;
    int m_frames;
    protocol::FrameReader m_reader;
};

} // namespace prism
