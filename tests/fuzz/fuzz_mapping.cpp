// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/sniff.h"
#include "core/mapping/mapping_importer.h"
#include "core/mapping/proposal_importer.h"
#include "tests/fuzz/frame_job.h"

#include <cstdlib>

using namespace prism;

namespace {

void check(bool fine)
{
    if (!fine) {
        std::abort();
    }
}

/// What is read of a mapping is what its text says: written and read again it is the same.
std::optional<Mapping> mappingOf(std::string_view text)
{
    auto mapping = parseMapping(text, "mapping.json");
    if (!mapping) {
        check(!mapping.error().reason.empty());
        return std::nullopt;
    }
    const auto again = parseMapping(toJson(*mapping), "mapping.json");
    check(again && *again == *mapping);
    return std::move(*mapping);
}

/// What the importer says of the file is never taken for a lie.
void readBy(const Importer& importer, const std::string& file)
{
    static fuzz::FrameJob job;
    const read::OpenSource open
        = [&file]() -> Result<std::unique_ptr<read::ByteSource>> { return read::memorySource(file); };
    const auto sniffed = sniff("table.csv", open);
    check(sniffed || !sniffed.error().reason.empty());
    if (!sniffed) {
        return;
    }
    Input input("table.csv", sniffed->family, open, read::Budgets {}, {});
    const std::string frames
        = fuzz::framesOf(importer, [&](Sink& sink) { return importer.read(input, sink); });
    check(job.hear(frames, frames.size() + 1).empty());
}

} // namespace

/// The text of a mapping, a zero byte, and a file that it is applied to. Without a text a mapping is
/// proposed.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string all(reinterpret_cast<const char*>(data), size);
    const std::size_t zero = std::min(all.find('\0'), all.size());
    const std::string file = all.substr(std::min(zero + 1, all.size()));
    if (zero == 0) {
        readBy(ProposalImporter(), file);
    } else if (auto mapping = mappingOf(std::string_view(all).substr(0, zero));
               mapping && prism::check(*mapping)) {
        readBy(MappingImporter(std::move(*mapping)), file);
    }
    return 0;
}
