// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/store_edits.h"

#include "app/jobs/caught.h"
#include "core/store/store.h"

#include <QThreadPool>
#include <QTimer>
#include <QUndoCommand>
#include <QtConcurrentRun>

#include <algorithm>
#include <set>

namespace prism::app {

/// Redo and undo are each one edit of the store; the store tells the edit that takes the last one back.
class StoreCommand : public QUndoCommand {
public:
    /// `change` is what the first redo does, nothing when that happened already; `firstUndo` what takes that
    /// back.
    StoreCommand(
        StoreEdits& edits, const QString& text, StoreEdits::Change change, StoreEdits::Change firstUndo = {})
        : QUndoCommand(text)
        , m_edits(edits)
        , m_change(std::move(change))
        , m_firstUndo(std::move(firstUndo))
        , m_inverse(std::make_shared<std::int64_t>(0))
    {
    }

    void redo() override
    {
        if (m_change) {
            apply(std::exchange(m_change, nullptr));
        } else if (!m_firstUndo) {
            takeBack();
        }
    }
    void undo() override
    {
        if (m_firstUndo) {
            apply(std::exchange(m_firstUndo, nullptr));
        } else {
            takeBack();
        }
    }

private:
    void takeBack()
    {
        apply([inverse = m_inverse](StoreWriter& writer) { return writer.undo(*inverse); });
    }
    void apply(StoreEdits::Change change)
    {
        m_edits.run(std::move(change), [inverse = m_inverse](const Edit& edit) { *inverse = edit.id; });
    }

