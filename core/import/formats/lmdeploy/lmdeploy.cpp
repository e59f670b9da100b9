// SPDX-License-Identifier: GPL-3.0-or-later
// LMDeploy's benchmarks: the profile scripts (CSV, console) and the chat benchmark (JSON, JSON lines, CSV).
#include "core/import/formats/lmdeploy/lmdeploy_chat.h"
#include "core/import/formats/lmdeploy/lmdeploy_early.h"
#include "core/import/formats/lmdeploy/lmdeploy_profile.h"
#include "core/import/importer.h"

namespace prism::formats {

namespace {

constexpr std::size_t mostBefore = 1000; ///< rows of a log before the titles of a table

class Lmdeploy : public Importer {
public:
    ImporterInfo info() const override { return { "lmdeploy", "LMDeploy benchmark", 3, 20 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (const read::Node* root = sample.document) {
            const read::Node* row = root->isArray() ? root->at("/0") : root;
            if (row && (lmdeploy::isChatSummary(*row) || lmdeploy::isChatRequest(*row))) {
                return Match { Match::Certain, "has mode, setting and values named with their units" };
            }
            return std::nullopt;
        }
        if (!sample.rows.empty()) {
            const read::CsvRow& header = sample.rows.front();
            if (lmdeploy::isProfileTable(header)) {
                return Match { Match::Certain,
                    "has completed, mean_e2e_latency_ms and mean_tpot_ms, and no percentiles" };
            }
            if (lmdeploy::isChatSummary(header) || lmdeploy::isChatRequests(header)) {
                return Match { Match::Certain, "has mode, setting and columns named with their units" };
            }
        }
        if (lmdeploy::isEarlyConsole(sample)) {
            return Match { Match::Certain, "has speeds of completion tokens and requests" };
        }
        return lmdeploy::isProfileConsole(sample) ? std::optional(
                   Match { Match::Certain, "has a table of a profile with End-to-End Latency and TPOT" })
                                                  : std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        if (input.family() == Family::Json || input.family() == Family::Yaml) {
            return lmdeploy::readChatDocuments(input, sink);
        }
        if (input.family() == Family::Text) {
            return readConsole(input, sink);
        }
        bool profile = false, chat = false;
        std::size_t rows = 0;
        // What breaks off is met again by the reading of its rows.
        (void)input.rawCsv([&](const read::CsvRow& row) -> Result<void> {
            profile = lmdeploy::isProfileTable(row);
            chat = lmdeploy::isChatSummary(row) || lmdeploy::isChatRequests(row);
            return profile || chat || ++rows == mostBefore ? Result<void>(Error { {}, {}, "enough", {} })
                                                           : Result<void>();
        });
        if (rows == mostBefore) {
            sink.warn({ "titles-not-found",
                "None of the first " + std::to_string(mostBefore)
                    + " rows has the titles of a table: one further below is not read. Take off what stands "
                      "before it, if there is one.",
                {} });
        }
        return profile ? lmdeploy::readProfileTable(input, sink)
            : chat     ? lmdeploy::readChatTable(input, sink)
                       : readConsole(input, sink);
    }

private:
    /// Nothing is sent by the reader that finds nothing; with both empty, the newer layout's words are told.
    static Result<void> readConsole(Input& input, Sink& sink)
    {
        auto profile = lmdeploy::readProfileConsole(input, sink);
        return profile || lmdeploy::readEarlyConsole(input, sink) ? Result<void>() : profile;
    }
};

const RegisterImporter<Lmdeploy> registered;

} // namespace

} // namespace prism::formats
