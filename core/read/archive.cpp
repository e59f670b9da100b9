// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/archive.h"

#include "core/read/archive_stream.h"
#include "core/read/errors.h"

#include <archive_entry.h>

namespace prism::read {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t tarMagicAt = 257;
/// An archive may lie within another one, but not deeper.
constexpr int deepestNesting = 2;
thread_local int nesting = 0;

struct Nesting {
    Nesting() { ++nesting; }
    ~Nesting() { --nesting; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
};

/// A name of bytes of any encoding as a label that is valid UTF-8.
std::string labelOf(archive_entry* entry, std::uint64_t number)
{
    const char* name = archive_entry_pathname_utf8(entry);
    name = name ? name : archive_entry_pathname(entry);
    constexpr std::size_t longest = 64u << 10;
    const auto text = name ? readAll(*decoded(memorySource(name)), longest) : Result<std::string>(Error {});
    return text && !text->empty() ? *text : "member " + std::to_string(number + 1);
}

/// The regular files of an archive one after the other.
class MemberWalk {
public:
    static Result<std::shared_ptr<MemberWalk>> open(
        const OpenSource& open, const Budgets& budgets, std::stop_token stop)
    {
        auto bytes = open();
        if (!bytes) {
            return bytes.error();
        }
        Budgets whole = budgets;
        constexpr std::uint64_t headerBytes = 4096; // of a member, with its padding
        whole.totalBytes = budgets.archiveBytes + budgets.archiveMembers * headerBytes;
        auto plain = decompressed(std::move(*bytes), whole);
        if (!plain) {
            return plain.error();
        }
        auto stream = ArchiveStream::open(std::move(*plain), ArchiveStream::Content::Members,
            { budgets.archiveBytes, budgets.compressionRatio }, std::move(stop));
        if (!stream) {
            return stream.error();
        }
        return std::shared_ptr<MemberWalk>(new MemberWalk(std::move(*stream), budgets.archiveMembers));
    }

    /// Goes to the next regular file; false behind the last one.
    Result<bool> next()
    {
        for (;;) {
            const auto entry = m_stream->next();
            if (!entry) {
                return entry.error();
            }
            if (!*entry) {
                return false;
            }
            if (++m_entries > m_mostEntries) {
                return overBudget("more than " + std::to_string(m_mostEntries) + " members");
            }
            if (archive_entry_filetype(*entry) != AE_IFREG || archive_entry_hardlink(*entry)
                || archive_entry_symlink(*entry)) {
                continue;
            }
            m_current = ArchiveMember { labelOf(*entry, m_files), m_files };
            m_encrypted = archive_entry_is_data_encrypted(*entry) != 0;
            ++m_files;
            return true;
        }
    }
    const ArchiveMember& current() const { return m_current; }

    Result<std::size_t> read(std::uint64_t member, std::span<char> buffer)
    {
        if (member != m_current.number) {
            return Error { {}, {}, "the archive was read on before this member", {} };
        }
        if (m_encrypted) {
            return Error { {}, m_current.name, "the member is encrypted",
                "Unpack the archive with its password and import what is in it" };
        }
        return m_stream->read(buffer);
    }
    const std::optional<Error>& error() const { return m_stream->error(); }

private:
    MemberWalk(std::unique_ptr<ArchiveStream> stream, std::uint64_t mostEntries)
        : m_stream(std::move(stream))
        , m_mostEntries(mostEntries)
    {
    }

    std::unique_ptr<ArchiveStream> m_stream;
    std::uint64_t m_mostEntries;
    std::uint64_t m_entries = 0;
    std::uint64_t m_files = 0;
    ArchiveMember m_current;
    bool m_encrypted = false;
};

class MemberSource : public ByteSource {
public:
    explicit MemberSource(std::shared_ptr<MemberWalk> walk)
        : m_walk(std::move(walk))
        , m_number(m_walk->current().number)
    {
    }
    Result<std::size_t> read(std::span<char> buffer) override { return m_walk->read(m_number, buffer); }

private:
    std::shared_ptr<MemberWalk> m_walk;
    std::uint64_t m_number;
};

Result<std::unique_ptr<ByteSource>> openMember(
    const OpenSource& open, const Budgets& budgets, std::uint64_t number, std::stop_token stop)
{
    auto walk = MemberWalk::open(open, budgets, std::move(stop));
    if (!walk) {
        return walk.error();
    }
    for (;;) {
        const auto more = (*walk)->next();
        if (!more) {
            return more.error();
        }
        if (!*more) {
            return Error { {}, {}, "the archive changed while it was read", "Import it again" };
        }
        if ((*walk)->current().number == number) {
            return std::unique_ptr<ByteSource>(std::make_unique<MemberSource>(*walk));
        }
    }
}

} // namespace

bool looksLikeArchive(std::string_view head)
{
    return head.substr(0, 4) == "PK\x03\x04"sv || head.substr(0, 4) == "PK\x05\x06"sv
        || (head.size() > tarMagicAt && head.substr(tarMagicAt, 5) == "ustar"sv);
}

Result<void> walkArchive(const OpenSource& open, const Budgets& budgets,
    const std::function<Result<void>(
        const ArchiveMember&, std::unique_ptr<ByteSource>, const OpenSource& reopen)>& member,
    std::stop_token stop)
{
    if (nesting >= deepestNesting) {
        return overBudget("an archive within an archive within an archive");
    }
    const Nesting here;
    auto walk = MemberWalk::open(open, budgets, stop);
    if (!walk) {
        return walk.error();
    }
    for (;;) {
        if (stop.stop_requested()) {
            return cancelled();
        }
        const auto more = (*walk)->next();
        if (!more) {
            return more.error();
        }
        if (!*more) {
            return {};
        }
        const ArchiveMember current = (*walk)->current();
        const OpenSource reopen = [open, budgets, number = current.number, stop] {
            return openMember(open, budgets, number, stop);
        };
        if (auto taken = member(current, std::make_unique<MemberSource>(*walk), reopen); !taken) {
            return taken;
        }
        if ((*walk)->error()) {
            return *(*walk)->error();
        }
    }
}

} // namespace prism::read
