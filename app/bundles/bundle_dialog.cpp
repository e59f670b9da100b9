// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/bundles/bundle_dialog.h"

#include "app/selection/choice_dialog.h"
#include "app/theme/button_text.h"
#include "app/theme/theme.h"

#include <QAction>
#include <QCheckBox>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QTimer>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>
#include <set>

namespace prism::app {

namespace {

constexpr int margin = 14;
constexpr int patienceMs = 400; ///< a reading that is over by then shows nothing of itself
constexpr std::size_t mostTargets = 30; ///< in a menu; more are searched

QString qs(const std::string& text)
{
    return QString::fromStdString(text);
}

/// A tree gives its rows the height of one line whatever the width of a column; a reason is read whole.
class WrappedText : public QStyledItemDelegate {
public:
    explicit WrappedText(QTreeView* tree)
        : QStyledItemDelegate(tree)
        , m_tree(tree)
    {
    }
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        QSize size = QStyledItemDelegate::sizeHint(option, index);
        const int pad = 2 * (m_tree->style()->pixelMetric(QStyle::PM_FocusFrameHMargin, nullptr, m_tree) + 1);
        const int width = std::max(1, m_tree->columnWidth(index.column()) - pad);
        const QRect text = option.fontMetrics.boundingRect(
            QRect(0, 0, width, 10'000), Qt::TextWordWrap | Qt::TextWrapAnywhere, index.data().toString());
        return { size.width(), std::max(size.height(), text.height() + 4) };
    }

private:
    QTreeView* m_tree;
};

/// Names in one line, cut in the middle where they are long: wrapped at a hyphen they would lose the end that
/// tells them apart.
class OneLine : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override
    {
        QStyledItemDelegate::initStyleOption(option, index);
        option->features &= ~QStyleOptionViewItem::ViewItemFeatures(QStyleOptionViewItem::WrapText);
    }
};

} // namespace

BundleDialog::BundleDialog(ImportRequest request, bool always, QWidget* parent)
    : QDialog(parent)
    , m_always(always)
    , m_job(std::make_unique<PreviewJob>(std::move(request)))
    , m_pages(new QStackedWidget(this))
{
    setWindowTitle(tr("What belongs together"));
    setAttribute(Qt::WA_DeleteOnClose);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(margin, margin, margin, margin);
    layout->addWidget(m_pages);
    makeReadingPage();
    makePlanPage();
    resize(980, 620);
    connect(m_job.get(), &PreviewJob::progressed, this, &BundleDialog::showProgress);
    connect(m_job.get(), &PreviewJob::ready, this, &BundleDialog::take);
    connect(m_job.get(), &PreviewJob::failed, this, &BundleDialog::fail);
    connect(&m_model, &BundleModel::moved, this, &BundleDialog::moveTo, Qt::QueuedConnection);
    connect(&Theme::current(), &Theme::changed, this, [this] {
        if (m_preview) {
            showPlan();
        }
    });
}

BundleDialog::~BundleDialog() = default;

void BundleDialog::start()
{
    m_job->start();
    QTimer::singleShot(m_always ? 0 : patienceMs, this, [this] {
        if (!isVisible()) {
            open();
        }
    });
}

void BundleDialog::makeReadingPage()
{
    auto* page = new QWidget(m_pages);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addStretch();
    m_reading = new QLabel(tr("Looking for files…"), page);
    m_reading->setTextFormat(Qt::PlainText);
    m_reading->setWordWrap(true);
    m_bar = new QProgressBar(page);
    m_bar->setRange(0, 0);
    m_bar->setTextVisible(false);
    m_bar->setAccessibleName(tr("Files read"));
    layout->addWidget(m_reading);
    layout->addWidget(m_bar);
    layout->addStretch();
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, page);
    connect(buttons, &QDialogButtonBox::rejected, this, &BundleDialog::reject);
    layout->addWidget(buttons);
    m_pages->addWidget(page);
}

