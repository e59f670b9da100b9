// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/inspector/attached_view.h"

#include "app/panels/series/series_data.h"
#include "app/theme/theme.h"
#include "core/model/metric.h"

#include <QFileInfo>
#include <QHeaderView>
#include <QMenu>
#include <QPainter>
#include <QPixmap>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace prism::app {

namespace {

enum Column { Name, Range, Course, ColumnCount };
constexpr int sourceRole = Qt::UserRole; ///< of the row of a timeline or of a series
constexpr int seriesRole = Qt::UserRole + 1; ///< name, of the row of a series
constexpr int fileRole = Qt::UserRole + 2; ///< its place in the list, of the row of a file
constexpr QSize sparkline { 86, 16 };
constexpr int mostRows = 9; ///< before it scrolls

QString qs(const std::string& text)
{
    return QString::fromStdString(text);
}

/// Lowest and highest of each pixel, so that no peak is lost.
QPixmap courseOf(const AttachedFile::Series& series, qreal ratio)
{
    QPixmap pixmap(sparkline * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setPen(Theme::current().tokens().muted);
    const TimeSeries drawn = withGaps(series.samples);
    const std::vector<double>& at = drawn.seconds;
    const double from = at.front();
    const double span = std::max(at.back() - from, 1e-9);
    const double range = std::max(series.highest - series.lowest, 1e-12);
    const int height = sparkline.height() - 3;
    QPointF last;
    bool joined = false;
    for (std::size_t i = 0; i < at.size(); ++i) {
        const double value = drawn.values[i];
        const QPointF point((at[i] - from) / span * (sparkline.width() - 2) + 1,
            1 + (1 - (value - series.lowest) / range) * height);
        if (!std::isfinite(value)) {
            joined = false; // a gap stays one
            continue;
        }
        joined ? painter.drawLine(last, point) : painter.drawPoint(point);
        last = point;
        joined = true;
    }
    return pixmap;
}

QString roleText(const LinkRecord& link)
{
    const std::string& role = link.text.role;
    return role == "twin"     ? AttachedView::tr("the same result")
        : role == "part"      ? AttachedView::tr("a part of the result")
        : role == "telemetry" ? AttachedView::tr("telemetry")
        : role == "timeline"  ? AttachedView::tr("timeline")
                              : AttachedView::tr("configuration");
}

} // namespace

AttachedView::AttachedView(QWidget* parent)
    : QTreeWidget(parent)
{
    setAccessibleName(tr("What belongs to the run"));
    setColumnCount(ColumnCount);
    setHeaderLabels({ tr("With this run"), tr("Lowest to highest"), tr("Course") });
    setFrameShape(QFrame::NoFrame);
    setAlternatingRowColors(true);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum); // scrolls where there is little room
    setIconSize(sparkline);
    header()->setStretchLastSection(false);
    header()->setSectionResizeMode(Name, QHeaderView::Stretch);
    header()->setSectionResizeMode(Range, QHeaderView::ResizeToContents);
    header()->setSectionResizeMode(Course, QHeaderView::ResizeToContents);
    connect(&Theme::current(), &Theme::changed, this, &AttachedView::rebuild);
    connect(this, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem* item) {
        const QVariant source = item->data(Name, sourceRole);
        const QVariant series = item->data(Name, seriesRole);
        if (series.isValid()) {
            Q_EMIT seriesRequested(source.toLongLong(), series.toString());
        } else if (source.isValid()) {
            Q_EMIT timelineRequested(source.toLongLong());
        }
    });
    for (const auto signal : { &QTreeWidget::itemExpanded, &QTreeWidget::itemCollapsed }) {
        connect(this, signal, this, [this] { updateGeometry(); });
    }
    setContextMenuPolicy(Qt::CustomContextMenu);
    connect(this, &QWidget::customContextMenuRequested, this, &AttachedView::openMenu);
    hide();
}

void AttachedView::openMenu(const QPoint& at)
{
    const QTreeWidgetItem* item = itemAt(at);
    item = item && item->parent() ? item->parent() : item;
    const QVariant file = item ? item->data(Name, fileRole) : QVariant();
    if (!file.isValid()) {
        return;
    }
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    addActions(*menu, m_files[file.toUInt()].link);
    menu->popup(viewport()->mapToGlobal(at));
}

void AttachedView::addActions(QMenu& menu, const LinkRecord& link)
{
    const SourceId source = link.source.id;
    if (link.text.role == "twin") {
        menu.addAction(
            tr("A result of its own"), this, [this, source] { Q_EMIT ownResultRequested(source); });
        return;
    }
    QMenu* as = menu.addMenu(tr("Belongs to the run as"));
    const std::tuple<QString, QString, bool> roles[]
        = { { QStringLiteral("sidecar"), tr("Configuration"), true },
              { QStringLiteral("telemetry"), tr("Telemetry"), link.series },
              { QStringLiteral("timeline"), tr("Timeline"), link.timeline } };
    for (const auto& [role, title, can] : roles) {
        QAction* action = as->addAction(title, this,
            [this, source, run = link.run, name = role] { Q_EMIT roleRequested(source, run, name); });
        action->setCheckable(true);
        action->setChecked(role == qs(link.text.role));
        action->setEnabled(can);
    }
    menu.addAction(
        tr("Belongs to another run…"), this, [=, this] { Q_EMIT otherRunRequested(source, link.run); });
    menu.addAction(tr("Take off this run"), this, [=, this] { Q_EMIT detachRequested(source, link.run); });
}

