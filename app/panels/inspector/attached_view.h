// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/panels/inspector/attached_data.h"
#include "core/analysis/repetitions.h"

#include <QTreeWidget>

class QMenu;

#include <vector>

namespace prism::app {

/// What belongs to the inspected point besides its own file: other files of its run, with what telemetry
/// recorded while the point was measured, and the other measurements of its load. Hidden while there is
/// nothing.
class AttachedView : public QTreeWidget {
    Q_OBJECT
public:
    explicit AttachedView(QWidget* parent = nullptr);

    void setContent(std::vector<AttachedFile> files, const Repetitions& repetitions, const QString& load);

Q_SIGNALS:
    void timelineRequested(prism::SourceId source);
    void seriesRequested(prism::SourceId source, const QString& name);
    /// The user's word on a file of the list: as what it belongs to the run, that it belongs to another or to
    /// none, that it is no encoding of the run's result.
    void roleRequested(prism::SourceId source, prism::RunId run, const QString& role);
    void otherRunRequested(prism::SourceId source, prism::RunId run);
    void detachRequested(prism::SourceId source, prism::RunId run);
    void ownResultRequested(prism::SourceId source);

public:
    /// Fills the menu of a file.
    void addActions(QMenu& menu, const LinkRecord& link);

protected:
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

private:
    void rebuild();
    void addFile(const AttachedFile& file);
    void addRepetitions();
    void openMenu(const QPoint& at);

    std::vector<AttachedFile> m_files;
    Repetitions m_repetitions;
    QString m_load;
};

} // namespace prism::app
