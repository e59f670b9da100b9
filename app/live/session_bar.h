// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/live/live_troubles.h"

#include <QWidget>

QT_BEGIN_NAMESPACE
class QCheckBox;
class QLabel;
class QToolButton;
QT_END_NAMESPACE

namespace prism::app {

/// Short name of an engine ("vLLM"), and its icon's name, from the helper's word for it.
QString engineName(const std::string& engine);
QString engineIcon(const std::string& engine);

/// What is observed, by which tiers, at what measured cost and with what loss; always in sight.
class SessionBar : public QWidget {
    Q_OBJECT
public:
    explicit SessionBar(QWidget* parent = nullptr);

    void showSession(const live::Status& status, const live::Target* target, bool detaching,
        const LiveTroubles::Shown& troubles = {});

    QToolButton& recordButton() { return *m_record; }
    QToolButton& saveButton() { return *m_save; }
    QToolButton& detachButton() { return *m_detach; }
    QCheckBox* tierBox(int tier) const; ///< null for one that the target does not know
    QString lossText() const; ///< empty where it does not apply
    QString lossToolTip() const;
    QString costText() const;

Q_SIGNALS:
    void tierToggled(int tier, bool on);
    void recordToggled(bool on);
    void saveRequested();
    void detachRequested();
    void attachRequested();

private:
    void applyTheme();
    static QString metricsText(const live::Target& target);
    void showTiers(const live::Target& target, bool live, const LiveTroubles::Shown& troubles);
    void showCost(const live::Status& status, const LiveTroubles::Shown& troubles);
    void showLoss(const live::Status& status);

    QLabel* m_icon;
    QLabel* m_engine;
    QLabel* m_model;
    QLabel* m_place;
    QWidget* m_tiers;
    std::vector<QCheckBox*> m_boxes;
    QLabel* m_cost;
    QWidget* m_lossLine; ///< before m_loss
    QLabel* m_loss;
    QToolButton* m_record;
    QToolButton* m_save;
    QToolButton* m_detach;
    std::string m_engineShown;
    bool m_attached = false;
    bool m_lossy = false;
};

} // namespace prism::app
