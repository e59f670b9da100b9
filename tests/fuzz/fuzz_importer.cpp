// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/sniff.h"
#include "tests/fuzz/frame_job.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

using namespace prism;

namespace {

std::string forced; ///< id of an importer; empty: whichever recognises the file

} // namespace

/// `--importer=ID` makes it the target of that importer, "any" of whichever recognises the input;
/// `--importers` lists them.
extern "C" int LLVMFuzzerInitialize(int* count, char*** values)
{
    constexpr const char* option = "--importer=";
    for (int i = 1; i < *count; ++i) {
        if (std::strncmp((*values)[i], option, std::strlen(option)) == 0) {
            forced = (*values)[i] + std::strlen(option);
        } else if (std::strcmp((*values)[i], "--importers") == 0) {
            for (const Importer* each : importers()) {
                std::printf("%s\n", std::string(each->info().id).c_str());
            }
            std::exit(EXIT_SUCCESS);
        }
    }
    forced = forced == "any" ? std::string() : forced;
    if (!forced.empty() && !findImporter(forced)) {
        std::fprintf(stderr, "there is no importer %s\n", forced.c_str());
        std::exit(EXIT_FAILURE);
    }
    return 0;
}

/// A file of any content: it is read, or refused with a reason, and what its reader says of it is never taken
/// for a lie by the job.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static fuzz::FrameJob job;
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    const std::string name = "results/stage_1_lifecycle_metrics.json";
    read::Budgets budgets;
    budgets.totalBytes = 4u << 20;
    const auto open = unpacked(
        [&bytes]() -> Result<std::unique_ptr<read::ByteSource>> { return read::memorySource(bytes); },
        budgets);
    const auto sniffed = sniff(name, open, forced);
    if (sniffed ? !sniffed->importer && sniffed->refusal.reason.empty() : sniffed.error().reason.empty()) {
        std::abort();
    }
    if (!sniffed || !sniffed->importer) {
        return 0;
    }
    Input input(name, sniffed->family, open, budgets, {});
    input.keep(sniffed->document);
    const std::string frames = fuzz::framesOf(
        *sniffed->importer, [&](Sink& sink) { return sniffed->importer->read(input, sink); });
    const std::string lie = job.hear(frames, frames.size() + 1);
    if (!lie.empty()) {
        std::fprintf(stderr, "an honest parser is taken for a liar: %s\n", lie.c_str());
        std::abort();
    }
    return 0;
}
