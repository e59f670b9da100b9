// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/export_dialog.h"

#include "app/charts/chart_words.h"
#include "app/settings/window_settings.h"
#include "app/theme/theme.h"

#include <QBuffer>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMessageBox>
#include <QPainter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QToolButton>

#include <algorithm>

namespace prism::app {

namespace {

/// "Picture (*.png)" asks for "png".
QString endingOf(const QString& filter)
{
    return filter.section(QStringLiteral("*."), 1, 1).section(QLatin1Char(')'), 0, 0);
}

/// Without the control characters that no XML may hold, not even escaped: the generator writes them as they
/// are, and no program reads such a drawing.
QByteArray xmlBytes(QByteArray xml)
{
    const auto forbidden
        = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r'; };
    xml.erase(std::remove_if(xml.begin(), xml.end(), forbidden), xml.end());
    return xml;
}

} // namespace

QFileDialog* askExportFile(QWidget* parent, const QString& title, const QString& name,
    const std::function<QString(const QString& file)>& write)
{
    auto* dialog = new QFileDialog(parent, title, WindowSettings().folder(),
        ChartWords::tr("Picture (*.png);;Drawing (*.svg);;Table (*.csv)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(endingOf(dialog->selectedNameFilter()));
    QString file = name;
    dialog->selectFile(file.replace(QLatin1Char('/'), QLatin1Char('-')));
    QObject::connect(dialog, &QFileDialog::filterSelected, dialog,
        [dialog](const QString& filter) { dialog->setDefaultSuffix(endingOf(filter)); });
    QObject::connect(
        dialog, &QFileDialog::fileSelected, parent, [parent, title, write](const QString& chosen) {
            WindowSettings().setFolder(QFileInfo(chosen).absolutePath());
            if (const QString problem = write(chosen); !problem.isEmpty()) {
                QMessageBox::warning(parent, title, problem);
            }
        });
    dialog->open();
    return dialog;
}

QString writeExport(const QString& file, const ExportForms& forms)
{
    QByteArray bytes;
    if (file.endsWith(QLatin1String(".svg"), Qt::CaseInsensitive)) {
        bytes = forms.svg();
    } else if (file.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive)) {
        bytes = forms.csv().toUtf8();
    } else if (file.endsWith(QLatin1String(".png"), Qt::CaseInsensitive)) {
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        forms.picture().save(&buffer, "PNG");
    } else {
        return ChartWords::tr("%1 has none of the endings .png, .svg and .csv. Choose one of them.")
            .arg(file);
    }
    QSaveFile out(file);
    if (!out.open(QIODevice::WriteOnly) || out.write(bytes) != bytes.size() || !out.commit()) {
        return ChartWords::tr("%1 could not be written: %2. Choose another place.")
            .arg(file, out.errorString());
    }
    return {};
}

QByteArray svgOf(const QSize& size, const QString& title, const QString& description,
    const std::function<void(QPainter& painter)>& paint)
{
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator svg;
    svg.setOutputDevice(&buffer);
    svg.setSize(size);
    svg.setViewBox(QRect(QPoint(), size));
    svg.setTitle(title);
    svg.setDescription(description);
    QPainter painter(&svg);
    paint(painter);
    painter.end();
    return xmlBytes(buffer.data());
}

QToolButton* makeExportButton(QWidget* parent, const QString& toolTip, QMenu* menu)
{
    auto* button = new QToolButton(parent);
    button->setAutoRaise(true);
    button->setToolTip(toolTip);
    button->setAccessibleName(toolTip);
    button->setPopupMode(QToolButton::InstantPopup);
    const auto showIcon = [button] { button->setIcon(Theme::current().icon(QStringLiteral("export"))); };
    QObject::connect(&Theme::current(), &Theme::changed, button, showIcon);
    showIcon();
    menu->setParent(button, menu->windowFlags());
    button->setMenu(menu);
    return button;
}

} // namespace prism::app
