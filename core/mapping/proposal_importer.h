// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/import/importer.h"

namespace prism {

/// Looks at a file of unknown make and answers, in one point that nobody stores, with a proposed mapping and
/// its first rows. An importer, because it is the parser's process that opens what nobody trusts. Recognises
/// nothing: it is asked by its id.
///
/// The point's extras: "mapping" is the text of the mapping; "column" are the names of all columns, one an
/// extra, those beside the rows of a document ("^/model") too; "row/N" are the cells of row N in their order.
class ProposalImporter : public Importer {
public:
    static constexpr std::string_view id = "mapping-proposal";
    static constexpr std::size_t rowsShown = 50;

    ImporterInfo info() const override { return { id, "mapping proposal", 1, 0 }; }
    std::optional<Match> recognise(const Sample&) const override { return std::nullopt; }
    Result<void> read(Input& input, Sink& sink) const override;
};

} // namespace prism
