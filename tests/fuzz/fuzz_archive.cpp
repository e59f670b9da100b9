// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/archive.h"

#include <cstdlib>

using namespace prism;

namespace {

constexpr std::uint64_t mostBytes = 1u << 20;
constexpr std::uint64_t mostMembers = 50;

void check(bool fine)
{
    if (!fine) {
        std::abort();
    }
}

std::string textOf(std::unique_ptr<read::ByteSource> source)
{
    auto text = read::readAll(*source, mostBytes);
    check(text || !text.error().reason.empty());
    return text ? std::move(*text) : std::string();
}

} // namespace

/// Archives of any content: all in memory, within their budgets, and a member that is walked to again is the
/// same. Then the same bytes as a compressed file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    read::Budgets budgets;
    budgets.archiveBytes = budgets.totalBytes = mostBytes;
    budgets.archiveMembers = mostMembers;
    const read::OpenSource open
        = [&bytes]() -> Result<std::unique_ptr<read::ByteSource>> { return read::memorySource(bytes); };
    std::uint64_t members = 0;
    std::uint64_t total = 0;
    (void)read::looksLikeArchive(bytes);
    const auto walked = read::walkArchive(open, budgets,
        [&](const read::ArchiveMember&, std::unique_ptr<read::ByteSource> source,
            const read::OpenSource& reopen) -> Result<void> {
            const std::string text = textOf(std::move(source));
            total += text.size();
            if (members++ == 0) {
                auto again = reopen();
                check(!again || textOf(std::move(*again)).size() == text.size());
            }
            return {};
        });
    check(members <= mostMembers && total <= mostBytes + (64u << 10));
    check(walked || !walked.error().reason.empty());
    auto plain = read::decompressed(read::memorySource(bytes), budgets);
    if (plain) {
        (void)textOf(std::move(*plain));
    }
    return 0;
}
