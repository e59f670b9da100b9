// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/request_rows.h"

#include <utility>

namespace prism {

void RequestRows::add(RequestRow row, std::optional<double> start, std::optional<double> zero)
{
    row.index = m_next++;
    if (!m_settled && zero) {
        m_zero = zero;
        settle();
    }
    Held held { std::move(row), start };
    if (m_settled) {
        send(std::move(held));
        return;
    }
    if (start && (!m_zero || *start < *m_zero)) {
        m_zero = start;
    }
    m_held.push_back(std::move(held));
    if (m_held.size() >= mostHeld) {
        settle();
    }
}

void RequestRows::finish()
{
    settle();
}

void RequestRows::settle()
{
    m_settled = true;
    for (Held& held : m_held) {
        send(std::move(held));
    }
    m_held.clear();
}

void RequestRows::send(Held held)
{
    if (held.start && m_zero) {
        held.row.start = Seconds { *held.start - *m_zero };
    }
    m_sink.request(m_point, std::move(held.row));
}

} // namespace prism
