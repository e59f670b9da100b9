// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/bundle/preview.h"
#include "core/store/store.h"
#include "core/store/writer.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QStringList>
#include <QTemporaryDir>
#include <QTest>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace prism::test {

/// Keeps what an import says of its files.
class Observer : public ImportObserver {
public:
    void progress(const ImportProgress& p) override
    {
        last = p;
        if (onProgress) {
            onProgress();
        }
    }
    void file(const FileResult& result) override { files.push_back(result); }
    std::vector<FileResult> files;
    ImportProgress last;
    std::function<void()> onProgress;
};

/// A folder that is imported, and the database in which it is looked up.
class ImportedBundle {
protected:
    /// A fresh folder and database, and a request to import the one into the other.
    void begin(const QString& folder = QStringLiteral("bundle-XXXXXX"))
    {
        m_dir = std::make_unique<QTemporaryDir>(QDir::temp().filePath(folder));
        m_databaseDir = std::make_unique<QTemporaryDir>();
        m_request = {};
        m_request.database = database();
        m_request.paths = { m_dir->path().toStdString() };
    }
    QString file(const QString& name) const { return m_dir->filePath(name); }
    QString file(const char* name) const { return file(QString::fromUtf8(name)); }
    std::string database() const
    {
        return m_databaseDir->filePath(QStringLiteral("bundles.db")).toStdString();
    }
    void write(const QString& name, const QByteArray& bytes)
    {
        QFile out(file(name));
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(bytes);
    }
    std::vector<PointDetail> shownPoints() const
    {
        std::vector<PointDetail> points;
        auto reader = StoreReader::open(database());
        if (reader) {
            (void)(*reader)->points([&](const SourceRecord&, PointDetail&& point) {
                points.push_back(std::move(point));
                return true;
            });
        }
        return points;
    }
    SourceId sourceOf(const std::string& ending) const
    {
        const auto reader = StoreReader::open(database());
        const auto sources = reader ? (*reader)->sources() : reader.error();
        for (const SourceRecord& source : sources ? *sources : std::vector<SourceRecord>()) {
            if (source.path.ends_with(ending)
                && source.path.find(" + ", source.path.rfind('/')) == std::string::npos) {
                return source.id;
            }
        }
        return 0;
    }
    /// Mean and p99 of the TTFT of each shown point, sorted.
    QString numbersShown() const
    {
        QStringList all;
        for (const PointDetail& point : shownPoints()) {
            all << QStringLiteral("%1/%2")
                       .arg(told(point, "ttft", Stat::mean()))
                       .arg(told(point, "ttft", Stat::percentile(99)));
        }
        all.sort();
        return all.join(QLatin1Char(' '));
    }
    static double told(const PointDetail& point, std::string_view metric, Stat stat)
    {
        for (const Measure& measure : point.measures) {
            if (measure.metric->id == metric && measure.stat == stat) {
                return measure.value;
            }
        }
        return -1;
    }
    ImportSummary import()
    {
        Observer observer;
        const auto summary = runImport(m_request, observer);
        if (!summary) {
            qWarning("%s", summary.error().text().c_str());
            return {};
        }
        if (summary->remembered) {
            m_remembered = summary->remembered;
        }
        return *summary;
    }
    RunId runWithPoints() const
    {
        auto reader = StoreReader::open(database());
        const auto runs = reader ? (*reader)->runs() : Result<std::vector<RunRecord>>(reader.error());
        for (std::size_t i = 0; runs && i < runs->size(); ++i) {
            if ((*runs)[i].points > 0) {
                return (*runs)[i].id;
            }
        }
        return 0;
    }
    QString links() const
    {
        auto reader = StoreReader::open(database());
        QStringList found;
        const auto all = (*reader)->linksOf(runWithPoints());
        for (std::size_t i = 0; all && i < all->size(); ++i) {
            const LinkRecord& link = (*all)[i];
            found << QFileInfo(QString::fromStdString(link.source.path)).fileName() + QLatin1Char(':')
                    + QString::fromStdString(link.text.role);
        }
        found.sort();
        return found.join(QLatin1Char(' '));
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    std::unique_ptr<QTemporaryDir> m_databaseDir;
    ImportRequest m_request;
    std::optional<std::int64_t> m_remembered;
};

} // namespace prism::test
