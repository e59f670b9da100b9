// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/database.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace prism::store {

/// One reversible change of one row.
struct EditStep {
    enum class Kind : unsigned char { SourceState, RunField, Alias, Word, Decisions, Link, TwinOf };
    Kind kind = Kind::SourceState;
    std::int64_t id = 0; ///< source, run, or number of the point that a word is about (-1: about a run)
    std::string
        name; ///< field of the run or of the word, the alias's attribute, a bundle's shape, role of a link
    std::string
        given; ///< of an alias; of a word SHA-256 of the point's source, or uid of the run; of a link that
    std::string value; ///< state number, field value, word, canonical name (empty: none), SHA-256 of the
                       ///< richer source, or of a link '1' where the user said it, else '0', and why
    std::string saidAt {}; ///< of a word that is put back; empty: now
    std::string saidBy {}; ///< likewise
};

std::string encode(std::span<const EditStep> steps);
std::optional<std::vector<EditStep>> decodeSteps(std::span<const char> bytes);

/// The word is about a point of the source with these bytes.
inline bool isAboutPointOf(const EditStep& step, const std::string& sha256)
{
    return step.kind == EditStep::Kind::Word && step.id >= 0 && step.given == sha256;
}

/// Makes the change and returns the step that takes it back; empty when there is nothing to change, because
/// the row is gone, already so, or (a source) replaced by a newer reading of the same bytes. Within a
/// transaction of the caller.
Result<std::optional<EditStep>> apply(Database& database, const EditStep& step);

} // namespace prism::store
