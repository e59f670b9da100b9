// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/child/serve.h"

#include "core/import/child/fences.h"
#include "core/import/child/frame_sink.h"
#include "core/import/control_message.h"
#include "core/import/paths.h"
#include "core/import/sniff.h"
#include "core/import/unknown_file.h"
#include "core/mapping/mapping_importer.h"
#include "core/mapping/proposal_importer.h"
#include "core/read/archive.h"

#include <algorithm>
#include <cstdlib>
#include <new>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace prism {

namespace {

constexpr std::uint64_t progressStep = 4u << 20;

/// Counts the bytes that are read and tells the job now and then.
class CountedSource : public read::ByteSource {
public:
    CountedSource(std::unique_ptr<read::ByteSource> inner, FrameSink& sink)
        : m_inner(std::move(inner))
        , m_sink(sink)
    {
    }
    Result<std::size_t> read(std::span<char> buffer) override
    {
        auto size = m_inner->read(buffer);
        if (size) {
            m_done += *size;
            if (m_done - m_told >= progressStep) {
                m_told = m_done;
                m_sink.progress(m_done);
            }
        }
        return size;
    }
    int descriptor() const override { return m_inner->descriptor(); }

private:
    std::unique_ptr<read::ByteSource> m_inner;
    FrameSink& m_sink;
    std::uint64_t m_done = 0;
    std::uint64_t m_told = 0;
};

Error asError(const std::exception& exception)
{
    if (dynamic_cast<const std::bad_alloc*>(&exception)) {
        return { {}, {},
            "reading the file takes more memory than the parser may have, which is "
                + std::to_string(fences::mostMemory >> 20) + " MB at most",
            "Split it: of a file of requests some ten million rows can be read. Report the file if it is "
            "small" };
    }
    return { {}, {},
        std::string("the file asked for more than the parser may use (") + exception.what() + ")",
        "Report the file if it is a real result" };
}

protocol::End endOf(const ImportedText& done, const FrameSink& sink)
{
    if (done.error) {
        return { done.beside ? Outcome::Skipped : Outcome::Refused, false, *done.error };
    }
    return { sink.attached() ? Outcome::Attached : Outcome::Imported, false, {} };
}

/// Tells the producer before its rows: the job needs it for them.
auto announceTo(FrameSink& sink)
{
    return [&sink](const Importer& importer, const std::string& why) {
        const ImporterInfo info = importer.info();
        sink.recognised({ std::string(info.id), info.version, why });
    };
}

void readPlain(const ControlMessage& message, const read::OpenSource& raw, FrameSink& sink)
{
    const ImportedText done = importText(message.name, unpacked(raw, read::Budgets {}), sink, message.forced,
        {}, announceTo(sink), message.mostRows);
    sink.end(endOf(done, sink));
}

/// Sends the bytes of a member that was understood, so that the job can hash and keep them.
Result<void> sendBytes(const read::OpenSource& raw, FrameSink& sink)
{
    auto source = raw();
    if (!source) {
        return source.error();
    }
    std::vector<char> buffer(64u << 10);
    while (true) {
        const auto size = (*source)->read(buffer);
        if (!size) {
            return size.error();
        }
        if (*size == 0) {
            return {};
        }
        sink.bytes({ buffer.data(), *size });
    }
}

/// Members are kept in memory while they are small, and walked to again when they are not.
Result<void> readMember(const std::string& archive, const std::string& forced,
    const read::ArchiveMember& member, std::unique_ptr<read::ByteSource> bytes,
    const read::OpenSource& reopen, FrameSink& sink)
{
    constexpr std::size_t inMemory = 8u << 20;
    constexpr std::size_t firstRead = 16u << 10; // an archive may hold ten thousand small members
    const std::string name = archive + "!/" + member.name;
    if (isForeignMember(member.name)) {
        sink.member(name);
        sink.end({ Outcome::Skipped, true,
            { name, {}, "no result is expected in a file of this kind",
                "Unpack the archive and name it to have it read" } });
        return {};
    }
    std::string kept;
    std::size_t size = 0;
    while (size <= inMemory) {
        if (size == kept.size()) {
            kept.resize(std::min(inMemory + 1, std::max(firstRead, 2 * size)));
        }
        const auto more = bytes->read({ kept.data() + size, kept.size() - size });
        if (!more) {
            return more.error();
        }
        if (*more == 0) {
            break;
        }
        size += *more;
    }
    const bool whole = size <= inMemory;
    kept.resize(whole ? size : 0);
    kept.shrink_to_fit();
    const read::OpenSource raw = whole
        ? read::OpenSource(
            [&kept]() -> Result<std::unique_ptr<read::ByteSource>> { return read::memorySource(kept); })
        : reopen;
    sink.beginMember();
    sink.member(name);
    const ImportedText done
        = importText(name, unpacked(raw, read::Budgets {}), sink, forced, {}, announceTo(sink));
    protocol::End end = endOf(done, sink);
    if (end.outcome == Outcome::Refused && offersMapping(end.reason)) {
        end.reason.remedy.insert(0, "Unpack the archive first. "); // only files can be mapped by hand
    }
    if (!done.error) {
        if (auto sent = sendBytes(raw, sink); !sent) {
            end = { Outcome::Refused, false, sent.error() };
        }
    }
    end.ofMember = true;
    sink.end(end);
    return {};
}

void readArchive(const ControlMessage& message, const read::OpenSource& raw, FrameSink& sink)
{
    const auto walked = read::walkArchive(raw, read::Budgets {},
        [&](const read::ArchiveMember& member, std::unique_ptr<read::ByteSource> bytes,
            const read::OpenSource& reopen) {
            return readMember(message.name, message.forced, member, std::move(bytes), reopen, sink);
        });
    protocol::End end { Outcome::Skipped, false, {} };
    if (!walked) {
        end = { Outcome::Refused, false, walked.error() };
        end.reason.file = message.name;
    }
    sink.end(end);
}

bool isArchive(const read::OpenSource& raw)
{
    auto source = raw();
    if (!source) {
        return false;
    }
    auto plain = read::decompressed(std::move(*source), read::Budgets {});
    if (!plain) {
        return false;
    }
    std::string head(1024, '\0');
    std::size_t size = 0;
    while (size < head.size()) {
        const auto more = (*plain)->read({ head.data() + size, head.size() - size });
        if (!more || *more == 0) {
            break;
        }
        size += *more;
    }
    return read::looksLikeArchive(std::string_view(head).substr(0, size));
}

/// The whole of a small file, which is looked at several times: as an archive, to recognise it, to read it.
/// Empty when it is larger or cannot be read.
std::optional<std::string> smallFile(const ControlMessage& message)
{
    constexpr std::uint64_t small = 256u << 10;
    if (message.bytes == 0 || message.bytes > small) {
        return std::nullopt;
    }
    std::string bytes(static_cast<std::size_t>(message.bytes), '\0');
    const ssize_t size = pread(message.descriptor, bytes.data(), bytes.size(), 0);
    return size == static_cast<ssize_t>(bytes.size()) ? std::optional(std::move(bytes)) : std::nullopt;
}

void serve(const ControlMessage& message)
{
    fences::fitMemory(message.bytes);
    FrameSink sink(importFrames, message.file);
    const std::optional<std::string> bytes = smallFile(message);
    const read::OpenSource raw = [&]() -> Result<std::unique_ptr<read::ByteSource>> {
        return bytes ? read::memorySource(*bytes)
                     : std::unique_ptr<read::ByteSource>(
                         std::make_unique<CountedSource>(read::descriptorSource(message.descriptor), sink));
    };
    try {
        isArchive(raw) ? readArchive(message, raw, sink) : readPlain(message, raw, sink);
    } catch (const std::exception& exception) {
        Error error = asError(exception);
        error.file = message.name;
        sink.end({ Outcome::Refused, false, std::move(error) });
    }
    sink.flush();
}

} // namespace

void registerMappings()
{
    struct stat status { };
    const bool any = fstat(importMappings, &status) == 0;
    std::optional<Mapping> first;
    std::string text(any ? static_cast<std::size_t>(status.st_size) : 0, '\0');
    const ssize_t size = pread(importMappings, text.data(), text.size(), 0);
    close(importMappings);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\0', at + 1), text.size());
        if (auto mapping = parseMapping(std::string_view(text).substr(at + 1, end - at - 1), "mapping")) {
            if (!first) {
                first.emplace(*mapping);
            }
            registerImporter(std::make_unique<MappingImporter>(std::move(*mapping)));
        }
        at = end;
    }
    registerImporter(std::make_unique<ProposalImporter>(std::move(first)));
}

int serveImports(const protocol::Ready& ready)
{
    FrameSink greeting(importFrames, 0);
    greeting.ready(ready);
    if (!ready.problem.empty()) {
        return EXIT_FAILURE;
    }
    while (true) {
        const auto message = receiveControl(importControl);
        if (!message) {
            return EXIT_FAILURE;
        }
        if (!*message) {
            return EXIT_SUCCESS;
        }
        serve(**message);
        ::close((*message)->descriptor);
    }
}

} // namespace prism
