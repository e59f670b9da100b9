// SPDX-License-Identifier: GPL-3.0-or-later
// What belongs together: written within the open transaction, seen with the next commit().
#include "core/store/writer.h"
#include "core/store/writer_impl.h"

namespace prism {

using namespace store;

Result<void> StoreWriter::link(SourceId source, const RunKey& key, const LinkText& text)
{
    if (auto open = m_impl->inTransaction(); !open) {
        return open;
    }
    const auto run = m_impl->runOf(key);
    return run ? link(source, *run, text) : m_impl->guard(run.error());
}

Result<void> StoreWriter::link(SourceId source, RunId run, const LinkText& text)
{
    auto done = m_impl->inTransaction();
    m_impl->linked = true;
    return done ? m_impl->guard(m_impl->insertLink.run(source, run, text.role, text.why, text.byUser ? 1 : 0))
                : done;
}

Result<void> StoreWriter::moveToRun(SourceId source, const std::string& fromKey, const RunKey& to)
{
    if (auto open = m_impl->inTransaction(); !open) {
        return open;
    }
    const auto from = m_impl->runOf({ fromKey, to.label, to.producer });
    const auto run = m_impl->runOf(to);
    if (!from || !run) {
        return m_impl->guard(!from ? from.error() : run.error());
    }
    m_impl->linked = true;
    return m_impl->guard(m_impl->database->exec("UPDATE point SET run = " + std::to_string(*run)
        + " WHERE source = " + std::to_string(source) + " AND run = " + std::to_string(*from)));
}

} // namespace prism