void BundleDialog::makePlanPage()
{
    auto* page = new QWidget(m_pages);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    m_head = new QLabel(page);
    m_head->setFont(Theme::title(font()));
    m_head->setTextFormat(Qt::PlainText);
    m_head->setWordWrap(true);
    m_hint = new QLabel(page);
    m_hint->setTextFormat(Qt::PlainText);
    m_hint->setWordWrap(true);
    m_hint->setForegroundRole(QPalette::PlaceholderText);
    m_tree = new QTreeView(page);
    m_tree->setModel(&m_model);
    m_tree->setAccessibleName(tr("Runs and their files"));
    m_tree->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_tree->setDragDropMode(QAbstractItemView::InternalMove);
    m_tree->setDragDropOverwriteMode(true); // onto rows: between them there is nothing
    m_tree->setAlternatingRowColors(true);
    m_tree->setUniformRowHeights(false);
    m_tree->setWordWrap(true);
    m_tree->setTextElideMode(Qt::ElideMiddle);
    m_tree->setContextMenuPolicy(Qt::CustomContextMenu);
    m_tree->header()->setStretchLastSection(true);
    auto* wrapped = new WrappedText(m_tree);
    m_tree->setItemDelegateForColumn(BundleModel::File, new OneLine(m_tree));
    m_tree->setItemDelegateForColumn(BundleModel::Why, wrapped);
    connect(m_tree->header(), &QHeaderView::sectionResized, wrapped, [wrapped](int section) {
        if (section == BundleModel::Why) {
            Q_EMIT wrapped->sizeHintChanged({});
        }
    });
    connect(m_tree, &QWidget::customContextMenuRequested, this, &BundleDialog::openMenu);
    auto* leave = new QAction(tr("Leave out"), m_tree);
    leave->setShortcut(QKeySequence::Delete);
    leave->setShortcutContext(Qt::WidgetShortcut);
    connect(leave, &QAction::triggered, this, [this] { decide(selectedFiles(), Decision::Kind::LeaveOut); });
    m_tree->addAction(leave);
    m_remember = new QCheckBox(tr("Do the same with the next folder of this shape, without asking"), page);
    m_remember->setToolTip(tr("A folder whose files have the same names, but for numbers. It asks again when "
                              "something of it is not clear."));
    auto* buttons = new QDialogButtonBox(page);
    m_undo = buttons->addButton(tr("Take back"), QDialogButtonBox::ResetRole);
    m_undo->setToolTip(tr("Take back the last change (Ctrl+Z)."));
    m_import = buttons->addButton(tr("Import"), QDialogButtonBox::AcceptRole);
    m_import->setDefault(true);
    buttons->addButton(QDialogButtonBox::Cancel);
    connect(m_undo, &QPushButton::clicked, this, &BundleDialog::undo);
    auto* back = new QAction(this);
    back->setShortcut(QKeySequence::Undo);
    connect(back, &QAction::triggered, this, &BundleDialog::undo);
    addAction(back);
    connect(buttons, &QDialogButtonBox::accepted, this, &BundleDialog::importNow);
    connect(buttons, &QDialogButtonBox::rejected, this, &BundleDialog::reject);
    layout->addWidget(m_head);
    layout->addWidget(m_hint);
    layout->addWidget(m_tree, 1);
    layout->addStretch(); // where there is nothing to show in the tree
    layout->addWidget(m_remember);
    layout->addWidget(buttons);
    m_pages->addWidget(page);
}

void BundleDialog::showProgress(const ImportProgress& progress)
{
    m_reading->setText(tr("Reading file %1 of %2, to see what belongs together. Nothing is stored yet.\n%3")
                           .arg(progress.filesDone + 1)
                           .arg(progress.filesTotal)
                           .arg(qs(progress.current)));
    m_bar->setRange(0, 1000);
    m_bar->setValue(
        progress.bytesTotal > 0 ? int(1000.0 * double(progress.bytesDone) / double(progress.bytesTotal)) : 0);
}

void BundleDialog::take(std::shared_ptr<BundlePreview> preview)
{
    m_preview = std::move(preview);
    m_wasRemembered = m_preview->isRemembered();
    m_decisions = m_preview->remembered();
    m_plan = m_preview->plan(m_decisions);
    const bool clear = m_wasRemembered ? !m_plan.asks() : !m_plan.decides();
    if (!m_always && clear) {
        ImportRequest request = m_job->request();
        Q_EMIT chosen(request);
        close();
        deleteLater(); // it may never have been open
        return;
    }
    m_remember->setChecked(m_wasRemembered);
    m_pages->setCurrentIndex(1);
    showPlan();
    if (!isVisible()) {
        open();
    }
    m_tree->setFocus();
    if (const QModelIndex question = m_model.firstQuestion(); question.isValid()) {
        m_tree->setCurrentIndex(question);
        // Behind the layout that the width of the reasons asks for.
        QTimer::singleShot(0, this, [this] { m_tree->scrollTo(m_tree->currentIndex()); });
    }
    Q_EMIT shown();
}

void BundleDialog::fail(const QString& why)
{
    m_bar->hide();
    m_reading->setText(tr("The files could not be read: %1").arg(why));
    if (!isVisible()) {
        open();
    }
}

