// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"

#include <string>
#include <vector>

namespace prism::live {

/// A way to the helper (prism-probed).
struct HelperAddress {
    enum Kind {
        Socket, ///< `path`: the service's socket
        Program, ///< `command` is run and spoken to over its standard input and output
        None, ///< nobody is asked: only what a server on this machine reports at its /metrics is seen
    };
    Kind kind = Socket;
    std::string path;
    std::vector<std::string> command;
    std::string shown; ///< for a person: "the prism-probed service", "ssh gpu7"
    bool here = true; ///< what it observes is this machine
};

/// `overrule`: empty, a path (a socket or a program), "ssh:HOST", or "none". Without it: the service's socket
/// /run/prism/probed.sock if it is there, else the program beside this one or in libexec when root, else the
/// same through pkexec. The error says what was looked for and what would help.
Result<HelperAddress> findHelper(const std::string& overrule);

/// Who can list what runs here: what findHelper() finds, without rights where they would cost a password,
/// else, where it finds no way to any rights, the program beside this one as the user who asks.
Result<HelperAddress> findLister(const std::string& overrule);

/// It runs through pkexec: starting it asks for an administrator's password.
bool asksForPassword(const HelperAddress& address);
/// The same program as the user who asks: it lists what everybody may see, and asks for nothing.
HelperAddress withoutRights(HelperAddress address);

} // namespace prism::live
