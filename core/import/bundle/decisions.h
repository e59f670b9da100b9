// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prism {

/// The user's word on one file of a bundle.
struct Decision {
    enum class Kind {
        Apart, ///< it belongs to no other: a result is a run of its own, anything else stays alone
        ToRunOf, ///< it belongs to the run of `target`
        TwinOf, ///< it is the same result as `target`, which stands before it
        LeaveOut, ///< it is not imported
    };
    Kind kind = Kind::Apart;
    /// Paths below the bundle's root, or patterns of such paths: "c4/gpu.csv", "c#/gpu.csv".
    std::string file;
    std::string target;
    /// The change by which it is remembered for folders of the shape; 0: it was said of this folder.
    std::int64_t edit = 0;

    friend bool operator==(const Decision&, const Decision&) = default;
};

/// ", as you decided for folders of this shape (edit 7)"; empty of what was said of this folder.
std::string whenceOf(std::int64_t edit);

/// A path below the root with its numbers as '#', so that it stands for the same file of the next folder.
std::string patternOf(std::string_view path);
/// Whether a path below the root is one that `pattern` means.
bool matches(std::string_view pattern, std::string_view path);

/// The last word on each file, found without a walk over all of them.
class LastWords {
public:
    LastWords() = default;
    LastWords(const std::vector<Decision>& decisions, std::string root);

    struct Word {
        std::size_t number = 0; ///< of the decision
        Decision::Kind kind = Decision::Kind::Apart;
        std::int64_t edit = 0;
    };
    /// Of the file at this path, which may lie elsewhere; nothing where nothing was said.
    std::optional<Word> on(std::string_view path) const;

private:
    std::string m_root;
    std::unordered_map<std::string, Word> m_words; ///< by path below the root, or pattern
};

/// The folder that all paths have in common, with its separator; empty when there is none.
std::string commonFolder(const std::vector<std::string_view>& paths);

/// The shape of a folder: which files lie where in it below `root`, however many there are of each. Equal for
/// the next folder of the same make.
std::string shapeOf(const std::vector<std::string_view>& paths, const std::string& root);

/// A heading, so that what is remembered is never empty, and a line a decision: "apart c#/gpu.csv", with tabs
/// between its words.
std::string textOf(const std::vector<Decision>& decisions);
Result<std::vector<Decision>> decisionsOf(std::string_view text);

/// The same decisions for the next folder of this shape: paths become patterns.
std::vector<Decision> generalised(std::vector<Decision> decisions);

} // namespace prism