void BundleDialog::showPlan()
{
    const QModelIndex current = m_tree->currentIndex();
    const std::optional<std::size_t> file = BundleModel::fileAt(current);
    m_model.setPlan(m_plan, m_preview->files());
    m_tree->expandAll();
    m_tree->resizeColumnToContents(BundleModel::Role);
    m_tree->resizeColumnToContents(BundleModel::File);
    m_tree->setColumnWidth(BundleModel::File, std::clamp(m_tree->columnWidth(BundleModel::File), 220, 380));
    if (file) {
        m_tree->setCurrentIndex(m_model.indexOf(*file));
    }
    showHead();
    m_undo->setEnabled(!m_before.empty());
}

void BundleDialog::showHead()
{
    std::size_t runs = 0;
    std::set<std::size_t> files;
    for (const BundlePlan::Run& run : m_plan.runs) {
        runs += run.known ? 0 : 1;
        for (const BundlePlan::File& entry : run.files) {
            files.insert(entry.file);
        }
    }
    // Files in which nobody expects a result have no folder in common that counts.
    const std::vector<std::string>& paths = m_job->request().paths;
    const QString where = qs(m_plan.root.empty() && paths.size() == 1 ? paths.front() : m_plan.root);
    const bool isEmpty = m_preview->files().empty();
    m_head->setText(runs > 0 ? tr("%n run(s)", nullptr, int(runs)) + QLatin1Char(' ')
                + tr("from %n file(s) of %1", nullptr, int(files.size())).arg(where)
            : isEmpty || where.isEmpty() ? tr("No new run")
                                         : tr("No new run in %1").arg(where));
    for (QWidget* ofFiles : std::initializer_list<QWidget*> { m_tree, m_remember, m_undo }) {
        ofFiles->setVisible(!isEmpty);
    }
    m_import->setEnabled(runs > 0 || !m_plan.others.empty() || !m_plan.runs.empty());
    m_hint->setText(isEmpty ? tr("There is nothing in %1 that can be imported: choose the folder into which "
                                 "the benchmark tool wrote its results.")
                                  .arg(where.isEmpty() ? tr("what was chosen") : where)
                            : hints());
}

QString BundleDialog::hints() const
{
    QStringList hints;
    if (m_wasRemembered && !m_decisions.empty()) {
        hints << tr("Some files are as you decided for folders of this shape; “As proposed” in their menu "
                    "sets that aside.");
    }
    hints << (m_plan.asks()
            ? tr("Of files marked ⚠ it is not clear where they belong: drag them to their run, or open the "
                 "menu "
                 "of a row.")
            : tr("Drag a file to another run if it belongs there, or open the menu of its row."));
    if (m_preview->leftOver() > 0) {
        hints << tr("%n more file(s) are imported each for itself.", nullptr, int(m_preview->leftOver()));
    }
    return hints.join(QLatin1Char(' '));
}

QString BundleDialog::nameOf(std::size_t file) const
{
    const QString path = qs(m_preview->files()[file].path);
    const QString root = qs(m_plan.root);
    return path.startsWith(root) ? path.mid(root.size()) : path;
}

std::vector<std::size_t> BundleDialog::selectedFiles() const
{
    std::set<std::size_t> files;
    for (const QModelIndex& index : m_tree->selectionModel()->selectedRows(BundleModel::File)) {
        if (const auto file = BundleModel::fileAt(index)) {
            files.insert(*file);
        }
    }
    return { files.begin(), files.end() };
}

void BundleDialog::setDecisions(std::vector<Decision> decisions)
{
    m_decisions = std::move(decisions);
    m_plan = m_preview->plan(m_decisions);
    showPlan();
}

void BundleDialog::decide(
    const std::vector<std::size_t>& files, Decision::Kind kind, std::optional<std::size_t> target)
{
    std::vector<Decision> decisions = m_decisions;
    for (const std::size_t file : files) {
        if (target == file) {
            continue;
        }
        const std::string name = nameOf(file).toStdString();
        std::erase_if(decisions, [&](const Decision& other) { return other.file == name; });
        decisions.push_back({ kind, name, target ? nameOf(*target).toStdString() : std::string() });
    }
    if (decisions == m_decisions) {
        return;
    }
    m_before.push_back(m_decisions);
    setDecisions(std::move(decisions));
}

void BundleDialog::undo()
{
    if (m_before.empty()) {
        return;
    }
    std::vector<Decision> before = std::move(m_before.back());
    m_before.pop_back();
    setDecisions(std::move(before));
}

