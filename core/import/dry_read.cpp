// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/dry_read.h"

#include "core/import/before_reading.h"
#include "core/import/child_process.h"
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

/// Takes the frames of the one file.
class Answer {
public:
    explicit Answer(const std::function<void(std::uint64_t)>& progress)
        : m_progress(progress)
    {
    }
    DryRead read;
    bool ended = false;

    Result<void> take(const protocol::Frame& frame)
    {
        protocol::Decoder d(frame.payload);
        switch (frame.type) {
        case protocol::Type::Recognised: {
            const protocol::Recognised recognised = decodeRecognised(d);
            read.producer = recognised.producer;
            read.why = recognised.why;
            break;
        }
        case protocol::Type::Point:
            ++read.pointCount;
            if (read.points.size() < DryReadRequest::mostPoints) {
                read.points.push_back(decodePoint(d));
            }
            return checked(d);
        case protocol::Type::Requests:
            return requests(d);
        case protocol::Type::Warn:
            if (read.warnings.size() < protocol::mostWarnings) {
                read.warnings.push_back(decodeWarning(d));
            }
            return checked(d);
        case protocol::Type::Attach:
            for (std::size_t n = d.count(2, protocol::mostOfPoint); n > 0; --n) {
                const std::string what = d.text();
                read.counts[what] = d.integer();
            }
            break;
        case protocol::Type::End: {
            const protocol::End end = decodeEnd(d);
            if (!end.ofMember) {
                ended = true;
                if (end.outcome == Outcome::Refused || end.outcome == Outcome::Skipped) {
                    read.refusal = end.reason;
                }
            }
            break;
        }
        case protocol::Type::Progress: {
            const std::uint64_t bytes = d.integer();
            if (m_progress) {
                m_progress(bytes);
            }
            break;
        }
        default:
            return {}; // gaps, series and bytes are nothing that a preview shows
        }
        return checked(d);
    }

private:
    static Result<void> checked(const protocol::Decoder& d)
    {
        return d.ok() ? Result<void>()
                      : Error { {}, {}, "the parser sent what nobody can read", "Try again" };
    }

    Result<void> requests(protocol::Decoder& d)
    {
        d.integer(); // the point's number
        const std::size_t count = d.count(1, protocol::mostRows);
        read.requests += count;
        for (std::size_t i = 0; i < count && read.firstRequests.size() < DryReadRequest::mostRequests; ++i) {
            RequestRow& row = read.firstRequests.emplace_back(decodeRequest(d));
            row.gapsMs.clear();
        }
        return checked(d);
    }

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
    Answer answer(request.progress);
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
