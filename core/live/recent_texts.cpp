// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/recent_texts.h"

namespace prism::live {

void RecentTexts::keep(std::uint32_t id, std::string_view text)
{
    if (id == 0 || text.size() > mostBytes || m_byId.contains(id)) {
        return;
    }
    m_order.push_back({ id, std::string(text) });
    m_byId.emplace(id, std::prev(m_order.end()));
    m_bytes += text.size();
    while (m_order.size() > most || m_bytes > mostBytes) {
        (void)take(m_order.front().id);
    }
}

std::string RecentTexts::text(std::uint32_t id)
{
    const auto found = m_byId.find(id);
    if (found == m_byId.end()) {
        return {};
    }
    m_order.splice(m_order.end(), m_order, found->second);
    return found->second->text;
}

std::string RecentTexts::take(std::uint32_t id)
{
    const auto found = m_byId.find(id);
    if (found == m_byId.end()) {
        return {};
    }
    std::string text = std::move(found->second->text);
    m_bytes -= text.size();
    m_order.erase(found->second);
    m_byId.erase(found);
    return text;
}

} // namespace prism::live
