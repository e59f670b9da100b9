// SPDX-License-Identifier: GPL-3.0-or-later
// The parts of the mapping window around its rules.
#include "app/mapping/mapping_tables.h"
#include "app/mapping/mapping_window.h"
#include "app/theme/theme.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QSpinBox>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

namespace prism::app {

namespace {

constexpr int previewDelayMs = 150;

} // namespace

MappingWindow::MappingWindow(QWidget* parent)
    : QDialog(parent)
    , m_columnModel(m_draft)
    , m_constantModel(m_draft)
    , m_filterModel(m_draft)
    , m_rowModel(m_draft)
{
    setObjectName(QStringLiteral("mappingWindow"));
    setWindowTitle(tr("Map columns"));
    setWindowFlags(windowFlags() | Qt::WindowMinMaxButtonsHint);
    resize(1080, 760);
    m_previewLater = new QTimer(this);
    m_previewLater->setSingleShot(true);
    m_previewLater->setInterval(previewDelayMs);
    connect(m_previewLater, &QTimer::timeout, this, &MappingWindow::startPreview);
    m_splitter = new QSplitter(Qt::Vertical, this);
    m_splitter->setHandleWidth(4);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(makeRules());
    m_splitter->addWidget(makePreviews());
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 2);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 14, 14, 14);
    column->setSpacing(8);
    column->addWidget(makeHead());
    column->addWidget(makeFrame());
    column->addWidget(m_splitter, 1);
    column->addWidget(makeFooter());
    makeActions();
    connectDraft();
    draftChanged();
}

QWidget* MappingWindow::makeHead()
{
    auto* head = new QWidget(this);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    m_fileLabel = new QLabel(head);
    m_fileLabel->setTextFormat(Qt::PlainText);
    m_fileLabel->setFont(Theme::title(font()));
    m_readLabel = new QLabel(head);
    m_readLabel->setTextFormat(Qt::PlainText);
    m_readLabel->setForegroundRole(QPalette::PlaceholderText);
    m_progress = new QProgressBar(head);
    m_progress->setAccessibleName(tr("Read of the file"));
    m_progress->setTextVisible(false);
    m_progress->setMaximumSize(160, 12);
    m_cancelReading = new QToolButton(head);
    m_cancelReading->setText(tr("Cancel"));
    m_cancelReading->setToolTip(tr("Stop reading the file; what is mapped stays."));
    m_readAgain = new QToolButton(head);
    m_readAgain->setText(tr("Read again"));
    m_readAgain->setToolTip(tr("Look at the file again, as it is now (F5)."));
    auto* other = new QToolButton(head);
    other->setText(tr("Another file…"));
    other->setToolTip(tr("See what the mapping makes of another file."));
    row->addWidget(m_fileLabel);
    row->addWidget(m_readLabel, 1);
    for (QWidget* widget :
        std::initializer_list<QWidget*> { m_progress, m_cancelReading, m_readAgain, other }) {
        row->addWidget(widget);
    }
    m_progress->hide();
    m_cancelReading->hide();
    connect(m_cancelReading, &QToolButton::clicked, this, &MappingWindow::cancelReading);
    connect(m_readAgain, &QToolButton::clicked, this, [this] { look(m_draft.look() == nullptr); });
    connect(other, &QToolButton::clicked, this, &MappingWindow::chooseFile);
    return head;
}

