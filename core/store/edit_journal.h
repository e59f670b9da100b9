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
    enum class Kind : unsigned char { SourceState, RunField, Alias };
    Kind kind = Kind::SourceState;
    std::int64_t id = 0; ///< source or run
    std::string name; ///< column of the run, or the alias's attribute
    std::string given; ///< of an alias
    std::string value; ///< state number, field value, or canonical name (empty: none)
};

std::string encode(std::span<const EditStep> steps);
std::optional<std::vector<EditStep>> decodeSteps(std::span<const char> bytes);

/// Makes the change and returns the step that takes it back; empty when there is nothing to change, because
/// the row is gone, already so, or (a source) replaced by a newer reading of the same bytes. Within a
/// transaction of the caller.
Result<std::optional<EditStep>> apply(Database& database, const EditStep& step);

} // namespace prism::store