void AttachedView::setContent(
    std::vector<AttachedFile> files, const Repetitions& repetitions, const QString& load)
{
    m_files = std::move(files);
    // What there is to see stands before what only lies with the run.
    std::stable_partition(m_files.begin(), m_files.end(),
        [](const AttachedFile& file) { return !file.series.empty() || file.link.timeline; });
    m_repetitions = repetitions;
    m_load = load;
    rebuild();
}

void AttachedView::rebuild()
{
    clear();
    const bool any = std::any_of(
        m_files.begin(), m_files.end(), [](const AttachedFile& file) { return !file.series.empty(); });
    setColumnHidden(Range, !any && m_repetitions.rows.size() < 2);
    setColumnHidden(Course, !any);
    addRepetitions();
    for (const AttachedFile& file : m_files) {
        addFile(file);
    }
    expandAll();
    setVisible(topLevelItemCount() > 0);
    updateGeometry();
}

void AttachedView::addRepetitions()
{
    if (m_repetitions.rows.size() < 2) {
        return;
    }
    auto* head = new QTreeWidgetItem(
        this, { tr("Measured %n times at %1", nullptr, int(m_repetitions.rows.size())).arg(m_load) });
    head->setToolTip(Name,
        tr("Points of this run with the same load. Nothing is averaged: a mean of percentiles is no "
           "percentile."));
    head->setFirstColumnSpanned(true);
    for (const Repetitions::Spread& spread : m_repetitions.spreads) {
        const Unit unit = unitOf(*spread.metric, spread.stat);
        auto* row = new QTreeWidgetItem(head,
            { qs(title(*spread.metric, spread.stat)),
                tr("%1 to %2")
                    .arg(qs(formatNumber(spread.lowest, unit, NumberStyle::Reading)),
                        qs(formatNumber(spread.highest, unit, NumberStyle::Reading))) });
        row->setTextAlignment(Range, Qt::AlignRight | Qt::AlignVCenter);
    }
}

void AttachedView::addFile(const AttachedFile& file)
{
    const QString path = qs(file.link.source.path);
    // Files of one name are told apart by their folders.
    const QString fileName = QFileInfo(path).fileName();
    const auto alike = std::count_if(m_files.begin(), m_files.end(), [&](const AttachedFile& other) {
        return QFileInfo(qs(other.link.source.path)).fileName() == fileName;
    });
    const QString name = alike > 1 ? path.section(QLatin1Char('/'), -2) : fileName;
    // What the user said is marked as his word.
    const QString users = file.link.text.byUser ? QStringLiteral("✎ ") : QString();
    auto* head = new QTreeWidgetItem(this, { users + name + QStringLiteral(" · ") + roleText(file.link) });
    QString why = qs(file.link.text.why);
    if (!file.series.empty()) {
        why += file.cut ? QLatin1Char('\n') + tr("Shown is the time of this point.")
                        : QLatin1Char('\n')
                + tr("The whole record is shown, for the times of the two cannot be compared.");
    }
    if (file.link.timeline) {
        head->setData(Name, sourceRole, qlonglong(file.link.source.id));
        why += QLatin1Char('\n') + tr("Enter or a double click opens it.");
    }
    head->setData(Name, fileRole, uint(&file - m_files.data()));
    head->setToolTip(Name, path + QLatin1Char('\n') + why);
    head->setFirstColumnSpanned(true);
    for (const AttachedFile::Series& series : file.series) {
        auto* row = new QTreeWidgetItem(head,
            { seriesName(series.samples),
                tr("%1 to %2")
                    .arg(seriesValue(series.lowest, series.samples.unit),
                        seriesValue(series.highest, series.samples.unit)) });
        row->setTextAlignment(Range, Qt::AlignRight | Qt::AlignVCenter);
        row->setIcon(Course, courseOf(series, devicePixelRatioF()));
        row->setData(Name, sourceRole, qlonglong(file.link.source.id));
        row->setData(Name, seriesRole, qs(series.samples.name));
        const QString origin = tr("%n sample(s) of %1, %2", nullptr, int(series.count))
                                   .arg(QFileInfo(path).fileName(), qs(series.samples.path));
        for (int column = 0; column < ColumnCount; ++column) {
            row->setToolTip(column,
                row->text(Name) + QLatin1Char('\n') + origin + QLatin1Char('\n')
                    + tr("Enter or a double click draws it over the time of the run."));
        }
    }
}

QSize AttachedView::minimumSizeHint() const
{
    return { 120, header()->sizeHint().height() + 3 * sizeHintForRow(0) + 2 };
}

QSize AttachedView::sizeHint() const
{
    int rows = 0;
    for (int i = 0; i < topLevelItemCount(); ++i) {
        rows += 1 + (topLevelItem(i)->isExpanded() ? topLevelItem(i)->childCount() : 0);
    }
    return { 200,
        header()->sizeHint().height() + std::min(rows, mostRows) * std::max(1, sizeHintForRow(0)) + 2 };
}

} // namespace prism::app
