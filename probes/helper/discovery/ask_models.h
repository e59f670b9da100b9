// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace prism::probes {

/// A listening socket to be asked GET /v1/models, on its own address on this machine.
struct ModelsQuestion {
    int pid = 0; ///< whose network namespace the socket is in
    bool foreignNamespace = false;
    std::string address; ///< as it listens: "127.0.0.1", "::"
    std::uint16_t port = 0;
};

struct ModelsAnswer {
    bool asked = false; ///< false: `note` says why not
    bool speaks = false; ///< answered with a list of models in the form of the OpenAI interface
    bool wantsKey = false; ///< answered that it asks for a key first: it may speak
    std::string model; ///< first id of the list
    std::string ownedBy; ///< "vllm", "llamacpp", "sglang" …
    std::string note; ///< one sentence when there is something to say
};

/// Asks all at once, in forked children that have given up every right, hold no file and read at most 64 KiB
/// an answer (root becomes nobody, or where it may not, no file can be opened); done within `milliseconds`. A
/// socket in another network namespace is asked from within it, where we may enter (CAP_SYS_ADMIN). Nothing
/// is sent to another machine. Answers stand in the order of the questions. The children allocate: with other
/// threads in the process that takes a C library whose allocator survives fork, as glibc's.
std::vector<ModelsAnswer> askModels(const std::vector<ModelsQuestion>& questions, int milliseconds);

/// Reads the answer of a server; any bytes are survived. Exposed for tests.
ModelsAnswer readModelsAnswer(const std::string& response);

} // namespace prism::probes
