// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/analysis/slo.h"
#include "core/store/column_table.h"

#include <QWidget>

#include <vector>

QT_BEGIN_NAMESPACE
class QCheckBox;
class QToolButton;
QT_END_NAMESPACE

namespace prism::app {

/// The switch of the SLO lens, a button for each limit that opens its editor, and "+".
class SloEditor : public QWidget {
    Q_OBJECT
public:
    explicit SloEditor(QWidget* parent = nullptr);

    void setTable(std::shared_ptr<const ColumnTable> table);
    void setLimits(const std::vector<SloLimit>& limits, bool enabled);
    void toggle(); ///< as if the switch were clicked
    /// What a new limit is about at first: a latency that is looked at anyway.
    void setUsual(const std::vector<std::pair<const Metric*, Stat>>& usual) { m_usual = usual; }

Q_SIGNALS:
    void edited(const std::vector<prism::SloLimit>& limits, bool enabled);

private:
    void rebuild();
    void add();
    void openEditor(std::size_t index);
    SloLimit proposal() const;

    std::shared_ptr<const ColumnTable> m_table;
    std::vector<SloLimit> m_limits;
    std::vector<std::pair<const Metric*, Stat>> m_usual;
    QCheckBox* m_switch;
    std::vector<QToolButton*> m_buttons;
    QToolButton* m_add;
};

} // namespace prism::app
