// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/batch.h"

#include "core/import/importer.h"
#include "core/mapping/mapping_importer.h"

namespace prism {

Batch::Batch(const ImportRequest& request)
    : m_forced(request.forcedImporter)
{
    for (const Mapping& mapping : request.mappings) {
        m_mappings.emplace(mappingImporterId(mapping.name), MappingImporter(mapping).info().version);
    }
}

bool Batch::isCurrent(const SourceRecord& source) const
{
    if (!m_forced.empty() && m_forced != source.producer) {
        return false;
    }
    if (const auto mapping = m_mappings.find(source.producer); mapping != m_mappings.end()) {
        return mapping->second == source.importerVersion;
    }
    const Importer* importer = findImporter(source.producer);
    return !importer || importer->info().version <= source.importerVersion;
}

} // namespace prism
