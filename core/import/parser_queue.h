// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/child_process.h"
#include "core/import/file_in_flight.h"
#include "core/import/job.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>

namespace prism {

/// The files that are being read, in the order of their answers, and the parser that reads them.
///
/// One child serves many files. It is replaced after a file that it refused, after 256 files, and when it
/// died, lied or passed a limit, so that what poisoned it cannot speak for the next file: the files behind
/// go to its successor, whatever it has said of them already.
class ParserQueue {
public:
    explicit ParserQueue(const ImportRequest& request);

    /// True until enough files are in flight, then false until few are: each look at the parser's answers
    /// is to bring several of them.
    bool wantsMore();
    bool empty() const { return m_files.empty(); }
    const FileInFlight* front() const { return m_files.empty() ? nullptr : m_files.front().get(); }
    Result<void> add(std::unique_ptr<FileInFlight> file);

    /// What a frame made of its file.
    struct Taken {
        bool ended = false; ///< nothing more comes of it
        bool refused = false; ///< its reader found it, or a part of it, broken
        std::optional<Error> fault = {}; ///< why the file cannot be stored
        std::string lie = {}; ///< what the parser claimed and cannot be
    };
    using Take = std::function<Result<Taken>(FileInFlight&, const protocol::Frame&)>;
    /// A file whose parser failed, and how.
    struct Failed {
        std::unique_ptr<FileInFlight> file;
        Error reason;
    };
    /// Waits a little for frames of the first file and has them taken. An error is the job's own: no parser
    /// can be started, none can fence itself in, or the one that `take` returned.
    Result<std::optional<Failed>> receive(const Take& take);

    /// Ends the parser; returns the files whose answers are not complete.
    std::deque<std::unique_ptr<FileInFlight>> abandon();

    /// What the user should know of the fences of this system; empty when all of them stand.
    const std::string& note() const { return m_note; }
    std::uint64_t parsersStarted() const { return m_started; }

private:
    Result<void> feed();
    Result<void> frame(const protocol::Frame& frame, const Take& take);
    std::uint64_t mostFrameBytes(std::uint64_t fileBytes) const;
    void nextFile();
    void endParser();
    std::string overLimit();
    Result<void> checkFences();
    Failed failed(const std::string& how);

    const ImportRequest& m_request;
    std::unique_ptr<ChildProcess> m_child;
    std::deque<std::unique_ptr<FileInFlight>> m_files;
    std::size_t m_sent = 0; ///< of m_files, to this child
    /// How many may be at this child. One after a refusal, for what it has read of the files behind is lost,
    /// and refusals come in groups; twice as many after each file that was none.
    std::size_t m_window = 16;
    std::size_t m_served = 0; ///< files that this child was given
    bool m_filling = true;
    bool m_closing = false; ///< it gets no more
    bool m_replace = false;
    std::optional<Error> m_own; ///< of `take`
    std::optional<Error> m_fault;
    std::uint32_t m_number = 0;
    std::uint64_t m_started = 0;
    std::string m_note;

    // Of the first file and this child. Times are spent waiting for it: what this process does, or sleeps,
    // meanwhile is not held against it.
    std::uint64_t m_frameBytes = 0;
    std::chrono::nanoseconds m_waited { 0 };
    std::chrono::nanoseconds m_silence { 0 }; ///< since its last frame
    std::optional<std::chrono::nanoseconds> m_cpuAtLastWord;
};

} // namespace prism
