// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/file_in_flight.h"

namespace prism {

/// Answers for bytes that the store has or had: they are not read again. Bytes that are there change nothing;
/// bytes that were removed come back where they would be read the same now. Of one job, which it must not
/// outlive.
class KnownBytes {
public:
    explicit KnownBytes(StoreWriter& writer)
        : m_writer(writer)
    {
    }

    struct Answer {
        bool answered = false; ///< the result says all; else the bytes are to be read
        std::optional<SourceId> restored; ///< the source that came back
    };
    /// Asks by the result's hash. `batch`: hashes stored by this job. An error is the store's own.
    Result<Answer> answer(FileResult& result, const Batch& batch);

private:
    bool allKnown(const std::vector<std::string>& members, const Batch& batch);
    Result<void> describeRestored(FileResult& result, SourceId source);

    StoreWriter& m_writer;
    std::map<std::string, std::vector<std::string>> m_restoredBehind; ///< by sha256 of the richer file
};

} // namespace prism
