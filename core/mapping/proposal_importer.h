// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"
#include "core/mapping/mapping.h"

#include <optional>

namespace prism {

/// Looks at a file of unknown make and answers, in points that nobody stores, with a proposed mapping and the
/// first rows. An importer, because it is the parser's process that opens what nobody trusts. Recognises
/// nothing: it is asked by its id.
///
/// Extras of the first point: "mapping" is the text of the mapping; "column" are the names of all columns,
/// one an extra, those beside the rows of a document ("^/model") too; "array" are the pointers of a
/// document's arrays of objects, which could be its rows. Each further point is a row: "cell" are its cells
/// in the order of the columns, and "number/2" is how the number of the third one is read where that is not
/// what its text shows (number_marks.h). Of wide tables there are fewer rows.
class ProposalImporter : public Importer {
public:
    static constexpr std::string_view id = "mapping-proposal";
    static constexpr std::size_t rowsShown = 50;
    static constexpr std::size_t mostColumns = 50'000;

    /// With a mapping the file is looked at as it says: its header row, delimiter and place of the rows.
    explicit ProposalImporter(std::optional<Mapping> as = std::nullopt)
        : m_as(std::move(as))
    {
    }

    ImporterInfo info() const override { return { id, "mapping proposal", 2, 0 }; }
    std::optional<Match> recognise(const Sample&) const override { return std::nullopt; }
    Result<void> read(Input& input, Sink& sink) const override;

private:
    std::optional<Mapping> m_as;
};

} // namespace prism
