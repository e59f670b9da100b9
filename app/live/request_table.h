// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/live/live_stages.h"
#include "app/live/request_table_model.h"

#include <QWidget>

#include <optional>

QT_BEGIN_NAMESPACE
class QCheckBox;
class QLabel;
class QLineEdit;
class QTableView;
QT_END_NAMESPACE

namespace prism::app {

/// How widgets fill a stage.
QBrush stageBrush(const StageStyle& style);

/// Paints a request's stages over the length of its cell, each request on its own time.
void paintStages(QPainter& painter, const QRect& rect, const live::Request& request,
    const std::vector<StageStyle>& styles, Milliseconds gapLimit, Nanoseconds now);

/// The table below the timeline with its row of tools. Selection is by request, so that it stays while rows
/// come and go.
class RequestTable : public QWidget {
    Q_OBJECT
public:
    explicit RequestTable(QWidget* parent = nullptr);

    RequestTableModel& model() { return m_model; }
    QTableView& view() { return *m_view; }
    QLineEdit& findField() { return *m_find; }
    QCheckBox& brokenOnly() { return *m_brokenOnly; }
    /// Lists the requests of a stretch again, and keeps what is selected.
    void showRequests(const TimeRange& range, Nanoseconds now, std::optional<std::uint64_t> inSession);
    void setStages(std::vector<StageStyle> styles, Milliseconds gapLimit);
    /// Selects a request if it is listed, without telling anyone.
    void select(live::RequestId id);

Q_SIGNALS:
    void chosen(prism::live::RequestId id);
    void activated(prism::live::RequestId id);

private:
    QWidget* makeTools();
    void makeView();
    void copySelection() const;
    struct Anchor {
        live::RequestId request;
        int y; ///< in the viewport
    };
    std::optional<Anchor> anchored() const;
    void restore(const std::optional<Anchor>& anchor);

    RequestTableModel m_model;
    QTableView* m_view;
    QLabel* m_counts = nullptr;
    QCheckBox* m_brokenOnly = nullptr;
    QLineEdit* m_find = nullptr;
    live::RequestId m_selected = 0;
    bool m_following = false; ///< the selection is moved by program
    class StagesDelegate;
    StagesDelegate* m_delegate = nullptr;
};

} // namespace prism::app
