// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/inspector/inspection.h"

#include "core/store/store.h"
#include "core/store/stored_source.h"

#include <QCoreApplication>

namespace prism::app {

namespace {

QString text(const Error& error)
{
    return QString::fromStdString(error.text());
}

} // namespace

Inspection inspectPoint(const QString& database, const std::shared_ptr<const ColumnTable>& table, PointId id)
{
    Inspection out;
    auto reader = StoreReader::open(database.toStdString());
    if (!reader) {
        out.problem = text(reader.error());
        return out;
    }
    auto point = (*reader)->point(id);
    if (!point) {
        out.problem = text(point.error());
        return out;
    }
    if (!*point) {
        out.problem = QCoreApplication::translate(
            "Inspection", "The point was removed meanwhile. Undo brings it back.");
        return out;
    }
    auto source = (*reader)->source((*point)->record.source);
    if (!source || !*source) {
        out.problem = source ? QCoreApplication::translate("Inspection", "The point's source is gone.")
                             : text(source.error());
        return out;
    }
    const auto measured = (*reader)->measured(id);
    auto attached = measured ? attachedFiles(**reader, (*point)->record.run, *measured)
                             : Result<std::vector<AttachedFile>>(measured.error());
    if (!attached) {
        out.problem = text(attached.error());
        return out;
    }
    out.attached = std::move(*attached);
    if (const auto row = table->rowOf(id)) {
        out.repetitions = repetitionsOf(*table, *row);
    }
    out.point = std::move(**point);
    out.source = std::move(**source);
    return out;
}

SourceText sourceText(const QString& database, const std::string& sha256, const QString& place)
{
    SourceText out;
    auto reader = StoreReader::open(database.toStdString());
    if (!reader) {
        out.problem = text(reader.error());
        return out;
    }
    const auto excerpt = read::excerpt(storedOriginal(**reader, sha256), place.toStdString());
    if (!excerpt) {
        out.problem = text(excerpt.error());
        return out;
    }
    const char* bytes = excerpt->text.data();
    const QString before = QString::fromUtf8(bytes, qsizetype(excerpt->markBegin));
    const QString marked
        = QString::fromUtf8(bytes + excerpt->markBegin, qsizetype(excerpt->markEnd - excerpt->markBegin));
    out.text = before + marked
        + QString::fromUtf8(bytes + excerpt->markEnd, qsizetype(excerpt->text.size() - excerpt->markEnd));
    out.firstLine = int(excerpt->firstLine);
    out.markBegin = int(before.size());
    out.markEnd = int(before.size() + marked.size());
    out.cutBefore = excerpt->cutBefore;
    out.cutBehind = excerpt->cutBehind;
    return out;
}

} // namespace prism::app
