// SPDX-License-Identifier: GPL-3.0-or-later
// Saving in the mapping window, and what it asks before something is lost.
#include "app/mapping/mapping_window.h"

#include "app/shell/text_prompt.h"
#include "core/mapping/saved_mappings.h"

#include <QCloseEvent>
#include <QDataStream>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSplitter>

namespace prism::app {

void MappingWindow::chooseFile()
{
    auto* dialog = new QFileDialog(this, tr("Choose a file to look at"), QFileInfo(m_file).absolutePath());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        begin(file);
        look(false);
    });
    dialog->open();
}

QString MappingWindow::save(const std::string& name, bool replace)
{
    const auto written = saveMapping(m_draft.named(name), replace);
    if (!written) {
        return sentence(written.error());
    }
    m_savedName = name;
    m_name->setText(qs(name));
    m_name->setReadOnly(true);
    m_draft.setSaved();
    showState();
    Q_EMIT saved(qs(name));
    return {};
}

void MappingWindow::sayProblem(const QString& title, const QString& text)
{
    auto* box = new QMessageBox(QMessageBox::Warning, title, text, QMessageBox::Ok, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    box->open();
}

void MappingWindow::saveOrAsk(std::function<void()> then)
{
    const std::string name = m_name->text().toStdString();
    const auto write = [this, name, then = std::move(then)](bool replace) {
        const QString problem = save(name, replace);
        if (!problem.isEmpty()) {
            sayProblem(tr("The mapping is not saved"), problem);
        } else if (then) {
            then();
        }
    };
    if (name == m_savedName || !isSavedMapping(name)) {
        write(name == m_savedName);
        return;
    }
    auto* ask = new QMessageBox(QMessageBox::Question, tr("Replace the mapping?"),
        tr("There is a mapping %1. Replacing it changes how the next files of its shape are read; what was "
           "imported stays as it is.")
            .arg(qs(name)),
        QMessageBox::NoButton, this);
    ask->setAttribute(Qt::WA_DeleteOnClose);
    ask->setTextFormat(Qt::PlainText);
    ask->addButton(tr("Keep it"), QMessageBox::RejectRole);
    QPushButton* replace = ask->addButton(tr("Replace"), QMessageBox::AcceptRole);
    connect(replace, &QAbstractButton::clicked, this, [write] { write(true); });
    ask->open();
}

void MappingWindow::saveAs(std::function<void()> then)
{
    askText(this, tr("Save the mapping as"), tr("Name, of small letters, digits, - and _:"),
        qs(freeMappingName(m_name->text().toStdString())),
        [this, then = std::move(then)](const QString& text) {
            m_name->setText(qs(mappingName(text.trimmed().toStdString())));
            saveOrAsk(then);
        });
}

void MappingWindow::importNow()
{
    saveOrAsk([this] {
        Q_EMIT importRequested(m_file, qs(m_savedName));
        accept();
    });
}

void MappingWindow::reject()
{
    if (!m_draft.isDirty()) {
        QDialog::reject();
        return;
    }
    auto* ask = new QMessageBox(QMessageBox::Question, tr("Save the mapping?"),
        tr("The mapping has changes that are not saved."), QMessageBox::NoButton, this);
    ask->setAttribute(Qt::WA_DeleteOnClose);
    ask->setTextFormat(Qt::PlainText);
    QPushButton* saves = ask->addButton(tr("Save"), QMessageBox::AcceptRole);
    QPushButton* discards = ask->addButton(tr("Discard"), QMessageBox::DestructiveRole);
    ask->addButton(tr("Go on editing"), QMessageBox::RejectRole);
    connect(saves, &QAbstractButton::clicked, this, [this] { saveOrAsk([this] { QDialog::reject(); }); });
    connect(discards, &QAbstractButton::clicked, this, [this] { QDialog::reject(); });
    ask->open();
}

void MappingWindow::closeEvent(QCloseEvent* event)
{
    if (m_draft.isDirty() && isVisible()) {
        event->ignore();
        reject();
        return;
    }
    QDialog::closeEvent(event);
}

void MappingWindow::setRemembered(const QByteArray& state)
{
    QDataStream in(state);
    QByteArray geometry;
    QByteArray splitter;
    in >> geometry >> splitter;
    if (in.status() == QDataStream::Ok) {
        restoreGeometry(geometry);
        m_splitter->restoreState(splitter);
    }
}

QByteArray MappingWindow::remembered() const
{
    QByteArray state;
    QDataStream out(&state, QIODevice::WriteOnly);
    out << saveGeometry() << m_splitter->saveState();
    return state;
}

} // namespace prism::app
