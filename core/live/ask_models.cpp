// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/ask_models.h"

#include "core/live/loopback_get.h"
#include "probes/protocol/message.h"

#include <boost/json.hpp>

#include <algorithm>
#include <thread>

namespace prism::live {

namespace {

constexpr std::size_t mostAtOnce = 64; ///< each on a thread
constexpr std::size_t mostPorts = 4; ///< as the helper asks itself
constexpr std::size_t mostName = 256;

bool isAsked(const FoundServer& server)
{
    return (server.unasked || server.modelUnasked) && !server.ports.empty();
}

/// What the helper says of a question that it could not put is no longer so.
void takeBack(std::vector<std::string>& notes)
{
    std::erase_if(notes, [](const std::string& note) { return note.starts_with(wire::modelsNotAsked); });
}

std::string text(const boost::json::object& object, std::string_view key)
{
    const boost::json::value* const value = object.if_contains(key);
    const boost::json::string* const string = value != nullptr ? value->if_string() : nullptr;
    return string != nullptr ? std::string(std::string_view(*string).substr(0, mostName)) : std::string();
}

enum class Answer : std::uint8_t { NotAsked, NoServer, Speaks };

/// The port that speaks the interface comes first. Of a server that is known by name only the first is asked:
/// others may be its workers', whose protocol a question is not.
Answer ask(FoundServer& server, std::chrono::milliseconds patience)
{
    const std::size_t count = std::min(server.ports.size(), server.unasked ? mostPorts : 1);
    Answer outcome = Answer::NotAsked;
    for (std::size_t i = 0; i < count; ++i) {
        FoundServer there = server;
        std::swap(there.ports.front(), there.ports[i]);
        if (i < there.addresses.size()) {
            std::swap(there.addresses.front(), there.addresses[i]);
        }
        const auto address = addressOf(there);
        if (!address) {
            continue;
        }
        takeBack(server.notes);
        const auto answer = askLoopback(*address, "/v1/models", "application/json", patience);
        if (answer && (answer->status == 401 || answer->status == 403)) {
            server.notes.emplace_back("It asks for a key before it names its models");
            return Answer::NotAsked; // it said nothing, and may be a server
        }
        outcome = Answer::NoServer;
        if (answer && answer->status == 200 && takeModels(server, answer->body)) {
            server.ports = std::move(there.ports);
            server.addresses = std::move(there.addresses);
            return Answer::Speaks;
        }
    }
    return outcome;
}

} // namespace

bool takeModels(FoundServer& server, std::string_view body)
{
    boost::system::error_code error;
    const boost::json::value root = boost::json::parse(body, error);
    const boost::json::object* const list = error ? nullptr : root.if_object();
    const boost::json::value* const data = list != nullptr ? list->if_contains("data") : nullptr;
    if (data == nullptr || !data->is_array() || !list->contains("object")) {
        return false;
    }
    const boost::json::array& models = data->get_array();
    const boost::json::object* const first = models.empty() ? nullptr : models.front().if_object();
    if (first == nullptr) {
        return true;
    }
    if (server.model.empty()) {
        server.model = text(*first, "id");
    }
    const std::string owner = text(*first, "owned_by");
    if (server.unasked && (owner == "vllm" || owner == "sglang" || owner == "llamacpp")) {
        server.engine = owner == "llamacpp" ? "llama.cpp" : owner;
    }
    return true;
}

std::size_t keepThoseThatSpeak(
    std::vector<FoundServer>& servers, bool here, std::chrono::milliseconds patience)
{
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; here && i < servers.size(); ++i) {
        if (isAsked(servers[i])) {
            asked.push_back(i);
        }
    }
    std::vector<Answer> answers(servers.size(), Answer::NotAsked);
    for (std::size_t begin = 0; begin < asked.size(); begin += mostAtOnce) {
        std::vector<std::thread> threads;
        for (std::size_t i = begin; i < std::min(begin + mostAtOnce, asked.size()); ++i) {
            threads.emplace_back([&server = servers[asked[i]], &answer = answers[asked[i]], patience] {
                answer = ask(server, patience);
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
    }
    std::size_t next = 0, notAsked = 0;
    std::erase_if(servers, [&](FoundServer& server) {
        const Answer answer = answers[next++];
        const bool gone = server.unasked && answer != Answer::Speaks;
        notAsked += gone && answer == Answer::NotAsked ? 1 : 0;
        server.unasked = server.modelUnasked = false;
        return gone;
    });
    return notAsked;
}

} // namespace prism::live
