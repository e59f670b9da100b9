// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/known_bytes.h"

#include <algorithm>

namespace prism {

Result<KnownBytes::Answer> KnownBytes::answer(FileResult& result, const Batch& batch)
{
    const auto known = m_writer.known(result.sha256);
    if (!known) {
        return known.error();
    }
    const auto archive = m_writer.archiveMembers(result.sha256);
    if (!archive) {
        return archive.error();
    }
    if ((*known && batch.isCurrent(**known)) || batch.contains(result.sha256)) {
        result.outcome = Outcome::Unchanged;
        result.producer = *known ? (*known)->producer : std::string();
        return Answer { true, {} };
    }
    if (*archive && allKnown(**archive, batch)) {
        result.outcome = Outcome::Unchanged;
        return Answer { true, {} };
    }
    const auto removed = m_writer.removedWith(result.sha256);
    if (!removed) {
        return removed.error();
    }
    if (!*removed || !batch.isCurrent(**removed)) {
        return Answer {};
    }
    const SourceId source = (*removed)->id;
    if (auto edit = m_writer.restore({ source }); !edit) {
        return edit.error();
    }
    if (auto done = describeRestored(result, source); !done) {
        return done.error();
    }
    return Answer { true, source };
}

bool KnownBytes::allKnown(const std::vector<std::string>& members, const Batch& batch)
{
    return std::all_of(members.begin(), members.end(), [&](const std::string& sha) {
        const auto known = m_writer.known(sha);
        return known && *known && batch.isCurrent(**known);
    });
}

/// As if it had been read again.
Result<void> KnownBytes::describeRestored(FileResult& result, SourceId source)
{
    const auto back = m_writer.known(result.sha256);
    const auto content = back ? m_writer.contentOf(source) : back.error();
    if (!content) {
        return content.error();
    }
    result.outcome = Outcome::Imported;
    result.runs = content->runs;
    result.points = content->points;
    result.requests = content->requests;
    if (!*back) {
        return {};
    }
    result.producer = (*back)->producer;
    result.counts = (*back)->counts;
    if ((*back)->attached) {
        result.outcome = Outcome::Attached;
    }
    if (const std::string& richer = (*back)->twinOf; !richer.empty()) {
        m_restoredBehind[richer].push_back(result.source);
        const auto known = m_writer.known(richer);
        if (known && *known) {
            result.sources = { (*known)->path, result.source };
        }
    } else if (const auto behind = m_restoredBehind.find(result.sha256); behind != m_restoredBehind.end()) {
        result.sources = behind->second;
        result.sources.insert(result.sources.begin(), result.source);
    }
    return {};
}

} // namespace prism
