// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/mapping/mapping_importer.h"

#include "core/mapping/mapped_reader.h"
#include "core/mapping/mapped_row.h"

#include <algorithm>
#include <set>

namespace prism {

namespace {

/// FNV-1a within the versions that an importer may have: equal text, equal number, on every machine.
int versionOf(std::string_view text)
{
    std::uint32_t hash = 2166136261u;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
    }
    return static_cast<int>(hash % 1'000'000);
}

/// The first row of a JSON sample, as far as its head tells it.
const read::Node* firstRow(const Sample& sample, const std::string& rows)
{
    const read::Node* at = sample.document ? sample.document->at(rows) : nullptr;
    if (at && at->isArray()) {
        return at->at("/0");
    }
    return at;
}

std::vector<std::string> columnsIn(const Sample& sample, const Mapping& mapping)
{
    if (mapping.format == Mapping::Format::Json) {
        const read::Node* row = firstRow(sample, mapping.rows);
        return row && row->isObject() ? columnsOf(*row) : std::vector<std::string>();
    }
    const std::size_t header = std::max<std::size_t>(mapping.headerRow, 1) - 1;
    return sample.family == Family::Csv && header < sample.rows.size()
        ? columnsOf(sample.rows[header], mapping.headerRow > 0)
        : std::vector<std::string>();
}

} // namespace

std::string mappingImporterId(const std::string& name)
{
    return "mapping-" + name;
}

MappingImporter::MappingImporter(Mapping mapping)
    : m_mapping(std::move(mapping))
    , m_id(mappingImporterId(m_mapping.name))
    , m_tool("mapping " + m_mapping.name)
    , m_version(versionOf(toJson(m_mapping)))
{
}

ImporterInfo MappingImporter::info() const
{
    return { m_id, m_tool, m_version, m_mapping.format == Mapping::Format::Json ? 30 : 10 };
}

std::optional<Match> MappingImporter::recognise(const Sample& sample) const
{
    const std::vector<std::string> there = columnsIn(sample, m_mapping);
    const std::set<std::string> found(there.begin(), there.end());
    const std::set<std::string> wanted(m_mapping.columns.begin(), m_mapping.columns.end());
    if (wanted.empty() || found != wanted) {
        return std::nullopt;
    }
    return Match { Match::Likely, "has the columns that the mapping " + m_mapping.name + " was made for" };
}

Result<void> MappingImporter::read(Input& input, Sink& sink) const
{
    return readMapped(m_mapping, input, sink);
}

} // namespace prism
