// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"

#include <exception>
#include <new>
#include <string>

namespace prism::app {

/// What `work` returns, a Result; what it throws becomes the error. The outermost call of a thread: an
/// exception that leaves one ends the program, and with it every other job and session.
template <class Work>
auto caught(Work work) -> decltype(work())
{
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return Error { {}, {}, "there is not enough memory to go on",
            "Close other programs and import the rest again; files that are complete are stored" };
    } catch (const std::exception& thrown) {
        return Error { {}, {}, std::string("Prism met a fault of its own (") + thrown.what() + ')',
            "Import the rest again; files that are complete are stored" };
    } catch (...) {
        return Error { {}, {}, "Prism met a fault of its own",
            "Import the rest again; files that are complete are stored" };
    }
}

} // namespace prism::app
