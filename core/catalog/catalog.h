// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
#include "core/model/result.h"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prism {

/// Canonical names of models, accelerators, engines and precisions, from the data files in
/// resources/catalogs.
///
/// A spelling is compared by its tokens: lower-case runs of letters and digits, so that
/// "NVIDIA-H100-80GB-HBM3" holds the token h100 and "L40S" never holds l4. The alias with the most tokens
/// that occurs as a whole wins; what no alias fits stays as given. Immutable and thread-safe.
class Catalog {
public:
    /// The catalog that ships with the program, read once; an error names the file that is missing or broken.
    static const Result<Catalog>& standard();
    static Result<Catalog> read(const std::string& folder);

    /// Canonical name of a value of the attribute (model, accelerator, engine, precision); empty when
    /// unknown.
    std::optional<std::string> canonical(std::string_view attribute, std::string_view given) const;

    /// Replaces the point's names by canonical ones and keeps the file's own text in Attribute::given. A
    /// model name that ends in a precision ("…-FP8", "…-AWQ") gives the precision too, as a derived
    /// attribute, where none is stated.
    void apply(LoadPoint& point) const;

private:
    struct Alias {
        std::vector<std::string> tokens;
        std::size_t name = 0; ///< index into Names::names
    };
    struct Names {
        std::vector<std::string> names;
        std::unordered_map<std::string, std::vector<Alias>> byFirstToken; ///< longest alias first
        /// Words that say nothing (vendor, memory size): passed over when the whole text must fit.
        std::vector<std::string> noise;
        bool wholeText
            = false; ///< an alias must cover all tokens but noise (models), not just occur (accelerators)
    };

    std::optional<std::string> find(const Names& names, std::vector<std::string> tokens) const;
    std::optional<std::string> modelOf(std::string_view given, std::optional<std::string>& precision) const;

    std::unordered_map<std::string, Names> m_byAttribute;
};

/// Folder of the program's data files: PRISM_RESOURCES, else the source tree it was built from, else the
/// installed one.
std::string resourceFolder();

} // namespace prism
