// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/made_points.h"

#include <algorithm>
#include <memory>

namespace prism::test {

inline PointDetail pointOf(const TemporaryStore& store, PointId id)
{
    auto point = store.reader()->point(id);
    return point && *point ? **point : PointDetail {};
}

inline RunRecord runOf(const TemporaryStore& store, RunId id)
{
    const auto runs = store.reader()->runs();
    const auto it = std::find_if(runs->begin(), runs->end(), [id](const RunRecord& r) { return r.id == id; });
    return it == runs->end() ? RunRecord {} : *it;
}

inline std::shared_ptr<const ColumnTable> tableOf(const TemporaryStore& store)
{
    return *store.reader()->table();
}

} // namespace prism::test
