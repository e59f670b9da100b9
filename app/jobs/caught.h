// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"

#include <cctype>
#include <exception>
#include <new>
#include <string>
#include <utility>

namespace prism::app {

/// What `work` returns, a Result; what it throws becomes the error, with `then` as what the user can do, in
/// lower case. The outermost call of a thread: an exception that leaves one ends the program, and with it
/// every other job and session.
template <class Work>
auto caught(Work work, const std::string& then = "try again") -> decltype(work())
{
    const auto fault = [&then](const std::string& what) {
        std::string remedy = then;
        remedy.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(remedy.front())));
        return Error { {}, {}, "Prism met a fault of its own" + what, std::move(remedy) };
    };
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return Error { {}, {}, "there is not enough memory to go on", "Close other programs and " + then };
    } catch (const std::exception& thrown) {
        return fault(std::string(" (") + thrown.what() + ')');
    } catch (...) {
        return fault({});
    }
}

/// The same of work that tells a failure in an answer of its own, which `failed` makes of the error. What
/// QtConcurrent runs goes through one of the two: else its continuation is never called, or throws in turn.
template <class Work, class Failed>
auto caughtAs(Work work, Failed failed) -> decltype(work())
{
    using Answer = decltype(work());
    Result<Answer> answer = caught([&] { return Result<Answer>(work()); });
    return answer ? std::move(*answer) : failed(answer.error());
}

} // namespace prism::app
