// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/job.h"
#include "core/store/store.h"

#include <QTemporaryDir>

#include <memory>
#include <string>
#include <vector>

namespace prism::test {

/// A folder of files and a database beside it, imported by the real parser.
class ImportedFolder {
public:
    ImportedFolder();

    std::string path(const std::string& name = {}) const;
    std::string databaseFile() const;
    void write(const std::string& name, const std::string& bytes) const;
    /// Imports these files, or all of the folder. Ends the test program where the job itself fails.
    ImportSummary import(const std::vector<std::string>& names = {}, ImportRequest request = {});

    const std::vector<FileResult>& results() const { return m_results; }
    /// Of the file or member whose name ends so; an empty one when there is none.
    FileResult result(const std::string& ending) const;
    std::unique_ptr<StoreReader> reader() const;
    /// Points of the file whose name ends so, in their order.
    std::vector<PointDetail> points(const std::string& ending) const;
    /// "a.json c.json": the sources that are stored.
    std::string sources() const;

private:
    QTemporaryDir m_files;
    QTemporaryDir m_database; ///< apart, so that a walk does not meet it
    std::vector<FileResult> m_results;
};

} // namespace prism::test
