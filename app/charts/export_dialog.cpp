// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/charts/export_dialog.h"

#include "app/charts/chart_words.h"
#include "app/settings/window_settings.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>

namespace prism::app {

namespace {

/// "Picture (*.png)" asks for "png".
QString endingOf(const QString& filter)
{
    return filter.section(QStringLiteral("*."), 1, 1).section(QLatin1Char(')'), 0, 0);
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

} // namespace prism::app
