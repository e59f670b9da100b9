// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/timeline_access.h"

#include "app/timeline/timeline_view.h"

#include <QAccessibleWidget>

namespace prism::app {

namespace {

/// A lane by its place among those shown: lanes come and go, so none is held.
class LaneAccess : public QAccessibleInterface {
public:
    LaneAccess(TimelineView* view, int number)
        : m_view(view)
        , m_number(number)
    {
    }
    bool isValid() const override { return lane() != nullptr; }
    QObject* object() const override { return nullptr; }
    QWindow* window() const override { return nullptr; }
    QAccessibleInterface* childAt(int, int) const override { return nullptr; }
    QAccessibleInterface* parent() const override
    {
        return m_view ? QAccessible::queryAccessibleInterface(m_view) : nullptr;
    }
    QAccessibleInterface* child(int) const override { return nullptr; }
    int childCount() const override { return 0; }
    int indexOfChild(const QAccessibleInterface*) const override { return -1; }
    QAccessible::Role role() const override { return QAccessible::Graphic; }
    void setText(QAccessible::Text, const QString&) override { }
    QString text(QAccessible::Text kind) const override
    {
        const Lane* l = lane();
        if (!l) {
            return {};
        }
        if (kind == QAccessible::Name) {
            return l->name();
        }
        if (kind == QAccessible::Value) {
            QStringList values;
            for (const LaneReading& reading : l->readings(m_view->readingInstant())) {
                values << (reading.label + QLatin1Char(' ') + reading.value).trimmed();
            }
            return values.join(QStringLiteral(", "));
        }
        return kind == QAccessible::Description ? l->describe(m_view->range()) : QString();
    }
    QRect rect() const override
    {
        const Lane* l = lane();
        const QRect r = l ? m_view->laneRect(l->id()) : QRect();
        return r.isEmpty() ? r : QRect(m_view->viewport()->mapToGlobal(r.topLeft()), r.size());
    }
    QAccessible::State state() const override
    {
        QAccessible::State state;
        const Lane* l = lane();
        state.focusable = true;
        state.focused = l && m_view->hasFocus() && m_view->focusedLane() == l;
        state.invisible = !l || m_view->laneRect(l->id()).isEmpty();
        return state;
    }

private:
    const Lane* lane() const
    {
        if (!m_view || !m_view->model()) {
            return nullptr;
        }
        const auto lanes = m_view->model()->visibleLanes();
        return std::size_t(m_number) < lanes.size() ? lanes[std::size_t(m_number)] : nullptr;
    }

    QPointer<TimelineView> m_view;
    int m_number;
};

class TimelineAccess : public QAccessibleWidget {
public:
    explicit TimelineAccess(TimelineView* view)
        : QAccessibleWidget(view, QAccessible::Chart)
    {
    }
    ~TimelineAccess() override
    {
        for (const QAccessible::Id id : m_children) {
            QAccessible::deleteAccessibleInterface(id);
        }
    }
    int childCount() const override
    {
        return view()->model() ? int(view()->model()->visibleLanes().size()) : 0;
    }
    QAccessibleInterface* child(int index) const override
    {
        if (index < 0 || index >= childCount()) {
            return nullptr;
        }
        while (m_children.size() <= std::size_t(index)) {
            m_children.push_back(
                QAccessible::registerAccessibleInterface(new LaneAccess(view(), int(m_children.size()))));
        }
        return QAccessible::accessibleInterface(m_children[std::size_t(index)]);
    }
    int indexOfChild(const QAccessibleInterface* child) const override
    {
        for (int i = 0; i < childCount(); ++i) {
            if (this->child(i) == child) {
                return i;
            }
        }
        return -1;
    }
    QAccessibleInterface* childAt(int x, int y) const override
    {
        for (int i = 0; i < childCount(); ++i) {
            if (child(i)->rect().contains(x, y)) {
                return child(i);
            }
        }
        return nullptr;
    }
    QString text(QAccessible::Text kind) const override
    {
        return kind == QAccessible::Description ? view()->describe() : QAccessibleWidget::text(kind);
    }

private:
    TimelineView* view() const { return static_cast<TimelineView*>(widget()); }

    mutable std::vector<QAccessible::Id> m_children;
};

QAccessibleInterface* accessibleTimeline(const QString&, QObject* object)
{
    auto* view = qobject_cast<TimelineView*>(object);
    return view ? new TimelineAccess(view) : nullptr;
}

} // namespace

void installTimelineAccess()
{
    static const bool installed = (QAccessible::installFactory(accessibleTimeline), true);
    static_cast<void>(installed);
}

} // namespace prism::app
