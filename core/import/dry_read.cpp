// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/dry_read.h"

#include "core/import/before_reading.h"
#include "core/import/child_process.h"
#include "core/import/frame_walk.h"
#include "core/import/spool.h"

#include <cerrno>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

namespace prism {

namespace {

constexpr auto patience = std::chrono::milliseconds(50);
constexpr auto mostSilence = std::chrono::seconds(30);

class Descriptor {
public:
    explicit Descriptor(int descriptor)
        : m_descriptor(descriptor)
    {
    }
    ~Descriptor()
    {
        if (m_descriptor >= 0) {
            close(m_descriptor);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return m_descriptor; }

private:
    int m_descriptor;
};

/// Takes what is told of the one file.
class Answer : private FrameTaker {
public:
    Answer(const std::string& file, const std::function<void(std::uint64_t)>& progress)
        : m_walk(file)
        , m_progress(progress)
    {
    }
    DryRead read;
    bool ended = false;

    Result<void> take(const protocol::Frame& frame)
    {
        const auto lie = m_walk.take(frame, *this, m_point);
        if (!lie) {
            return lie.error();
        }
        return lie->empty() ? Result<void>()
                            : Error { {}, {}, "the parser sent what cannot be: " + *lie, "Try again" };
    }

private:
    Result<void> recognised(const protocol::Recognised& recognised) override
    {
        read.producer = recognised.producer;
        read.why = recognised.why;
        return {};
    }
    Result<void> point(LoadPoint& point) override
    {
        ++read.pointCount;
        if (read.points.size() < DryReadRequest::mostPoints) {
            read.points.push_back(point);
        }
        return {};
    }
    bool wantsRows() const override { return read.firstRequests.size() < DryReadRequest::mostRequests; }
    Result<void> requestCount(std::size_t count) override
    {
        read.requests += count;
        return {};
    }
    Result<void> requests(std::uint32_t, std::vector<RequestRow>&& rows) override
    {
        read.requests += rows.size();
        for (RequestRow& row : rows) {
            if (read.firstRequests.size() < DryReadRequest::mostRequests) {
                row.gapsMs.clear();
                read.firstRequests.push_back(std::move(row));
            }
        }
        return {};
    }
    Result<void> warning(Warning&& warning) override
    {
        read.warnings.push_back(std::move(warning));
        return {};
    }
    Result<void> count(const std::string& what, std::uint64_t number) override
    {
        read.counts[what] = number;
        return {};
    }
    Result<void> progress(std::uint64_t bytes) override
    {
        if (m_progress) {
            m_progress(bytes);
        }
        return {};
    }
    Result<void> end(const protocol::End& end) override
    {
        ended = !end.ofMember;
        if (ended && (end.outcome == Outcome::Refused || end.outcome == Outcome::Skipped)) {
            read.refusal = end.reason;
        }
        return {};
    }

    FrameWalk m_walk;
    LoadPoint m_point; ///< scratch
    const std::function<void(std::uint64_t)>& m_progress;
};

} // namespace

Result<DryRead> dryRead(const DryReadRequest& request, std::stop_token stop)
{
    const auto identity = identityOf(request.file);
    if (identity && filesOfOpenDatabases().contains(*identity)) {
        return Error { request.file, {}, "this is a database of Prism", "Name a file with results" };
    }
    const auto opened = openToRead(request.file);
    if (!opened) {
        return opened.error();
    }
    const Descriptor file(*opened);
    struct stat status { };
    if (fstat(file.get(), &status) != 0) {
        return cannotRead(request.file, std::strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return Error { request.file, {}, "it is no plain file", "Name one file" };
    }
    auto child = ChildProcess::start(request.importChild, request.mappings);
    if (!child) {
        return child.error();
    }
    ControlMessage message;
    message.file = 1;
    message.name = request.file;
    message.forced = request.forced;
    message.bytes = static_cast<std::uint64_t>(status.st_size);
    message.mostRows = request.mostRows;
    message.descriptor = file.get();
    if (auto sent = (*child)->submit(message); !sent) {
        return sent.error();
    }
    (*child)->hangUp();
    Answer answer(request.file, request.progress);
    std::chrono::nanoseconds silence { 0 };
    while (!answer.ended) {
        if (stop.stop_requested()) {
            return Error { request.file, {}, "reading was cancelled", {} };
        }
        const auto state
            = (*child)->read(patience, [&](const protocol::Frame& frame) { return answer.take(frame); });
        if (!state) {
            return state.error();
        }
        silence = *state == ChildProcess::Read::Nothing ? silence + (*child)->lastWait()
                                                        : std::chrono::nanoseconds(0);
        if (*state == ChildProcess::Read::Ended || silence > mostSilence) {
            return Error { request.file, {}, "the parser " + (*child)->why() + " while it read this file",
                "Report the file if it is a real result" };
        }
    }
    struct stat now { };
    answer.read.changed = fstat(file.get(), &now) != 0 || now.st_size != status.st_size
        || now.st_mtim.tv_sec != status.st_mtim.tv_sec || now.st_mtim.tv_nsec != status.st_mtim.tv_nsec;
    return std::move(answer.read);
}

} // namespace prism
