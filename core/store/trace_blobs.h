// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/trace.h"
#include "core/store/codec.h"

namespace prism::store {

/// A batch of spans and flow points, column by column as differences: 5 to 8 bytes a span, a third of that
/// once compressed. The same bytes go through the importer's pipe and, compressed, into the store.
void writeBatch(BlobWriter& out, const TraceBatch& batch);
/// Appends to `batch`. False for bytes that are no batch or name more than mostOfTraceBatch.
bool readBatch(std::span<const char> bytes, TraceBatch& batch);

void writeSheet(BlobWriter& out, const TraceSheet& sheet);
bool readSheet(std::span<const char> bytes, TraceSheet& sheet);

/// Whether all that a batch points to stands in the sheet.
bool fits(const TraceBatch& batch, const TraceSheet& sheet);

} // namespace prism::store
