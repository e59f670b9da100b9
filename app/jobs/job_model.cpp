// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/jobs/job_model.h"

#include "app/theme/theme.h"
#include "core/model/metric.h"

#include <QStringList>

#include <algorithm>
#include <set>
#include <string_view>

namespace prism::app {

namespace {

QString sizeText(std::uint64_t bytes)
{
    return QString::fromStdString(formatNumber(double(bytes), Unit::Byte, NumberStyle::Reading));
}

QString countText(std::uint64_t count)
{
    return QString::fromStdString(formatNumber(double(count), Unit::One, NumberStyle::Column));
}

} // namespace

ImportJob& JobModel::add(ImportRequest request, const QString& name)
{
    beginInsertRows({}, 0, 0);
    m_jobs.insert(m_jobs.begin(), std::make_unique<ImportJob>(std::move(request), name));
    endInsertRows();
    ImportJob* job = m_jobs.front().get();
    const auto rowOf = [this, job] {
        return int(std::find_if(m_jobs.begin(), m_jobs.end(), [job](const auto& j) { return j.get() == job; })
            - m_jobs.begin());
    };
    connect(job, &ImportJob::changed, this, [this, job, rowOf] {
        Q_EMIT dataChanged(index(rowOf(), 0), index(rowOf(), ColumnCount - 1));
        Q_EMIT jobChanged(job);
    });
    connect(job, &ImportJob::ended, this, [this, job] { Q_EMIT jobEnded(job); });
    job->start();
    return *job;
}

ImportJob* JobModel::jobAt(int row) const
{
    return row >= 0 && row < int(m_jobs.size()) ? m_jobs[std::size_t(row)].get() : nullptr;
}

int JobModel::running() const
{
    return int(std::count_if(
        m_jobs.begin(), m_jobs.end(), [](const auto& j) { return j->state() == ImportJob::State::Running; }));
}

void JobModel::cancelAll()
{
    for (const auto& job : m_jobs) {
        job->cancel();
    }
}

void JobModel::clearEnded()
{
    beginResetModel();
    std::erase_if(m_jobs, [](const auto& job) { return job->state() != ImportJob::State::Running; });
    endResetModel();
}

namespace {

/// Files whose result another file tells in more detail.
int twinsIn(const ImportJob& job)
{
    std::set<std::string_view> behind;
    for (const FileResult& result : job.results()) {
        if (isPoorerTwin(result)) {
            behind.insert(result.source);
        } else if (!result.sources.empty()) {
            behind.insert(result.sources.begin() + 1, result.sources.end());
        }
    }
    return int(behind.size());
}

} // namespace

QString JobModel::progressText(const ImportJob& job)
{
    if (!job.waitingFor().isEmpty()) {
        return tr("Waiting for another writer: %1").arg(job.waitingFor());
    }
    const ImportProgress& p = job.progress();
    if (job.state() == ImportJob::State::Done) {
        // Whole files: what was passed over without reading it is no rest that is missing.
        return tr("%1 in %2 files, %3 rows")
            .arg(sizeText(p.bytesTotal), countText(p.filesDone), countText(p.rows));
    }
    return tr("%1 of %2, %3 of %4 files, %5 rows")
        .arg(sizeText(p.bytesDone), sizeText(p.bytesTotal), countText(p.filesDone), countText(p.filesTotal),
            countText(p.rows));
}

QString JobModel::outcomeText(const ImportJob& job)
{
    switch (job.state()) {
    case ImportJob::State::Running:
        return tr("Running");
    case ImportJob::State::Failed:
        return job.problem();
    case ImportJob::State::Cancelled:
    case ImportJob::State::Done:
        break;
    }
    const ImportSummary& s = job.summary();
    QStringList parts;
    const auto add = [&parts](std::uint64_t count, const QString& text) {
        if (count > 0) {
            parts << text;
        }
    };
    add(s.imported,
        tr("%n file(s) imported", nullptr, int(s.imported)) + QStringLiteral(": ")
            + tr("%n point(s)", nullptr, int(s.points)));
    const int twins = twinsIn(job);
    add(std::uint64_t(twins), tr("%n file(s) with the same result in another encoding", nullptr, twins));
    add(s.requests, tr("%1 requests").arg(countText(s.requests)));
    add(s.attached, tr("%n attached", nullptr, int(s.attached)));
    add(s.unchanged, tr("%n already here", nullptr, int(s.unchanged)));
    add(s.refused, tr("%n refused", nullptr, int(s.refused)));
    add(s.skipped, tr("%n skipped", nullptr, int(s.skipped)));
    const bool cancelled = job.state() == ImportJob::State::Cancelled;
    if (parts.isEmpty()) {
        return cancelled ? tr("Cancelled before anything was imported") : tr("Nothing to import");
    }
    const QString text = parts.join(QStringLiteral(", "));
    return cancelled ? tr("Cancelled; %1").arg(text) : text;
}

QString JobModel::details(const ImportJob& job, int most)
{
    QStringList refused;
    QStringList others;
    for (const FileResult& r : job.results()) {
        const QString source = QString::fromStdString(r.source);
        if (r.outcome == prism::Outcome::Refused && r.reason) {
            refused << QStringLiteral("✗ ") + QString::fromStdString(r.reason->text());
        }
        if (isPoorerTwin(r)) {
            others << QStringLiteral("≡ ")
                    + tr("%1: the same result as %2, which is shown")
                          .arg(source, QString::fromStdString(r.sources.front()));
        }
        for (const Warning& w : r.warnings) {
            const QString sign = w.severity == Severity::Note ? QStringLiteral("· ") : QStringLiteral("⚠ ");
            others << sign + source + QStringLiteral(": ") + QString::fromStdString(w.text);
        }
    }
    QStringList lines { job.name(), outcomeText(job) };
    if (const std::string& note = job.summary().note; !note.empty()) {
        lines << QStringLiteral("· ") + QString::fromStdString(note);
    }
    lines += refused + others;
    if (const int left = int(lines.size()) - most; left > 0) {
        lines = lines.mid(0, most) << tr("… and %n more", nullptr, left);
    }
    return lines.join(QLatin1Char('\n'));
}

int JobModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_jobs.size());
}
int JobModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(ColumnCount);
}

QVariant JobModel::data(const QModelIndex& index, int role) const
{
    const ImportJob* job = index.isValid() ? jobAt(index.row()) : nullptr;
    if (!job) {
        return {};
    }
    if (role == Qt::ToolTipRole) {
        return details(*job, 20);
    }
    if (role == Qt::ForegroundRole && index.column() == Outcome) {
        const bool bad = job->state() == ImportJob::State::Failed || job->summary().refused > 0;
        return bad ? QVariant(Theme::current().tokens().bad) : QVariant();
    }
    if (role != Qt::DisplayRole) {
        return {};
    }
    switch (index.column()) {
    case Name:
        return job->name();
    case Progress:
        return progressText(*job);
    case Outcome:
        return outcomeText(*job);
    default:
        return {};
    }
}

QVariant JobModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) {
        return {};
    }
    switch (section) {
    case Name:
        return tr("Import");
    case Progress:
        return tr("Read");
    case Outcome:
        return tr("Result");
    default:
        return {};
    }
}

} // namespace prism::app
