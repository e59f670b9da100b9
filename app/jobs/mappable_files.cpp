// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/jobs/mappable_files.h"

#include "core/import/unknown_file.h"
#include "core/mapping/mapping_importer.h"

namespace prism::app {

std::vector<MappableFile> mappableFiles(const ImportJob& job)
{
    std::vector<MappableFile> out;
    const std::string byMapping = mappingImporterId({});
    for (const FileResult& result : job.results()) {
        const bool inArchive = result.source.find("!/") != std::string::npos;
        const bool isPasted = !job.request().pastedText.empty() && result.source == job.request().pastedName;
        const bool mapped = result.producer.starts_with(byMapping);
        const bool unknown
            = result.outcome == Outcome::Refused && result.reason && offersMapping(*result.reason);
        if (!inArchive && (mapped || unknown)) {
            out.push_back({ QString::fromStdString(result.source),
                mapped ? QString::fromStdString(result.producer.substr(byMapping.size())) : QString(),
                isPasted ? QString::fromStdString(job.request().pastedText) : QString() });
        }
    }
    return out;
}

} // namespace prism::app
