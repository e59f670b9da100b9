// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/probes/servers/small/shaped_server/connection.h"
#include "tests/probes/servers/small/shaped_server/wanted.h"

namespace prism::test {

/// Writes the answer in the wanted shape; false when the connection is at its end.
///
///  events       header, then an event a write, [DONE] and `0\r\n\r\n` as writes of their own
///  merged       several token events in one write
///  split        every event in two writes, cut in the middle of its text
///  last_byte    the last byte of every event in a write of its own
///  one_write    header and all events in one write
///  role_token   the role event and the first token in one write (llama.cpp)
///  empty_token  the first token has no text (half a character)
///  split_end    the end of the body as `0\r\n` and `\r\n`
///  usage_last   finish, usage in one write
///  length       JSON with Content-Length, header and body in two writes
///  plain        JSON with Content-Length in one write
///  chunked      JSON in chunks
///  until_close  events without a length: the connection's end is the body's end
///  early        413 before the request's body has come, then the connection is closed
///  half         hangs up in the middle of the stream
bool answer(Connection& connection, const Wanted& wanted);

} // namespace prism::test
