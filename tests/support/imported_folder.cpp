// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/imported_folder.h"
#include "prism_test_paths.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

namespace prism::test {

namespace {

class Recorder : public ImportObserver {
public:
    explicit Recorder(std::vector<FileResult>& results)
        : m_results(results)
    {
    }
    void file(const FileResult& result) override { m_results.push_back(result); }

private:
    std::vector<FileResult>& m_results;
};

} // namespace

ImportedFolder::ImportedFolder()
{
    if (!m_files.isValid() || !m_database.isValid()) {
        qFatal("no temporary folder");
    }
}

std::string ImportedFolder::path(const std::string& name) const
{
    return m_files.path().toStdString() + (name.empty() ? "" : '/' + name);
}

std::string ImportedFolder::databaseFile() const
{
    return m_database.path().toStdString() + "/prism.db";
}

void ImportedFolder::write(const std::string& name, const std::string& bytes) const
{
    const QString at = QString::fromStdString(path(name));
    QDir().mkpath(QFileInfo(at).path());
    QFile file(at);
    if (!file.open(QIODevice::WriteOnly)
        || file.write(bytes.data(), static_cast<qint64>(bytes.size())) != static_cast<qint64>(bytes.size())) {
        qFatal("cannot write %s", qPrintable(at));
    }
}

ImportSummary ImportedFolder::import(const std::vector<std::string>& names, ImportRequest request)
{
    request.database = databaseFile();
    for (const std::string& name : names) {
        request.paths.push_back(path(name));
    }
    if (request.paths.empty()) {
        request.paths.push_back(path());
    }
    if (request.importChild.empty()) {
        request.importChild = PRISM_BIN_DIR "/prism-import";
    }
    m_results.clear();
    Recorder recorder(m_results);
    const auto summary = runImport(request, recorder);
    if (!summary) {
        qFatal("%s", summary.error().text().c_str());
    }
    return *summary;
}

FileResult ImportedFolder::result(const std::string& ending) const
{
    for (const FileResult& result : m_results) {
        if (result.source.ends_with(ending)) {
            return result;
        }
    }
    return {};
}

std::unique_ptr<StoreReader> ImportedFolder::reader() const
{
    auto reader = StoreReader::open(databaseFile());
    if (!reader) {
        qFatal("%s", reader.error().text().c_str());
    }
    return std::move(*reader);
}

std::vector<PointDetail> ImportedFolder::points(const std::string& ending) const
{
    std::vector<PointDetail> out;
    const auto done = reader()->points([&](const SourceRecord& source, PointDetail&& point) {
        if (source.path.ends_with(ending)) {
            out.push_back(std::move(point));
        }
        return true;
    });
    if (!done) {
        qFatal("%s", done.error().text().c_str());
    }
    return out;
}

std::string ImportedFolder::sources() const
{
    const auto list = reader()->sources();
    if (!list) {
        qFatal("%s", list.error().text().c_str());
    }
    std::string out;
    for (const SourceRecord& source : *list) {
        out += (out.empty() ? "" : " ") + source.path.substr(source.path.rfind('/') + 1);
    }
    return out;
}

} // namespace prism::test
