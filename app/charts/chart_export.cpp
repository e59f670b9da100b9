// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/chart_cards.h"
#include "app/charts/chart_panel.h"
#include "app/charts/chart_table.h"
#include "app/charts/export_dialog.h"

#include <QClipboard>
#include <QDialog>
#include <QDialogButtonBox>
#include <QGuiApplication>
#include <QHeaderView>
#include <QMenu>
#include <QMimeData>
#include <QPainter>
#include <QPushButton>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

// How a chart leaves the window: pictures, text, and the table that says the same.

namespace prism::app {

void ChartPanel::renderCanvas(QPainter* painter)
{
    hover(std::nullopt);
    m_view->setCached(false);
    m_canvas->render(painter, QPoint(), QRegion(), QWidget::DrawWindowBackground | QWidget::DrawChildren);
    m_view->setCached(true);
}

QImage ChartPanel::image()
{
    constexpr qreal ratio = 2;
    QImage image(m_canvas->size() * ratio, QImage::Format_ARGB32_Premultiplied);
    image.setDevicePixelRatio(ratio);
    image.fill(palette().color(QPalette::Base));
    QPainter painter(&image);
    renderCanvas(&painter);
    return image;
}

QByteArray ChartPanel::svg()
{
    return svgOf(m_canvas->size(), m_chart ? chartTitle(m_chart->spec) : QString(), describe(),
        [this](QPainter& painter) { renderCanvas(&painter); });
}

QString ChartPanel::csv() const
{
    return m_chart ? ChartTable(m_chart).csv() : QString();
}

QString ChartPanel::exportTo(const QString& file)
{
    return writeExport(
        file, { [this] { return image(); }, [this] { return svg(); }, [this] { return csv(); } });
}

void ChartPanel::chooseExport()
{
    if (m_chart) {
        askExportFile(this, tr("Export the chart"), chartTitle(m_chart->spec),
            [this](const QString& file) { return exportTo(file); });
    }
}

void ChartPanel::copyImage()
{
    auto* mime = new QMimeData;
    mime->setImageData(image());
    mime->setData(QStringLiteral("image/svg+xml"), svg());
    QGuiApplication::clipboard()->setMimeData(mime);
}

void ChartPanel::copyCsv()
{
    QGuiApplication::clipboard()->setText(csv());
}

void ChartPanel::openExportMenu(QToolButton* button)
{
    QMenu menu(this);
    menu.addAction(tr("Copy as picture"), this, &ChartPanel::copyImage);
    menu.addAction(tr("Copy as CSV"), this, &ChartPanel::copyCsv);
    menu.addAction(tr("Export…"), this, &ChartPanel::chooseExport);
    menu.setEnabled(m_chart != nullptr);
    menu.exec(button->mapToGlobal(QPoint(0, button->height())));
}

void ChartPanel::showTable()
{
    if (!m_chart) {
        return;
    }
    auto* dialog = new QDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(chartTitle(m_chart->spec));
    auto* table = new QTableView(dialog);
    table->setModel(new ChartTable(m_chart, table));
    table->setAlternatingRowColors(true);
    table->setAccessibleName(describe());
    table->verticalHeader()->setDefaultSectionSize(22);
    table->setWordWrap(false);
    table->setTextElideMode(Qt::ElideMiddle); // what tells two names apart is often at the end
    table->horizontalHeader()->setResizeContentsPrecision(200);
    table->resizeColumnsToContents();
    // Names may be cut, their tool tips are not; numbers stand whole and in sight.
    for (int column = 0; column < table->model()->columnCount(); ++column) {
        table->setColumnWidth(column, std::min(table->columnWidth(column), 360));
    }
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, dialog);
    auto* copy = buttons->addButton(tr("Copy as CSV"), QDialogButtonBox::ActionRole);
    auto* column = new QVBoxLayout(dialog);
    column->setContentsMargins(14, 14, 14, 14);
    column->addWidget(table);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    connect(copy, &QPushButton::clicked, this, &ChartPanel::copyCsv);
    dialog->resize(940, 520);
    dialog->show();
}

} // namespace prism::app
