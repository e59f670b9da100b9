// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/flow_layout.h"

#include <QWidget>

#include <algorithm>

namespace prism::app {

FlowLayout::FlowLayout(QWidget* parent, int gap, int rowGap)
    : QLayout(parent)
    , m_gap(gap)
    , m_rowGap(rowGap)
{
    setContentsMargins(0, 0, 0, 0);
}

FlowLayout::~FlowLayout()
{
    for (QLayoutItem* item : m_items) {
        delete item;
    }
}

void FlowLayout::addItem(QLayoutItem* item)
{
    m_items.push_back(item);
}

void FlowLayout::addSpring()
{
    addItem(new QSpacerItem(0, 0, QSizePolicy::Expanding, QSizePolicy::Minimum));
    invalidate();
}

QLayoutItem* FlowLayout::itemAt(int index) const
{
    return index >= 0 && index < count() ? m_items[static_cast<std::size_t>(index)] : nullptr;
}

QLayoutItem* FlowLayout::takeAt(int index)
{
    QLayoutItem* item = itemAt(index);
    if (item) {
        m_items.erase(m_items.begin() + index);
    }
    return item;
}

QSize FlowLayout::minimumSize() const
{
    QSize size;
    for (const QLayoutItem* item : m_items) {
        if (!item->isEmpty()) {
            size = size.expandedTo(item->minimumSize());
        }
    }
    const QMargins m = contentsMargins();
    return size + QSize(m.left() + m.right(), m.top() + m.bottom());
}

QSize FlowLayout::sizeHint() const
{
    int width = 0;
    int height = 0;
    for (const QLayoutItem* item : m_items) {
        if (item->isEmpty()) {
            continue;
        }
        width += item->sizeHint().width() + m_gap;
        height = std::max(height, item->sizeHint().height());
    }
    const QMargins m = contentsMargins();
    return { width + m.left() + m.right(), height + m.top() + m.bottom() };
}

void FlowLayout::setGeometry(const QRect& rect)
{
    QLayout::setGeometry(rect);
    arrange(rect, true);
}

int FlowLayout::arrange(const QRect& rect, bool place) const
{
    const QRect inner = rect.marginsRemoved(contentsMargins());
    int y = inner.top();
    int width = 0;
    int height = 0;
    std::size_t first = 0;
    const auto finish = [&](std::size_t last) {
        if (place) {
            placeRow(first, last, QRect(inner.left(), y, inner.width(), height));
        }
        y += height;
        first = last;
        width = height = 0;
    };
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        QLayoutItem* item = m_items[i];
        if (item->isEmpty() && !item->spacerItem()) {
            continue;
        }
        const QSize size = item->sizeHint();
        const int gap = width > 0 && size.width() > 0 ? m_gap : 0;
        if (width > 0 && width + gap + size.width() > inner.width()) {
            finish(i);
            y += m_rowGap;
            width = size.width();
        } else {
            width += gap + size.width();
        }
        height = std::max(height, size.height());
    }
    finish(m_items.size());
    return y - rect.top() + contentsMargins().bottom();
}

void FlowLayout::placeRow(std::size_t first, std::size_t last, const QRect& row) const
{
    int used = 0;
    int springs = 0;
    for (std::size_t i = first; i < last; ++i) {
        if (m_items[i]->spacerItem()) {
            ++springs;
        } else if (!m_items[i]->isEmpty()) {
            used += m_items[i]->sizeHint().width() + (used > 0 ? m_gap : 0);
        }
    }
    const int spring = springs > 0 ? std::max(0, row.width() - used - m_gap) / springs : 0;
    int x = row.left();
    for (std::size_t i = first; i < last; ++i) {
        QLayoutItem* item = m_items[i];
        if (item->spacerItem()) {
            x += spring;
        } else if (!item->isEmpty()) {
            const QSize size = item->sizeHint();
            const int width = std::min(size.width(), row.width());
            item->setGeometry(QRect(x, row.top() + (row.height() - size.height()) / 2, width, size.height()));
            x += width + m_gap;
        }
    }
}

} // namespace prism::app
