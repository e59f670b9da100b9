// SPDX-License-Identifier: GPL-3.0-or-later
// Nsight Systems: its SQLite export and the reports of `nsys stats`. The .nsys-rep itself is not documented.
#include "core/import/formats/nsys/nsys_database.h"
#include "core/import/formats/nsys/nsys_stats.h"
#include "core/import/importer.h"

#include <algorithm>

namespace prism::formats {

namespace {

class Nsys : public Importer {
public:
    ImporterInfo info() const override { return { "nsys-sqlite", "Nsight Systems", 2, 20 }; }

    std::optional<Match> recognise(const Sample& sample) const override
    {
        if (sample.family == Family::Sqlite) {
            const bool hasExport = sample.table("StringIds")
                && (sample.table("META_DATA_EXPORT") || sample.table("EXPORT_META_DATA"));
            const bool hasCupti = std::any_of(sample.tables.begin(), sample.tables.end(),
                [](const auto& table) { return table.name.starts_with("CUPTI_ACTIVITY_KIND_"); });
            return hasExport || hasCupti
                ? std::optional(Match { Match::Certain, "has the tables of an export of Nsight Systems" })
                : std::nullopt;
        }
        if (nsys::isStatsTable(sample)) {
            return Match { Match::Certain, "has the columns of nsys stats" };
        }
        if (!sample.document && nsys::isStatsText(sample)) {
            return Match { Match::Likely, "has a table with the columns of nsys stats" };
        }
        return std::nullopt;
    }

    Result<void> read(Input& input, Sink& sink) const override
    {
        if (input.family() == Family::Sqlite) {
            return nsys::readDatabase(input, sink);
        }
        return input.family() == Family::Csv ? nsys::readStatsTable(input, sink)
                                             : nsys::readStatsText(input, sink);
    }
};

const RegisterImporter<Nsys> registered;

} // namespace

} // namespace prism::formats
