// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "probes/helper/discovery/servers.h"
#include "probes/protocol/message.h"

namespace prism::probes {

/// One line of `list --json` (the contract's "live list"), without the line's end.
std::string jsonLine(const Server& server);
/// A table for people, with the notes below it.
std::string humanTable(const Discovery& found);
/// The fields of a Reply to Verb::List, and of the reply to Attach.
void appendServer(wire::FieldWriter& fields, const Server& server);

/// A JSON string with its quotation marks; bytes that are no UTF-8 become U+FFFD.
std::string jsonString(std::string_view text);

} // namespace prism::probes
