// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/facts.h"

#include <QWidget>

QT_BEGIN_NAMESPACE
class QCheckBox;
class QLabel;
QT_END_NAMESPACE

namespace prism::app {

/// One tier of the attach dialog: its switch, what it gives, what it costs, or why it is not possible and
/// what would change that.
class TierRow : public QWidget {
    Q_OBJECT
public:
    explicit TierRow(int tier, QWidget* parent = nullptr);

    int tier() const { return m_tier; }
    void setChoice(const live::TierChoice& choice);
    /// A share of one core, and where the number is from ("measured 26 Nov"); none: measured once attached.
    void setCost(std::optional<double> cores, const QString& origin);
    bool isChosen() const;
    QCheckBox& box() { return *m_box; }
    QString explanation() const; ///< why not and what would change it; empty where it is possible

Q_SIGNALS:
    void toggled();

private:
    int m_tier;
    QCheckBox* m_box;
    QLabel* m_what;
    QLabel* m_why;
    QLabel* m_remedy;
    QLabel* m_cost;
    QLabel* m_origin;
};

} // namespace prism::app
