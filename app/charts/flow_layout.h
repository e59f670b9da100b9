// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLayout>

#include <vector>

namespace prism::app {

/// Items in rows from left to right, wrapped where the width ends, each row centred on its height. An item
/// with Expanding width is a spring: it pushes what follows to the right end of its row.
class FlowLayout : public QLayout {
public:
    FlowLayout(QWidget* parent, int gap, int rowGap);
    ~FlowLayout() override;

    void addItem(QLayoutItem* item) override;
    int count() const override { return static_cast<int>(m_items.size()); }
    QLayoutItem* itemAt(int index) const override;
    QLayoutItem* takeAt(int index) override;
    Qt::Orientations expandingDirections() const override { return {}; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override { return arrange(QRect(0, 0, width, 0), false); }
    QSize sizeHint() const override;
    QSize minimumSize() const override;
    void setGeometry(const QRect& rect) override;
    void addSpring();

private:
    int arrange(const QRect& rect, bool place) const;
    void placeRow(std::size_t first, std::size_t last, const QRect& row) const;

    std::vector<QLayoutItem*> m_items;
    int m_gap;
    int m_rowGap;
};

} // namespace prism::app
