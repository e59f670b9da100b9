// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/mapping_window.h"

#include "app/theme/theme.h"
#include "core/mapping/saved_mappings.h"

#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QTableView>
#include <QTimer>
#include <QToolButton>

#include <algorithm>
#include <set>

namespace prism::app {

namespace {

constexpr int mostNameWidth = 420; ///< of the file, in the head

/// The saved mapping that would take the file.
std::optional<Mapping> savedFor(const FileLook& look)
{
    const std::set<std::string> columns(look.proposal.columns.begin(), look.proposal.columns.end());
    for (Mapping& mapping : appliedMappings()) {
        if (mapping.format == look.proposal.format && mapping.rows == look.proposal.rows
            && mapping.headerRow == look.proposal.headerRow
            && std::set<std::string>(mapping.columns.begin(), mapping.columns.end()) == columns) {
            return std::move(mapping);
        }
    }
    return std::nullopt;
}

bool sameFrame(const Mapping& a, const Mapping& b)
{
    return a.headerRow == b.headerRow && a.delimiter == b.delimiter && a.rows == b.rows;
}

bool hasNumbers(const Mapping& mapping)
{
    return std::any_of(mapping.values.begin(), mapping.values.end(), [](const MappedValue& value) {
        return value.target != MappedValue::Target::Attribute && !value.column.empty();
    });
}

/// Columns whose text is no number in some of the points: a wrong column, more often than not.
QStringList columnsWithoutNumbers(const Mapping& mapping, const std::vector<LoadPoint>& points)
{
    QStringList out;
    for (const MappedValue& value : mapping.values) {
        const auto count = std::count_if(points.begin(), points.end(), [&](const LoadPoint& point) {
            const Measure* m = value.target == MappedValue::Target::Measure && !value.column.empty()
                ? point.measure(value.name, value.stat)
                : nullptr;
            return m && m->status != Status::Ok;
        });
        if (count > 0) {
            out << MappingWindow::tr("Column %1: %2 of %3 points have no number there.")
                       .arg(qs(value.column), countText(std::uint64_t(count)), countText(points.size()));
        }
    }
    return out;
}

} // namespace

MappingWindow::~MappingWindow()
{
    m_stopLooking.request_stop();
    m_stopPreviewing.request_stop();
}

void MappingWindow::connectDraft()
{
    connect(&m_looking, &NewestWork::failed, this, [this](const Error& why) { took(why, false); });
    connect(&m_previewing, &NewestWork::failed, this, [this](const Error& why) { tookPreview(why); });
    connect(&m_draft, &MappingDraft::changed, this, &MappingWindow::draftChanged);
    connect(&m_draft, &MappingDraft::lookChanged, this, &MappingWindow::showFrame);
    connect(m_name, &QLineEdit::textChanged, this, &MappingWindow::showState);
    connect(&Theme::current(), &Theme::changed, this, &MappingWindow::showState);
}

void MappingWindow::begin(const QString& file)
{
    m_file = file;
    m_lookProblem.clear();
    m_lookedAs.reset();
    const QString name = QFileInfo(file).fileName();
    setWindowTitle(file.isEmpty() ? tr("Map columns") : tr("Map columns of %1").arg(name));
    // A long name must not keep the window from being made small.
    m_fileLabel->setText(file.isEmpty()
            ? tr("No file to look at")
            : m_fileLabel->fontMetrics().elidedText(name, Qt::ElideMiddle, mostNameWidth));
    m_fileLabel->setToolTip(file);
    m_draft.setLook(nullptr, false);
}

void MappingWindow::openFile(const QString& file)
{
    m_fresh = true;
    m_savedName.clear();
    m_draft.start({});
    m_name->setReadOnly(false);
    m_name->setText(qs(freeMappingName(mappingName(QFileInfo(file).completeBaseName().toStdString()))));
    m_name->setCursorPosition(0); // a long one is read from its begin
    m_columnTable->setFocus(Qt::OtherFocusReason);
    begin(file);
    look(true);
}

void MappingWindow::openMapping(const Mapping& mapping, const QString& file)
{
    m_fresh = false;
    m_savedName = mapping.name;
    m_draft.start(mapping);
    m_name->setText(qs(mapping.name));
    m_name->setCursorPosition(0);
    m_name->setReadOnly(true); // Save as… gives another one
    m_columnTable->setFocus(Qt::OtherFocusReason);
    begin(file);
    if (!file.isEmpty()) {
        look(false);
    }
}

bool MappingWindow::isReading() const
{
    return m_isLooking || m_isPreviewing || m_previewLater->isActive();
}

ReadProgress MappingWindow::progressTo()
{
    return [this](std::uint64_t bytes) {
        QMetaObject::invokeMethod(
            this, [this, bytes] { showProgress(bytes); }, Qt::QueuedConnection);
    };
}

void MappingWindow::look(bool propose)
{
    if (m_file.isEmpty()) {
        return;
    }
    m_stopLooking.request_stop();
    m_stopLooking = {};
    m_isLooking = true;
    m_lookProblem.clear();
    const auto as = m_fresh ? std::nullopt : std::optional(m_draft.mapping());
    m_lookedAs = as;
    m_looking.start([this, file = m_file.toStdString(), as, propose, stop = m_stopLooking.get_token(),
                        progress = progressTo()](const NewestWork::Cancelled&) -> NewestWork::Delivery {
        auto result = std::make_shared<Result<FileLook>>(lookAt(file, as, stop, progress));
        return [this, result, propose] { took(*result, propose); };
    });
    showState();
}

void MappingWindow::took(const Result<FileLook>& look, bool propose)
{
    m_isLooking = false;
    if (!look) {
        m_lookProblem = sentence(look.error());
        m_draft.setLook(nullptr, false);
    } else if (m_fresh) {
        m_fresh = false;
        m_lookedAs = look->proposal;
        const auto saved = savedFor(*look);
        if (saved) {
            m_savedName = saved->name;
            m_name->setText(qs(saved->name));
            m_name->setReadOnly(true);
        }
        m_draft.start(saved.value_or(look->proposal));
        m_draft.setLook(std::make_shared<const FileLook>(*look), false);
    } else {
        m_draft.setLook(std::make_shared<const FileLook>(*look), propose);
    }
    readingEnded();
}

void MappingWindow::previewSoon()
{
    m_previewLater->start();
}

void MappingWindow::startPreview()
{
    m_stopPreviewing.request_stop();
    m_stopPreviewing = {};
    const Mapping mapping = usable(m_draft.mapping());
    if (!m_draft.look() || !hasNumbers(mapping)) {
        m_isPreviewing = false;
        m_pointModel.setPoints({});
        m_requestModel.setRequests({});
        m_previewProblem = m_draft.look()
            ? tr("The points stand here once a column is a metric, with its statistic and unit.")
            : QString();
        m_previewNotes.clear();
        // The answer to an older question is not wanted any more.
        m_previewing.start([](const NewestWork::Cancelled&) { return NewestWork::Delivery(); });
        showPreviewText();
        readingEnded();
        return;
    }
    m_isPreviewing = true;
    m_previewing.start([this, file = m_file.toStdString(), mapping, stop = m_stopPreviewing.get_token(),
                           progress = progressTo()](const NewestWork::Cancelled&) -> NewestWork::Delivery {
        auto result = std::make_shared<Result<DryRead>>(preview(file, mapping, stop, progress));
        return [this, result] { tookPreview(*result); };
    });
}

void MappingWindow::tookPreview(const Result<DryRead>& read)
{
    m_isPreviewing = false;
    m_previewProblem.clear();
    m_previewNotes.clear();
    m_partly = false;
    if (!read || read->refusal) {
        m_previewProblem = sentence(read ? *read->refusal : read.error());
        m_pointModel.setPoints({});
        m_requestModel.setRequests({});
    } else {
        m_pointCount = read->pointCount;
        m_requestCount = read->requests;
        for (const Warning& warning : read->warnings) {
            if (warning.code == "first-rows") {
                m_partly = true;
            } else {
                m_previewNotes << qs(warning.text);
            }
        }
        m_previewNotes += columnsWithoutNumbers(m_draft.mapping(), read->points);
        if (read->changed) {
            m_previewNotes << tr("The file changed while it was read. Read it again.");
        }
        m_pointModel.setPoints(read->points);
        m_requestModel.setRequests(read->firstRequests);
    }
    showPreviewText();
    readingEnded();
}

void MappingWindow::cancelReading()
{
    m_stopLooking.request_stop();
    m_stopPreviewing.request_stop();
}

void MappingWindow::readingEnded()
{
    if (!m_isLooking && !m_isPreviewing) {
        m_progress->hide();
        m_cancelReading->hide();
    }
    showState();
    if (!isReading()) {
        Q_EMIT settled();
    }
}

/// Told only of files that take a while.
void MappingWindow::showProgress(std::uint64_t bytes)
{
    if (!m_isLooking && !m_isPreviewing) {
        return; // it came behind the end
    }
    const auto total = std::uint64_t(std::max<qint64>(QFileInfo(m_file).size(), 1));
    m_progress->setRange(0, 1000);
    m_progress->setValue(int(1000 * std::min(bytes, total) / total));
    m_progress->show();
    m_cancelReading->show();
    m_readLabel->setText(tr("reading, %1 of %2").arg(sizeText(bytes), sizeText(total)));
}

void MappingWindow::draftChanged()
{
    const bool known = m_lookedAs.has_value();
    if (known && !m_fresh && !sameFrame(*m_lookedAs, m_draft.mapping())) {
        look(m_savedName.empty()); // the user's own mapping gets no proposals
    }
    showFrame();
    showState();
    previewSoon();
}

} // namespace prism::app
