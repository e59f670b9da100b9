// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/compress.h"
#include "core/store/reader_impl.h"
#include "core/store/source_rows.h"
#include "core/store/trace_blobs.h"

namespace prism {

using namespace store;

namespace {
constexpr std::size_t batchBytes = 8u << 20; ///< what a full batch can be at most, unpacked
constexpr std::size_t sheetBytes = 64u << 20;
} // namespace

Result<std::optional<Trace>> StoreReader::trace(SourceId id)
{
    if (auto fresh = m_impl->reconnectIfChanged(); !fresh) {
        return fresh.error();
    }
    const Snapshot snapshot(*m_impl->database);
    auto sheet = m_impl->database->prepare("SELECT t.data FROM trace_sheet t JOIN source s ON s.id = t.source"
                                           " WHERE s.state = 1 AND t.source = ?",
        false);
    auto batches = m_impl->database->prepare(
        "SELECT data FROM trace_batch WHERE id BETWEEN ? AND ? ORDER BY id", false);
    if (!snapshot.begun() || !sheet || !batches) {
        return !snapshot.begun() ? snapshot.begun().error() : !sheet ? sheet.error() : batches.error();
    }
    sheet->start(id);
    auto row = sheet->next();
    if (!row || !*row) {
        return row ? Result<std::optional<Trace>>(std::nullopt) : row.error();
    }
    Trace trace;
    const auto sheetText = unpack(sheet->blob(0), sheetBytes);
    bool sound = sheetText && readSheet(*sheetText, trace.sheet);
    batches->start(id << 32, id << 32 | 0xffffffff);
    for (row = batches->next(); sound && row && *row; row = batches->next()) {
        const auto batch = unpack(batches->blob(0), batchBytes);
        sound = batch && readBatch(*batch, trace.events) && trace.events.spans.size() <= mostSpansOfTrace;
    }
    if (!row) {
        return row.error();
    }
    if (!sound || !fits(trace.events, trace.sheet)) {
        return damaged(m_impl->file, "the timeline of source " + std::to_string(id));
    }
    return std::optional(std::move(trace));
}

} // namespace prism
