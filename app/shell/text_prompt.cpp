// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/text_prompt.h"

#include <QInputDialog>

namespace prism::app {

void askText(QWidget* parent, const QString& title, const QString& label, const QString& text,
    const std::function<void(const QString&)>& accepted)
{
    auto* dialog = new QInputDialog(parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    dialog->setLabelText(label);
    dialog->setTextValue(text);
    dialog->setMinimumWidth(420);
    QObject::connect(dialog, &QInputDialog::textValueSelected, parent, accepted);
    dialog->open();
}

} // namespace prism::app
