// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/panels/facets/facet_model.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QStackedWidget;
class QTreeView;

namespace prism::app {

/// The Facets dock: search, how much is shown, and the facets with their values.
class FacetPanel : public QWidget {
    Q_OBJECT
public:
    explicit FacetPanel(Workspace* workspace, QWidget* parent = nullptr);

    FacetModel& model() { return m_model; }
    QTreeView& view() { return *m_view; }
    QLineEdit* searchField() { return m_search; }

private:
    void showSummary();
    void expandKnown();
    bool eventFilter(QObject* watched, QEvent* event) override;

    Workspace* m_workspace;
    FacetModel m_model;
    QStackedWidget* m_stack;
    QLineEdit* m_search;
    QLabel* m_summary;
    QLabel* m_clear;
    QTreeView* m_view;
    QSet<QString> m_known; ///< facets that were seen before
    QSet<QString> m_closed; ///< facets that the user closed or that start so
    bool m_expanding = false;
};

} // namespace prism::app
