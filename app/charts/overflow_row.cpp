// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/overflow_row.h"

#include <QEvent>
#include <QFrame>
#include <QScopedValueRollback>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace prism::app {

namespace {
constexpr int gap = 6;
}

OverflowRow::OverflowRow(QWidget* parent)
    : QWidget(parent)
    , m_more(new QToolButton(this))
    , m_rest(new QFrame(this, Qt::Popup))
    , m_column(new QVBoxLayout(m_rest))
{
    m_more->setText(QStringLiteral("⋯"));
    m_more->setAutoRaise(true);
    m_more->setFixedSize(26, 26);
    m_more->setToolTip(tr("More controls"));
    m_more->setAccessibleName(tr("More controls"));
    m_more->hide();
    static_cast<QFrame*>(m_rest)->setFrameShape(QFrame::StyledPanel);
    m_column->setContentsMargins(8, 8, 8, 8);
    m_column->setSpacing(6);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    connect(m_more, &QToolButton::clicked, this, &OverflowRow::openRest);
}

void OverflowRow::add(QWidget* item, int rank)
{
    item->setParent(this);
    item->installEventFilter(this);
    m_items.push_back({ item, rank, m_atEnd });
    updateGeometry();
}

void OverflowRow::addSpring()
{
    m_atEnd = true;
}

bool OverflowRow::isInRow(const QWidget* item) const
{
    return std::ranges::any_of(m_items, [item](const Item& i) { return i.widget == item && !i.out; });
}

QSize OverflowRow::sizeHint() const
{
    int height = 26;
    for (const Item& item : m_items) {
        height = std::max(height, item.widget->sizeHint().height());
    }
    return { neededWidth(), height };
}

QSize OverflowRow::minimumSizeHint() const
{
    return { 120, sizeHint().height() };
}

bool OverflowRow::event(QEvent* event)
{
    if (event->type() == QEvent::LayoutRequest) {
        arrange();
    }
    return QWidget::event(event);
}

void OverflowRow::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    arrange();
}

/// Items tell of a new size or of being shown and hidden through their parent, which may be the small window.
bool OverflowRow::eventFilter(QObject* watched, QEvent* event)
{
    const auto type = event->type();
    if (type == QEvent::ShowToParent || type == QEvent::HideToParent || type == QEvent::LayoutRequest) {
        arrange();
    }
    return QWidget::eventFilter(watched, event);
}

int OverflowRow::neededWidth() const
{
    int width = 0;
    bool more = false;
    for (const Item& item : m_items) {
        if (!item.widget->isHidden() || item.out) {
            more = more || item.out;
            width += item.out ? 0 : item.widget->sizeHint().width() + gap;
        }
    }
    return std::max(0, width - gap) + (more ? m_more->width() + gap : 0);
}

void OverflowRow::arrange()
{
    if (m_arranging || m_rest->isVisible()) {
        return;
    }
    const QScopedValueRollback guard(m_arranging, true);
    const auto before = m_items;
    for (Item& item : m_items) {
        item.out = false;
    }
    while (neededWidth() > width()) {
        Item* least = nullptr;
        for (Item& item : m_items) {
            if (!item.out && !item.widget->isHidden() && (!least || item.rank <= least->rank)) {
                least = &item;
            }
        }
        if (!least) {
            break;
        }
        least->out = true;
    }
    for (std::size_t i = 0; i < m_items.size(); ++i) {
        const Item& item = m_items[i];
        if (item.out == before[i].out) {
            continue;
        }
        const bool shown = !item.widget->isHidden();
        if (item.out) {
            m_column->addWidget(item.widget);
        } else {
            m_column->removeWidget(item.widget);
            item.widget->setParent(this);
        }
        item.widget->setVisible(shown);
    }
    place();
}

void OverflowRow::place()
{
    const bool more = std::ranges::any_of(m_items, [](const Item& item) { return item.out; });
    m_more->setVisible(more);
    int end = 0;
    for (const Item& item : m_items) {
        end += item.atEnd && !item.out && !item.widget->isHidden() ? item.widget->sizeHint().width() + gap
                                                                   : 0;
    }
    int left = 0;
    int right = width() - end + (end > 0 ? gap : 0);
    const auto put = [this](QWidget* widget, int& x) {
        const QSize size = widget->sizeHint();
        widget->setGeometry(x, (height() - size.height()) / 2, size.width(), size.height());
        x += size.width() + gap;
    };
    for (const Item& item : m_items) {
        if (!item.out && !item.widget->isHidden()) {
            put(item.widget, item.atEnd ? right : left);
        }
    }
    if (more) {
        m_more->move(left, (height() - m_more->height()) / 2);
    }
}

void OverflowRow::openRest()
{
    m_rest->adjustSize();
    m_rest->move(m_more->mapToGlobal(QPoint(0, m_more->height() + 2)));
    m_rest->show();
    m_rest->setFocus(Qt::PopupFocusReason);
}

} // namespace prism::app
