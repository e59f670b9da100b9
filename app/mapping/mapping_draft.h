// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/mapping/file_look.h"

#include <QObject>
#include <QUndoStack>

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>

namespace prism::app {

/// The mapping that a window edits: every change goes through edit() and can be undone. Knows the file that
/// it is made for, where there is one, and what is still wrong.
class MappingDraft : public QObject {
    Q_OBJECT
public:
    explicit MappingDraft(QObject* parent = nullptr);

    const Mapping& mapping() const { return m_mapping; }
    /// Begins anew: nothing can be undone.
    void start(Mapping mapping);
    /// Null before a file was looked at.
    const FileLook* look() const { return m_look.get(); }
    /// What the names of a new look propose is added where nothing is mapped yet, unless `propose` is false.
    void setLook(std::shared_ptr<const FileLook> look, bool propose);

    /// Does nothing when the change changes nothing.
    void edit(const QString& text, const std::function<void(Mapping&)>& change);
    QUndoStack& undoStack() { return m_undo; }

    /// The column's value, null when it is not used.
    const MappedValue* valueOf(const std::string& column) const;
    void setValue(const MappedValue& value); ///< of its column
    void dropValue(const std::string& column);
    void accept(const std::vector<std::string>& columns);
    void acceptAll(); ///< all but those that something is missing of
    /// What a row is. Columns that cannot be what they were get a new proposal by their names.
    void setRow(Mapping::Row row);

    int proposals() const; ///< that nobody accepted yet
    int acceptable() const; ///< of them those that nothing is missing of
    /// What is wrong with a value once it is accepted; a column that the file does not have is wrong too.
    const Error* problemOf(std::size_t value) const;
    /// All of them, what concerns the mapping as a whole first.
    const std::vector<MappingProblem>& problems() const { return m_problems; }
    /// In order, accepted, and fit for the file.
    bool isReady() const { return m_problems.empty() && proposals() == 0; }

    /// What is saved: with the shape of the file that was looked at, under a name.
    Mapping named(const std::string& name) const;
    /// Changed since start() or setSaved().
    bool isDirty() const { return !m_undo.isClean(); }
    void setSaved() { m_undo.setClean(); }

Q_SIGNALS:
    void changed();
    void lookChanged();

private:
    friend class MappingEdit;
    void take(const Mapping& mapping);
    void check();
    void proposeForRest(Mapping& mapping, const std::map<std::string, std::string>& units) const;

    Mapping m_mapping;
    std::shared_ptr<const FileLook> m_look;
    QUndoStack m_undo;
    std::vector<MappingProblem> m_problems;
    std::unordered_map<std::string, std::size_t> m_values; ///< number of a column's value
    std::unordered_map<std::size_t, std::size_t> m_problemOf; ///< number of a value's problem
};

} // namespace prism::app
