// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/frame_job.h"

#include "core/import/child/frame_sink.h"
#include "core/import/file_in_flight.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <sys/mman.h>
#include <unistd.h>

namespace prism::fuzz {

namespace {

[[noreturn]] void give(const std::string& why)
{
    std::fprintf(stderr, "%s\n", why.c_str());
    std::abort();
}

std::string makeFolder()
{
    std::string name = (std::filesystem::temp_directory_path() / "prism-fuzz-XXXXXX").string();
    if (!mkdtemp(name.data())) {
        give("no temporary folder");
    }
    return name;
}

/// A file whose bytes are these: what is stored of it, and its hash.
int fileOf(std::string_view bytes)
{
    const int descriptor = memfd_create("fuzz", MFD_CLOEXEC);
    if (descriptor < 0
        || ::write(descriptor, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
        give("no file in memory");
    }
    return descriptor;
}

} // namespace

struct FrameJob::Database {
    Database()
        : folder(makeFolder())
        , batch(request)
    {
        auto opened = StoreWriter::open(folder + "/store.db");
        if (!opened) {
            give(opened.error().text());
        }
        writer = std::move(*opened);
    }
    ~Database()
    {
        writer.reset();
        std::error_code error;
        std::filesystem::remove_all(folder, error);
    }

    std::string folder;
    ImportRequest request;
    Batch batch;
    std::unique_ptr<StoreWriter> writer;
};

FrameJob::FrameJob()
    : m_database(std::make_unique<Database>())
{
}

FrameJob::~FrameJob() = default;

std::string FrameJob::hear(std::string_view frames, std::size_t piece)
{
    constexpr unsigned filesADatabase = 2000;
    if (++m_files % filesADatabase == 0) {
        m_database.reset();
        m_database = std::make_unique<Database>();
    }
    StoreWriter& writer = *m_database->writer;
    FileInFlight heard("file", fileOf(frames));
    heard.setNumber(file);
    FileInFlight::Bench bench(writer, m_database->batch);
    if (!heard.hash(frames.size(), {})) {
        give("the file in memory cannot be read");
    }
    std::string lie;
    bool ended = false;
    const auto each = [&](const protocol::Frame& frame) -> Result<void> {
        auto step = heard.take(frame, bench);
        if (!step) {
            if (!writer.usable()) {
                give("a frame broke the database: " + step.error().text());
            }
            return step.error();
        }
        lie = step->lie;
        ended = step->ended;
        return lie.empty() && !ended ? Result<void>() : Result<void>(Error { {}, {}, "enough", {} });
    };
    protocol::FrameReader reader;
    for (std::size_t at = 0; at < frames.size();) {
        const auto space = reader.space();
        const std::size_t bytes = std::min({ piece, frames.size() - at, space.size() });
        std::copy_n(frames.data() + at, bytes, space.data());
        at += bytes;
        if (const auto heardAll = reader.arrived(bytes, each); !heardAll) {
            if (lie.empty() && !ended) {
                lie = heardAll.error().reason;
            }
            break;
        }
    }
    if (const auto gone = heard.abandon(&writer); !gone) {
        give("what was written cannot be taken back: " + gone.error().text());
    }
    return lie;
}

std::string framesOf(const Importer& importer, const std::function<Result<void>(Sink&)>& read)
{
    static const int pipe = memfd_create("frames", MFD_CLOEXEC);
    if (ftruncate(pipe, 0) != 0 || lseek(pipe, 0, SEEK_SET) != 0) {
        give("the file in memory cannot be emptied");
    }
    FrameSink sink(pipe, FrameJob::file);
    sink.recognised({ std::string(importer.info().id), importer.info().version, "because" });
    protocol::End end;
    if (const auto done = read(sink); !done) {
        if (done.error().reason.empty()) {
            give("a file is refused without a reason");
        }
        end = { Outcome::Refused, false, done.error() };
    } else if (sink.attached()) {
        end.outcome = Outcome::Attached;
    }
    sink.end(end);
    sink.flush();
    std::string out(static_cast<std::size_t>(lseek(pipe, 0, SEEK_CUR)), '\0');
    if (pread(pipe, out.data(), out.size(), 0) != static_cast<ssize_t>(out.size())) {
        give("the file in memory cannot be read");
    }
    return out;
}

} // namespace prism::fuzz