    StoreEdits& m_edits;
    StoreEdits::Change m_change;
    StoreEdits::Change m_firstUndo;
    std::shared_ptr<std::int64_t> m_inverse; ///< read and written in the order of the worker's changes
};

StoreEdits::StoreEdits(QString database, QObject* parent)
    : QObject(parent)
    , m_database(std::move(database))
    , m_pool(new QThreadPool(this))
{
    m_pool->setMaxThreadCount(1); // in the order in which they were asked for
}

StoreEdits::~StoreEdits()
{
    m_stop.request_stop();
    m_pool->waitForDone();
}

void StoreEdits::run(Change change, std::function<void(const Edit&)> then)
{
    QtConcurrent::run(m_pool,
        [this, database = m_database.toStdString(), change = std::move(change),
            then = std::move(then)]() -> QString {
            const auto tell = [this, told = false](const std::string& holder) mutable {
                if (!std::exchange(told, true)) {
                    QMetaObject::invokeMethod(
                        this, [this, holder] { Q_EMIT waiting(QString::fromStdString(holder)); },
                        Qt::QueuedConnection);
                }
            };
            const auto edited = caught([&]() -> Result<void> {
                auto writer = StoreWriter::open(database, tell, m_stop.get_token(), "editing");
                const auto edit = writer ? change(**writer) : Result<Edit>(writer.error());
                if (!edit) {
                    return edit.error();
                }
                then(*edit);
                return {};
            });
            return edited ? QString() : QString::fromStdString(edited.error().text());
        })
        .then(this, [this](const QString& problem) {
            if (problem.isEmpty()) {
                Q_EMIT done();
            } else {
                Q_EMIT failed(problem);
            }
        });
}

void StoreEdits::push(const QString& text, Change change)
{
    m_undo.push(new StoreCommand(*this, text, std::move(change)));
}

void StoreEdits::imported(const std::vector<SourceId>& sources, const QString& name)
{
    if (sources.empty()) {
        return;
    }
    // The import is done already: the first redo changes nothing, the first undo removes what became visible.
    m_undo.push(new StoreCommand(*this, tr("Import %1").arg(name), {},
        [sources](StoreWriter& writer) { return writer.remove(sources); }));
}

void StoreEdits::remembered(const std::optional<std::int64_t>& edit)
{
    if (edit) {
        m_undo.push(new StoreCommand(*this, tr("Remember what belongs together"), {},
            [id = *edit](StoreWriter& writer) { return writer.undo(id); }));
    }
}

void StoreEdits::removeRuns(const std::vector<RunId>& runs)
{
    push(tr("Remove the files of %n run(s)", nullptr, int(runs.size())),
        [runs, database = m_database.toStdString()](StoreWriter& writer) -> Result<Edit> {
            auto reader = StoreReader::open(database);
            if (!reader) {
                return reader.error();
            }
            std::set<SourceId> sources;
            std::set<std::string> hashes;
            const auto done = (*reader)->points(
                [&](const SourceRecord& source, PointDetail&& point) {
                    if (std::find(runs.begin(), runs.end(), point.record.run) != runs.end()) {
                        sources.insert(point.record.source);
                        hashes.insert(source.sha256);
                    }
                    return true;
                },
                StoreReader::HiddenPoints::Included);
            const auto all = done ? (*reader)->sources() : done.error();
            if (!all) {
                return all.error();
            }
            // The same result in other encodings is the run's, too: it would come forward in its place.
            for (const SourceRecord& source : *all) {
                if (hashes.contains(source.twinOf)) {
                    sources.insert(source.id);
                }
            }
            return writer.remove({ sources.begin(), sources.end() });
        });
}

void StoreEdits::setRunField(
    const std::vector<RunId>& runs, const QString& field, const QString& value, const QString& text)
{
    push(text, [runs, field = field.toStdString(), value = value.toStdString()](StoreWriter& writer) {
        return writer.setRunField(runs, field, value);
    });
}

void StoreEdits::changeTags(const std::vector<RunId>& runs, const QStringList& add, const QStringList& remove)
{
    const auto texts = [](const QStringList& list) {
        std::vector<std::string> out;
        for (const QString& text : list) {
            out.push_back(text.toStdString());
        }
        return out;
    };
    push(tr("Tag %n run(s)", nullptr, int(runs.size())),
        [runs, add = texts(add), remove = texts(remove)](
            StoreWriter& writer) { return writer.changeTags(runs, add, remove); });
}

void StoreEdits::setPointWord(
    const std::vector<PointId>& points, const QString& field, const QString& value, const QString& text)
{
    push(text, [points, field = field.toStdString(), value = value.toStdString()](StoreWriter& writer) {
        return writer.setPointWord(points, field, value);
    });
}

void StoreEdits::regroup(const std::vector<PointId>& points, std::optional<RunId> into)
{
    const int count = int(points.size());
    push(into ? tr("Move %n point(s) to another run", nullptr, count)
              : tr("Make a run of %n point(s)", nullptr, count),
        [points, into](StoreWriter& writer) { return writer.regroup(points, into); });
}

void StoreEdits::regroupAsFiled(const std::vector<PointId>& points)
{
    push(tr("Put %n point(s) back into the run of the file", nullptr, int(points.size())),
        [points](StoreWriter& writer) { return writer.regroupAsFiled(points); });
}

void StoreEdits::merge(const std::vector<RunId>& runs)
{
    push(tr("Merge %n run(s)", nullptr, int(runs.size())),
        [runs](StoreWriter& writer) { return writer.merge(runs); });
}

void StoreEdits::attach(
    const std::vector<SourceId>& files, RunId run, const QString& role, std::optional<RunId> insteadOf)
{
    for (const SourceId file : files) {
        push(tr("Give a file to a run"), [=, role = role.toStdString()](StoreWriter& writer) {
            return writer.attach(file, run, role, insteadOf);
        });
    }
}

void StoreEdits::detach(SourceId file, RunId run)
{
    push(
        tr("Take a file off its run"), [file, run](StoreWriter& writer) { return writer.detach(file, run); });
}

void StoreEdits::makeOwnResult(SourceId file)
{
    push(tr("Take a file for a result of its own"),
        [file](StoreWriter& writer) { return writer.setSameResult(file, std::nullopt); });
}

void StoreEdits::keepColour(RunId run, int slot)
{
    m_colours.emplace_back(run, slot);
    if (m_colours.size() > 1) {
        return;
    }
    QTimer::singleShot(500, this, [this] {
        const auto colours = std::exchange(m_colours, {});
        m_pool->start([database = m_database.toStdString(), colours, stop = m_stop.get_token()] {
            // A colour that cannot be kept is chosen anew next time; nothing else depends on it.
            (void)caught([&]() -> Result<void> {
                auto writer = StoreWriter::open(database, {}, stop, "keeping colours");
                for (std::size_t i = 0; writer && i < colours.size(); ++i) {
                    (void)(*writer)->setRunField(
                        { colours[i].first }, "colour", std::to_string(colours[i].second));
                }
                return {};
            });
        });
    });
}

void StoreEdits::setAlias(const QString& attribute, const QString& given, const QString& canonical)
{
    push(tr("Name %1").arg(given),
        [attribute = attribute.toStdString(), given = given.toStdString(),
            canonical = canonical.toStdString()](
            StoreWriter& writer) { return writer.setAlias(attribute, given, canonical); });
}

} // namespace prism::app
