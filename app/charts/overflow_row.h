// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <vector>

QT_BEGIN_NAMESPACE
class QToolButton;
class QVBoxLayout;
QT_END_NAMESPACE

namespace prism::app {

/// One row of controls that never wraps: what has no room moves, the least important first, into a small
/// window below the button "⋯" at the row's end.
class OverflowRow : public QWidget {
    Q_OBJECT
public:
    explicit OverflowRow(QWidget* parent = nullptr);

    /// Items with a lower rank leave first; of equal ones the last. A hidden item needs no room.
    void add(QWidget* item, int rank);
    /// What is added from here on stands at the row's right end.
    void addSpring();
    bool isInRow(const QWidget* item) const;
    QToolButton* moreButton() const { return m_more; }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    bool event(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    struct Item {
        QWidget* widget;
        int rank;
        bool atEnd;
        bool out = false;
    };
    void arrange();
    void place();
    int neededWidth() const;
    void openRest();

    std::vector<Item> m_items;
    bool m_atEnd = false;
    bool m_arranging = false;
    QToolButton* m_more;
    QWidget* m_rest; ///< the window of what has no room
    QVBoxLayout* m_column;
};

} // namespace prism::app
