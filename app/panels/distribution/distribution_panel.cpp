// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/distribution/distribution_panel.h"

#include "app/charts/flow_layout.h"
#include "app/theme/run_palette.h"

#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QSaveFile>
#include <QStackedWidget>
#include <QSvgGenerator>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <QtConcurrentRun>

namespace prism::app {

namespace {

/// More lines than this cannot be told apart.
constexpr std::size_t mostPoints = 10;

QString text(const std::string& s)
{
    return QString::fromStdString(s);
}

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
    m_legend = new QWidget(this);
    new FlowLayout(m_legend, 4, 2);
    layout->addWidget(m_legend);
    layout->addWidget(m_stack, 1);
    auto* empty = new QLabel(
        tr("Select points in the chart or rows in the table to see how their requests spread."), this);
    empty->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    empty->setMargin(10);
    empty->setWordWrap(true);
    empty->setForegroundRole(QPalette::PlaceholderText);
    m_stack->addWidget(empty);
    m_stack->addWidget(m_plot);
    m_plot->setContextMenuPolicy(Qt::ActionsContextMenu);
    const auto addAction = [this](const QString& name, auto slot) {
        auto* action = new QAction(name, m_plot);
        connect(action, &QAction::triggered, this, slot);
        m_plot->addAction(action);
    };
    addAction(tr("Copy picture"), &DistributionPanel::copyPng);
    addAction(tr("Copy as CSV"), &DistributionPanel::copyCsv);
    addAction(tr("Save as…"), &DistributionPanel::chooseFile);
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
    layout->addWidget(m_metric);
    layout->addWidget(m_kind);
    layout->addWidget(m_logarithmic);
    layout->addWidget(m_summary, 1);
    connect(m_metric, &QComboBox::currentIndexChanged, this, &DistributionPanel::reload);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &DistributionPanel::reload);
    connect(m_logarithmic, &QCheckBox::toggled, this, &DistributionPanel::reload);
    return tools;
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
    std::vector<DistributionRequest> out;
    for (const Row row : rows) {
        const RunId run = table->run(row);
        const QString label = among.size() > 1
            ? runLabel(*table, run, among) + QStringLiteral(" · ") + loadLabel(*table, row)
            : loadLabel(*table, row);
        // Points of one run get colours of their own: here a line is a point, not a run.
        out.push_back({ table->point(row), label,
            among.size() > 1 ? RunPalette::of(*m_workspace).slot(run) : int(out.size()) });
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
        return readDistributions(database, points, *metric, log, stop);
    }).then(this, [this, request](std::vector<DistributionSeries> series) {
        if (request == m_request) {
            show(std::move(series));
        }
    });
}

void DistributionPanel::show(std::vector<DistributionSeries> series)
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
    m_summary->setText(parts.join(QStringLiteral(" · ")));
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
        entry->setText(s.of.label);
        entry->setToolTip(tr("Open the point in the inspector"));
        connect(
            entry, &QToolButton::clicked, this, [this, point = s.of.point] { m_workspace->inspect(point); });
        m_legend->layout()->addWidget(entry);
        entry->show();
    }
    m_legend->setVisible(!series.empty());
}

void DistributionPanel::copyPng()
{
    QGuiApplication::clipboard()->setPixmap(m_plot->grab());
}
void DistributionPanel::copyCsv()
{
    QGuiApplication::clipboard()->setText(m_plot->csv());
}

void DistributionPanel::chooseFile()
{
    auto* dialog = new QFileDialog(
        this, tr("Save the distribution"), {}, tr("Picture (*.png);;Drawing (*.svg);;Table (*.csv)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    connect(dialog, &QFileDialog::fileSelected, this, &DistributionPanel::saveAs);
    dialog->open();
}

void DistributionPanel::saveAs(const QString& file)
{
    if (file.endsWith(QLatin1String(".svg"), Qt::CaseInsensitive)) {
        QSvgGenerator svg;
        svg.setFileName(file);
        svg.setSize(m_plot->size());
        svg.setViewBox(m_plot->rect());
        svg.setTitle(m_plot->describe());
        QPainter painter(&svg);
        m_plot->scene()->render(&painter);
    } else if (file.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive)) {
        QSaveFile out(file);
        if (out.open(QIODevice::WriteOnly)) {
            out.write(m_plot->csv().toUtf8());
            out.commit();
        }
    } else {
        m_plot->grab().save(file);
    }
}

} // namespace prism::app
