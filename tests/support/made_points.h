// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/store.h"
#include "core/store/writer.h"

#include <QTemporaryDir>

#include <string>
#include <vector>

namespace prism::test {

/// A load point with every kind of attribute, origin and status; `seed` changes the numbers.
LoadPoint madePoint(std::uint32_t index, int seed = 0);
RequestRow madeRequest(std::uint32_t index, std::size_t gaps = 3);
RunKey madeRun(const std::string& key = "run-a");
/// A source whose hash is made from its name.
NewSource madeSource(const std::string& path);

/// A database in a folder that goes with it.
class TemporaryStore {
public:
    std::string file() const { return m_folder.filePath(QStringLiteral("bench.db")).toStdString(); }
    std::string folder() const { return m_folder.path().toStdString(); }
    /// Fail the test when they cannot be opened.
    std::unique_ptr<StoreWriter> writer() const;
    std::unique_ptr<StoreReader> reader() const;
    /// Imports one source with these points, one run for all of them, and makes it visible.
    SourceId add(const std::string& path, const std::vector<LoadPoint>& points,
        const std::string& run = "run-a") const;

private:
    QTemporaryDir m_folder;
};

/// Rows of a table, read past the store; -1 on an error.
std::int64_t rawCount(const std::string& file, const std::string& fromWhere);
std::string rawText(const std::string& file, const std::string& sql);

} // namespace prism::test