/// How the file is cut into rows, and what a row is.
QWidget* MappingWindow::makeFrame()
{
    auto* frame = new QWidget(this);
    auto* row = new QHBoxLayout(frame);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    m_name = new QLineEdit(frame);
    m_name->setAccessibleName(tr("Name of the mapping"));
    m_name->setToolTip(tr("Small letters, digits, - and _. Files that it reads are marked with it."));
    m_name->setValidator(
        new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[a-z0-9_-]{0,60}")), m_name));
    m_name->setMinimumWidth(120);
    m_row = new QComboBox(frame);
    m_row->setAccessibleName(tr("What a row of the file is"));
    m_row->addItem(rowText(Mapping::Row::Point), int(Mapping::Row::Point));
    m_row->addItem(rowText(Mapping::Row::Request), int(Mapping::Row::Request));
    m_row->setToolTip(
        tr("A load point: numbers over many requests. A request: its own times; the points, their "
           "totals and distributions are then derived from all of them."));
    m_header = new QSpinBox(frame);
    m_header->setAccessibleName(tr("Row with the names of the columns"));
    m_header->setToolTip(
        tr("The row with the names, counted from 1 with blank rows; the rows above it are passed over."));
    m_header->setRange(0, 1000);
    m_header->setSpecialValueText(tr("none"));
    m_delimiter = new QComboBox(frame);
    m_delimiter->setAccessibleName(tr("What separates the cells"));
    m_delimiter->setToolTip(
        tr("What stands between two cells; found from the first lines unless you say so."));
    const std::pair<QString, char> delimiters[] = { { tr("automatic"), '\0' }, { tr("comma"), ',' },
        { tr("semicolon"), ';' }, { tr("tab"), '\t' }, { tr("bar |"), '|' } };
    for (const auto& [text, character] : delimiters) {
        m_delimiter->addItem(text, int(character));
    }
    m_decimalComma = new QCheckBox(tr("Decimal comma"), frame);
    m_decimalComma->setToolTip(
        tr("“1.020,5” is a number: the comma is decimal, and points group thousands."));
    m_rowsAt = new QComboBox(frame);
    m_rowsAt->setAccessibleName(tr("Where the rows of the document are"));
    m_rowsAt->setToolTip(tr("The array of objects that are the rows."));
    m_headerLabel = buddyLabel(tr("Names in row"), m_header, frame);
    m_delimiterLabel = buddyLabel(tr("Between cells"), m_delimiter, frame);
    m_rowsLabel = buddyLabel(tr("Rows at"), m_rowsAt, frame);
    for (QWidget* widget : std::initializer_list<QWidget*> { buddyLabel(tr("Name"), m_name, frame), m_name,
             buddyLabel(tr("A row is"), m_row, frame), m_row, m_headerLabel, m_header, m_delimiterLabel,
             m_delimiter, m_decimalComma, m_rowsLabel, m_rowsAt }) {
        row->addWidget(widget);
    }
    row->addStretch();
    connect(m_row, &QComboBox::activated, this,
        [this](int at) { m_draft.setRow(Mapping::Row(m_row->itemData(at).toInt())); });
    connect(m_header, &QSpinBox::valueChanged, this, [this](int header) {
        m_draft.edit(tr("Names in row %1").arg(header),
            [header](Mapping& mapping) { mapping.headerRow = std::uint32_t(header); });
    });
    connect(m_delimiter, &QComboBox::activated, this, [this](int at) {
        const char delimiter = char(m_delimiter->itemData(at).toInt());
        m_draft.edit(tr("Cells are cut by another character"),
            [delimiter](Mapping& mapping) { mapping.delimiter = delimiter; });
    });
    connect(m_decimalComma, &QCheckBox::toggled, this, [this](bool comma) {
        m_draft.edit(comma ? tr("The comma is decimal") : tr("The point is decimal"),
            [comma](Mapping& mapping) { mapping.decimalComma = comma; });
    });
    connect(m_rowsAt, &QComboBox::activated, this, [this](int at) {
        const std::string rows = m_rowsAt->itemData(at).toString().toStdString();
        m_draft.edit(tr("Rows at another place"), [&rows](Mapping& mapping) { mapping.rows = rows; });
    });
    return frame;
}

QWidget* MappingWindow::makePreviews()
{
    auto* panel = new QWidget(this);
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(0, 4, 0, 0);
    column->setSpacing(4);
    m_previews = new QTabWidget(panel);
    m_previews->setDocumentMode(true);
    m_pointTable = makePreviewTable(&m_pointModel, tr("Points that come of the file"), panel);
    m_requestTable = makePreviewTable(&m_requestModel, tr("Requests that come of the file"), panel);
    m_rowTable = makePreviewTable(&m_rowModel, tr("Rows of the file"), panel);
    m_previews->addTab(m_pointTable, tr("Points"));
    m_previews->addTab(m_requestTable, tr("Requests"));
    m_previews->addTab(m_rowTable, tr("Rows of the file"));
    m_previewLabel = plainLabel(panel);
    m_previewLabel->setContentsMargins(4, 0, 4, 0);
    column->addWidget(m_previews, 1);
    column->addWidget(m_previewLabel);
    panel->setMinimumHeight(150);
    return panel;
}

QWidget* MappingWindow::makeFooter()
{
    auto* footer = new QWidget(this);
    auto* column = new QVBoxLayout(footer);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    m_shape = plainLabel(footer);
    m_shape->setForegroundRole(QPalette::PlaceholderText);
    auto* line = new QHBoxLayout;
    m_message = plainLabel(footer);
    m_message->setObjectName(QStringLiteral("mappingMessage"));
    m_goTo = new QPushButton(tr("Show it"), footer);
    m_goTo->setToolTip(tr("Go to the line that is meant."));
    line->addWidget(m_message, 1);
    line->addWidget(m_goTo);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    m_save = new QPushButton(tr("Save"), footer);
    m_saveAs = new QPushButton(tr("Save as…"), footer);
    m_import = new QPushButton(tr("Import now"), footer);
    auto* close = new QPushButton(tr("Close"), footer);
    m_saveAs->setToolTip(tr("Save a copy under another name, and go on with that."));
    for (QPushButton* button : { m_goTo, m_save, m_saveAs, m_import, close }) {
        button->setAutoDefault(false); // Enter in a field is for the field
    }
    buttons->addStretch();
    for (QPushButton* button : { m_save, m_saveAs, m_import, close }) {
        buttons->addWidget(button);
    }
    column->addWidget(m_shape);
    column->addLayout(line);
    column->addLayout(buttons);
    connect(m_goTo, &QPushButton::clicked, this, &MappingWindow::goToProblem);
    connect(m_save, &QPushButton::clicked, this, [this] { saveOrAsk({}); });
    connect(m_saveAs, &QPushButton::clicked, this, [this] { saveAs({}); });
    connect(m_import, &QPushButton::clicked, this, &MappingWindow::importNow);
    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    return footer;
}

/// Undo and redo stand beside the rules; the others are keys of buttons.
void MappingWindow::makeActions()
{
    QAction* undo = m_draft.undoStack().createUndoAction(this, tr("Undo:"));
    QAction* redo = m_draft.undoStack().createRedoAction(this, tr("Redo:"));
    undo->setShortcut(QKeySequence::Undo);
    redo->setShortcut(QKeySequence::Redo);
    auto* corner = new QWidget(m_rules);
    auto* row = new QHBoxLayout(corner);
    row->setContentsMargins(0, 0, 0, 2);
    row->setSpacing(4);
    const std::pair<QAction*, QString> steps[]
        = { { undo, QStringLiteral("edit-undo") }, { redo, QStringLiteral("edit-redo") } };
    for (const auto& [action, icon] : steps) {
        auto* button = new QToolButton(corner);
        action->setIcon(Theme::current().icon(icon));
        connect(&Theme::current(), &Theme::changed, action,
            [action = action, icon = icon] { action->setIcon(Theme::current().icon(icon)); });
        button->setDefaultAction(action);
        button->setAutoRaise(true);
        row->addWidget(button);
        addAction(action);
    }
    m_rules->setCornerWidget(corner);
    const std::tuple<QKeySequence, std::function<void()>> keys[] = {
        { QKeySequence::Save, [this] { m_save->click(); } },
        { QKeySequence(tr("Ctrl+Shift+S")), [this] { m_saveAs->click(); } },
        { QKeySequence(tr("Ctrl+Return")), [this] { m_import->click(); } },
        { QKeySequence::Refresh, [this] { m_readAgain->click(); } },
        { QKeySequence::Find,
            [this] {
                m_rules->setCurrentIndex(0);
                m_find->setFocus(Qt::ShortcutFocusReason);
            } },
    };
    for (const auto& [key, run] : keys) {
        auto* action = new QAction(this);
        action->setShortcut(key);
        connect(action, &QAction::triggered, this, run);
        addAction(action);
    }
}

} // namespace prism::app
