// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/distribution/distribution_panel.h"

#include "app/charts/export_dialog.h"
#include "app/jobs/caught.h"
#include "app/theme/button_text.h"
#include "app/theme/run_palette.h"
#include "app/theme/theme.h"

#include <QAbstractTableModel>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QStackedWidget>
#include <QTableView>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <QtConcurrentRun>

namespace prism::app {

namespace {

/// More lines than this cannot be told apart.
constexpr std::size_t mostPoints = 10;
constexpr int legendWidth = 230;

QString text(const std::string& s)
{
    return QString::fromStdString(s);
}

/// Cells as they are, the first row as the header.
class RowsModel : public QAbstractTableModel {
public:
    RowsModel(QList<QStringList> rows, QObject* parent)
        : QAbstractTableModel(parent)
        , m_rows(std::move(rows))
    {
    }
    int rowCount(const QModelIndex& parent) const override
    {
        return parent.isValid() ? 0 : int(m_rows.size()) - 1;
    }
    int columnCount(const QModelIndex& parent) const override
    {
        return parent.isValid() ? 0 : int(m_rows.first().size());
    }
    QVariant data(const QModelIndex& index, int role) const override
    {
        if (role == Qt::TextAlignmentRole) {
            return int((index.column() > 0 ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
        }
        return role == Qt::DisplayRole ? QVariant(m_rows[index.row() + 1][index.column()]) : QVariant();
    }
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override
    {
        return role != Qt::DisplayRole      ? QVariant()
            : orientation == Qt::Horizontal ? QVariant(m_rows.first()[section])
                                            : QVariant(section + 1);
    }

private:
    QList<QStringList> m_rows;
};

} // namespace

DistributionPanel::DistributionPanel(Workspace* workspace, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_stack(new QStackedWidget(this))
    , m_plot(new DistributionPlot(this))
    , m_later(new QTimer(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 4, 4, 4);
    layout->setSpacing(4);
    layout->addWidget(makeTools());
    m_picture = new QWidget(this);
    auto* picture = new QHBoxLayout(m_picture);
    picture->setContentsMargins(0, 0, 0, 0);
    picture->setSpacing(4);
    picture->addWidget(m_stack, 1);
    // Beside the plot: above it, ten names would leave no height to a panel at the window's bottom.
    m_legend = new QWidget(m_picture);
    auto* entries = new QVBoxLayout(m_legend);
    entries->setContentsMargins(0, 4, 4, 0);
    entries->setSpacing(0);
    entries->setAlignment(Qt::AlignTop);
    picture->addWidget(m_legend);
    layout->addWidget(m_picture, 1);
    auto* empty = new QLabel(
        tr("Select points in the chart or rows in the table to see how their requests spread."), this);
    empty->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    empty->setMargin(10);
    empty->setWordWrap(true);
    empty->setForegroundRole(QPalette::PlaceholderText);
    m_stack->addWidget(empty);
    m_stack->addWidget(m_plot);
    m_later->setSingleShot(true);
    m_later->setInterval(60);
    connect(m_later, &QTimer::timeout, this, &DistributionPanel::reload);
    connect(workspace, &Workspace::selectionChanged, m_later, qOverload<>(&QTimer::start));
    connect(workspace, &Workspace::tableChanged, m_later, qOverload<>(&QTimer::start));
}

DistributionPanel::~DistributionPanel()
{
    if (m_stop) {
        *m_stop = true;
    }
}

QWidget* DistributionPanel::makeTools()
{
    auto* tools = new QWidget(this);
    auto* layout = new QHBoxLayout(tools);
    layout->setContentsMargins(4, 0, 4, 0);
    layout->setSpacing(6);
    m_metric = new QComboBox(tools);
    m_metric->setAccessibleName(tr("Metric of the distribution"));
    for (const Metric* metric : distributionMetrics()) {
        m_metric->addItem(text(metric->name), text(metric->id));
        m_metric->setItemData(m_metric->count() - 1, text(metric->summary), Qt::ToolTipRole);
    }
    m_kind = new QComboBox(tools);
    m_kind->setAccessibleName(tr("Kind of picture"));
    m_kind->addItem(tr("Distribution function"), int(DistributionPlot::Kind::Cdf));
    m_kind->addItem(tr("Histogram"), int(DistributionPlot::Kind::Histogram));
    m_logarithmic = new QCheckBox(tr("log"), tools);
    m_summary = new QLabel(tools);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setForegroundRole(QPalette::PlaceholderText);
    m_summary->setSizePolicy(
        QSizePolicy::Ignored, QSizePolicy::Preferred); // a sentence must not widen the window
    layout->addWidget(m_metric);
    layout->addWidget(m_kind);
    layout->addWidget(m_logarithmic);
    layout->addWidget(m_summary, 1);
    layout->addWidget(makeExportButton(tools, tr("Table, copy or export"), makeExportMenu()));
    connect(m_metric, &QComboBox::currentIndexChanged, this, &DistributionPanel::reload);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &DistributionPanel::reload);
    connect(m_logarithmic, &QCheckBox::toggled, this, &DistributionPanel::reload);
    return tools;
}

QMenu* DistributionPanel::makeExportMenu()
{
    auto* menu = new QMenu(this);
    menu->addAction(tr("Show as table"), this, &DistributionPanel::showTable);
    menu->addAction(tr("Copy as picture"), this, &DistributionPanel::copyPng);
    menu->addAction(tr("Copy as CSV"), this, &DistributionPanel::copyCsv);
    menu->addAction(tr("Export…"), this, &DistributionPanel::chooseFile);
    m_plot->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_plot, &QWidget::customContextMenuRequested, menu,
        [this, menu](const QPoint& at) { menu->popup(m_plot->mapToGlobal(at)); });
    return menu;
}

std::vector<DistributionRequest> DistributionPanel::requests() const
{
    const auto table = m_workspace->table();
    std::vector<RunId> among;
    std::vector<Row> rows;
    for (const PointId point : m_workspace->selectedPoints()) {
        if (const auto row = table->rowOf(point); row && rows.size() < mostPoints) {
            rows.push_back(*row);
            if (std::find(among.begin(), among.end(), table->run(*row)) == among.end()) {
                among.push_back(table->run(*row));
            }
        }
    }
    const RunLabels labels(*table, among);
    std::vector<DistributionRequest> out;
    for (const Row row : rows) {
        const RunId run = table->run(row);
        const QString label = among.size() > 1
            ? labels.of(run) + QStringLiteral(" · ") + loadLabel(*table, row)
            : loadLabel(*table, row);
        // Where a run has several points each gets a colour of its own: here a line is a point, not a run.
        out.push_back({ table->point(row), label,
            among.size() == rows.size() ? RunPalette::of(*m_workspace).slot(run) : int(out.size()) });
    }
    return out;
}

void DistributionPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    reload();
}

void DistributionPanel::reload()
{
    if (!isVisible()) {
        return;
    }
    if (m_stop) {
        *m_stop = true;
    }
    m_stop = std::make_shared<std::atomic<bool>>(false);
    const int request = ++m_request;
    const Metric* metric = findMetric(m_metric->currentData().toString().toStdString());
    QtConcurrent::run([database = m_workspace->database(), points = requests(), metric,
                          log = m_logarithmic->isChecked(), stop = m_stop] {
        return caught([&] {
            return Result<std::vector<DistributionSeries>>(
                readDistributions(database, points, *metric, log, stop));
        });
    }).then(this, [this, request](Result<std::vector<DistributionSeries>> series) {
        if (request == m_request) {
            show(series ? std::move(*series) : std::vector<DistributionSeries>(),
                series ? QString() : QString::fromStdString(series.error().text()));
        }
    });
}

void DistributionPanel::show(std::vector<DistributionSeries> series, const QString& problem)
{
    const std::size_t selected = m_workspace->selectedPoints().size();
    std::size_t stated = 0;
    std::size_t nothing = 0;
    std::uint32_t outside = 0;
    for (const DistributionSeries& s : series) {
        stated += !s.fromRequests() && !s.knots.empty() ? 1 : 0;
        nothing += !s.fromRequests() && s.knots.empty() ? 1 : 0;
        outside += s.histogram.outside;
    }
    QStringList parts;
    if (selected > series.size()) {
        parts << tr("%1 of %2 selected points shown").arg(series.size()).arg(selected);
    }
    if (stated > 0) {
        parts << tr(
            "%n point(s) without requests: percentiles as the file states them", nullptr, int(stated));
    }
    if (nothing > 0) {
        parts << tr("%n point(s) without this metric", nullptr, int(nothing));
    }
    if (outside > 0) {
        parts << tr("%n sample(s) not above zero", nullptr, int(outside));
    }
    m_summary->setText(problem.isEmpty() ? parts.join(QStringLiteral(" · ")) : problem);
    m_summary->setToolTip(m_summary->text());
    m_stack->setCurrentIndex(series.empty() ? 0 : 1);
    showLegend(series);
    m_plot->setContent(std::move(series), findMetric(m_metric->currentData().toString().toStdString()),
        DistributionPlot::Kind(m_kind->currentData().toInt()), m_logarithmic->isChecked());
    Q_EMIT loaded();
}

void DistributionPanel::showLegend(const std::vector<DistributionSeries>& series)
{
    qDeleteAll(m_legend->findChildren<QWidget*>(Qt::FindDirectChildrenOnly));
    for (const DistributionSeries& s : series) {
        auto* entry = new QToolButton(m_legend);
        entry->setAutoRaise(true);
        entry->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        entry->setIcon(QIcon(markerPixmap(s.of.slot, 12, devicePixelRatioF())));
        entry->setFont(Theme::secondary(font()));
        entry->setText(buttonText(entry->fontMetrics().elidedText(s.of.label, Qt::ElideMiddle, legendWidth)));
        entry->setAccessibleName(s.of.label);
        entry->setToolTip(tr("%1\nOpen the point in the inspector").arg(s.of.label));
        entry->setFixedHeight(std::max(18, entry->fontMetrics().height() + 2));
        connect(
            entry, &QToolButton::clicked, this, [this, point = s.of.point] { m_workspace->inspect(point); });
        m_legend->layout()->addWidget(entry);
        entry->show();
    }
    m_legend->setVisible(!series.empty());
}

QPixmap DistributionPanel::picture()
{
    return m_picture->grab();
}

void DistributionPanel::copyPng()
{
    QGuiApplication::clipboard()->setPixmap(picture());
}

void DistributionPanel::copyCsv()
{
    QGuiApplication::clipboard()->setText(m_plot->csv());
}

void DistributionPanel::chooseFile()
{
    askExportFile(this, tr("Save the distribution"), tr("Distribution of %1").arg(m_metric->currentText()),
        [this](const QString& file) { return saveAs(file); });
}

QString DistributionPanel::saveAs(const QString& file)
{
    const auto svg = [this] {
        return svgOf(m_picture->size(), m_plot->describe(), {},
            [this](QPainter& painter) { m_picture->render(&painter); });
    };
    return writeExport(
        file, { [this] { return picture().toImage(); }, svg, [this] { return m_plot->csv(); } });
}

void DistributionPanel::showTable()
{
    auto* dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(m_plot->describe());
    auto* table = new QTableView(dialog);
    table->setModel(new RowsModel(m_plot->rows(), table));
    table->setAlternatingRowColors(true);
    table->setAccessibleName(m_plot->describe());
    table->resizeColumnsToContents();
    auto* layout = new QVBoxLayout(dialog);
    layout->setContentsMargins(14, 14, 14, 14);
    layout->addWidget(table);
    dialog->resize(620, 460);
    dialog->show();
}

} // namespace prism::app
