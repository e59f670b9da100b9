// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/point_writer.h"
#include "core/read/text.h"

#include <optional>
#include <string_view>

namespace prism::formats {

/// What the accuracy scripts of the reference print into accuracy.txt, of 64 KiB at most.
bool isMlperfAccuracy(std::string_view text);

class MlperfAccuracy {
public:
    void line(const read::TextLine& line);
    /// Nothing when no score has a known unit. `path` is the file's.
    std::optional<LoadPoint> take(std::string_view path);
    /// The hash of the answers stood in the file: it is one of these, whatever its scores.
    bool hashed() const { return m_hashed; }

private:
    PointWriter m_out { 0 };
    bool m_hashed = false;
};

} // namespace prism::formats
