// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <span>
#include <string>
#include <vector>

namespace prism::store {

/// The gaps of a request as a blob, every bit kept. Gaps of one request lie close together and mostly come of
/// decimal text: seen as whole numbers their bits agree at both ends, and only the bytes between are written.
///
///   shift (1 byte) · width (1 byte) · least value (8 bytes) · `width` bytes a gap
///
/// A gap is least + (its bytes << shift). Where that is no smaller they stand as they are, which they do in
/// every row before format 6: that form has a multiple of 8 bytes, and the other has not. Where it would, a
/// zero follows, and the upper bit of `width` is set.
void writeGaps(std::string& out, std::span<const double> gapsMs);

/// Puts them back; false when the bytes are damaged.
bool readGaps(std::span<const char> bytes, std::vector<double>& gapsMs);

} // namespace prism::store