void BundleDialog::moveTo(const std::vector<std::size_t>& files, std::optional<std::size_t> run)
{
    if (!run) {
        decide(files, Decision::Kind::Apart);
        return;
    }
    const auto& members = m_plan.runs[*run].files;
    const auto result = std::find_if(members.begin(), members.end(), [&](const BundlePlan::File& entry) {
        return (entry.role == FileRole::Result || entry.role == FileRole::Repetition)
            && std::find(files.begin(), files.end(), entry.file) == files.end();
    });
    if (result != members.end()) {
        decide(files, Decision::Kind::ToRunOf, result->file);
    } else {
        m_hint->setText(tr("This run has no file here that could be named: import first, then move it."));
    }
}

void BundleDialog::addTargets(QMenu& menu, const std::vector<std::size_t>& files)
{
    std::vector<Target> runs;
    for (std::size_t run = 0; run < m_plan.runs.size(); ++run) {
        if (!m_plan.runs[run].known) {
            runs.push_back(
                { tr("%1 (%2)").arg(qs(m_plan.runs[run].title), nameOf(m_plan.runs[run].files.front().file)),
                    run });
        }
    }
    addChoices(*menu.addMenu(tr("Belongs to")), tr("To which run does it belong?"), std::move(runs),
        [this, files](std::size_t run) { moveTo(files, run); });
    const bool result = std::all_of(
        files.begin(), files.end(), [this](std::size_t file) { return m_preview->files()[file].isResult(); });
    if (!result) {
        return;
    }
    std::vector<Target> results;
    for (const BundlePlan::Run& run : m_plan.runs) {
        for (const BundlePlan::File& entry : run.files) {
            const bool other = std::find(files.begin(), files.end(), entry.file) == files.end();
            const bool holds = entry.role == FileRole::Result || entry.role == FileRole::Repetition;
            if (other && holds) {
                results.push_back({ nameOf(entry.file), entry.file });
            }
        }
    }
    addChoices(*menu.addMenu(tr("Same result as")), tr("The same result as which file?"), std::move(results),
        [this, files](std::size_t file) { decide(files, Decision::Kind::TwinOf, file); });
}

void BundleDialog::addChoices(
    QMenu& menu, const QString& title, std::vector<Target> targets, std::function<void(std::size_t)> take)
{
    for (std::size_t i = 0; i < targets.size() && i < mostTargets; ++i) {
        menu.addAction(
            buttonText(targets[i].name), this, [take, number = targets[i].number] { take(number); });
    }
    menu.setEnabled(!targets.empty());
    if (targets.size() <= mostTargets) {
        return;
    }
    menu.addSeparator();
    menu.addAction(tr("Search all %n…", nullptr, int(targets.size())), this,
        [this, title, take = std::move(take), targets = std::move(targets)] {
            QStringList names;
            for (const Target& target : targets) {
                names << target.name;
            }
            auto* dialog = new ChoiceDialog(title, tr("Put it there"), names, this);
            dialog->setAttribute(Qt::WA_DeleteOnClose);
            connect(dialog, &ChoiceDialog::chosen, this,
                [take, targets](int index) { take(targets[std::size_t(index)].number); });
            dialog->open();
        });
}

void BundleDialog::openMenu(const QPoint& at)
{
    const std::vector<std::size_t> files = selectedFiles();
    if (files.empty()) {
        return;
    }
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    addTargets(*menu, files);
    menu->addAction(tr("Set apart"), this, [this, files] { decide(files, Decision::Kind::Apart); });
    menu->addAction(tr("Leave out"), this, [this, files] { decide(files, Decision::Kind::LeaveOut); });
    menu->addSeparator();
    QAction* back = menu->addAction(tr("As proposed"), this, [this, files] {
        std::vector<Decision> decisions = m_decisions;
        for (const std::size_t file : files) {
            const std::string name = nameOf(file).toStdString();
            std::erase_if(decisions, [&](const Decision& other) { return matches(other.file, name); });
        }
        m_before.push_back(m_decisions);
        setDecisions(std::move(decisions));
    });
    back->setEnabled(std::any_of(m_decisions.begin(), m_decisions.end(), [&](const Decision& decision) {
        return std::any_of(files.begin(), files.end(),
            [&](std::size_t file) { return matches(decision.file, nameOf(file).toStdString()); });
    }));
    menu->popup(m_tree->viewport()->mapToGlobal(at));
}

void BundleDialog::importNow()
{
    ImportRequest request = m_job->request();
    request.decisions = m_decisions;
    request.memory = m_remember->isChecked() ? ImportRequest::Memory::Remember
        : m_wasRemembered                    ? ImportRequest::Memory::Forget
                                             : ImportRequest::Memory::Leave;
    Q_EMIT chosen(request);
    accept();
}

void BundleDialog::reject()
{
    m_job.reset(); // ends the reading
    QDialog::reject();
}

} // namespace prism::app
