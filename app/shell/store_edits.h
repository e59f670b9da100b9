// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/writer.h"

#include <QObject>
#include <QString>
#include <QUndoStack>

#include <functional>
#include <optional>
#include <stop_token>

class QThreadPool;

namespace prism::app {

/// Changes of stored data by the user: done on a worker thread, one after the other, and kept on the undo
/// stack. An import is on the stack too: undoing it removes what it made visible.
class StoreEdits : public QObject {
    Q_OBJECT
public:
    StoreEdits(QString database, QObject* parent = nullptr);
    /// Gives up what still waits for another writer.
    ~StoreEdits() override;

    QUndoStack& undoStack() { return m_undo; }
    void imported(const std::vector<SourceId>& sources, const QString& name);
    /// An import kept what the user decided of its folder, with this edit; nothing without one.
    void remembered(const std::optional<std::int64_t>& edit);
    /// Removes the sources of these runs, with every other point that they hold.
    void removeRuns(const std::vector<RunId>& runs);
    void setRunField(
        const std::vector<RunId>& runs, const QString& field, const QString& value, const QString& text);
    /// Tags of each run on their own.
    void changeTags(const std::vector<RunId>& runs, const QStringList& add, const QStringList& remove);
    /// Fields of StoreWriter::setPointWord(); an empty value takes the word back.
    void setPointWord(
        const std::vector<PointId>& points, const QString& field, const QString& value, const QString& text);
    void regroup(const std::vector<PointId>& points, std::optional<RunId> into); ///< none: a run of their own
    void regroupAsFiled(const std::vector<PointId>& points);
    void merge(const std::vector<RunId>& runs); ///< into the first
    /// Gives stored files to a run; without a role by what they hold.
    void attach(const std::vector<SourceId>& files, RunId run, const QString& role,
        std::optional<RunId> insteadOf = std::nullopt);
    void detach(SourceId file, RunId run);
    void makeOwnResult(SourceId file); ///< the same as no other
    /// No change of the user's: not on the undo stack. Several are written together.
    void keepColour(prism::RunId run, int slot);
    void setAlias(const QString& attribute, const QString& given, const QString& canonical);

Q_SIGNALS:
    void done(); ///< the store changed
    void failed(const QString& why);
    void waiting(const QString& writer); ///< another program writes; the change follows it

private:
    friend class StoreCommand;
    using Change = std::function<Result<Edit>(StoreWriter&)>;
    /// Runs on the worker; `then` gets the edit that takes it back, on the GUI thread.
    void run(Change change, std::function<void(const Edit&)> then);
    void push(const QString& text, Change change);

    QString m_database;
    QUndoStack m_undo;
    QThreadPool* m_pool;
    std::stop_source m_stop;
    std::vector<std::pair<RunId, int>> m_colours; ///< waiting to be written
};

} // namespace prism::app
