// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/live/messages.h"

#include "core/live/assembly.h"

namespace prism::live {

namespace {

using wire::AttachKey;
using wire::ServerKey;

constexpr std::size_t mostOfAKind = 256;

template <class T>
void append(std::vector<T>& to, T value)
{
    if (to.size() < mostOfAKind) {
        to.push_back(std::move(value));
    }
}

std::uint32_t narrow(std::uint64_t value)
{
    return value > UINT32_MAX ? 0 : static_cast<std::uint32_t>(value);
}

void readTier(FoundServer& server, const wire::Field& field)
{
    if (field.is(ServerKey::Tier)) {
        append(server.tiers, TierChoice { static_cast<int>(field.integer & 0xff), false, {}, {} });
        return;
    }
    if (server.tiers.empty()) {
        return;
    }
    TierChoice& tier = server.tiers.back();
    if (field.is(ServerKey::Possible)) {
        tier.possible = field.integer != 0;
    } else if (field.is(ServerKey::Reason)) {
        tier.reason = field.text;
    } else if (field.is(ServerKey::Remedy)) {
        tier.remedy = field.text;
    } else if (field.is(ServerKey::NeedsRights)) {
        tier.needsRights = field.integer != 0;
    }
}

} // namespace

void writeServer(wire::FieldWriter& out, const FoundServer& server)
{
    out.integer(ServerKey::Pid, server.pid).integer(ServerKey::StartTicks, server.startTicks);
    const auto text = [&out](ServerKey key, const std::string& value) {
        if (!value.empty()) {
            out.text(key, value);
        }
    };
    text(ServerKey::User, server.user);
    text(ServerKey::Engine, server.engine);
    text(ServerKey::EngineVersion, server.engineVersion);
    text(ServerKey::Model, server.model);
    for (std::size_t i = 0; i < server.ports.size(); ++i) {
        out.integer(ServerKey::Port, server.ports[i]);
        if (i < server.addresses.size()) {
            text(ServerKey::Address, server.addresses[i]);
        }
    }
    for (const std::string& accelerator : server.accelerators) {
        text(ServerKey::Accelerator, accelerator);
    }
    text(ServerKey::Container, server.container);
    if (server.innerPid != 0) {
        out.integer(ServerKey::InnerPid, server.innerPid);
    }
    text(ServerKey::Role, server.role);
    for (const std::uint32_t process : server.processes) {
        out.integer(ServerKey::Process, process);
    }
    for (const std::uint32_t upstream : server.upstreams) {
        out.integer(ServerKey::Upstream, upstream);
    }
    text(ServerKey::Command, server.command);
    for (const TierChoice& tier : server.tiers) {
        out.integer(ServerKey::Tier, static_cast<std::uint64_t>(tier.tier))
            .integer(ServerKey::Possible, tier.possible ? 1 : 0);
        text(ServerKey::Reason, tier.reason);
        text(ServerKey::Remedy, tier.remedy);
        if (tier.needsRights) {
            out.integer(ServerKey::NeedsRights, 1);
        }
    }
    if (server.unasked) {
        out.integer(ServerKey::Unasked, 1);
    }
    if (server.modelUnasked) {
        out.integer(ServerKey::ModelUnasked, 1);
    }
    for (const std::string& note : server.notes) {
        out.text(ServerKey::Note, note);
    }
}

FoundServer readServer(std::span<const std::byte> fields)
{
    FoundServer server;
    wire::FieldWalk walk(fields);
    while (const auto field = walk.next()) {
        switch (static_cast<ServerKey>(field->key)) {
        case ServerKey::Pid:
            server.pid = narrow(field->integer);
            break;
        case ServerKey::StartTicks:
            server.startTicks = field->integer;
            break;
        case ServerKey::User:
            server.user = field->text;
            break;
        case ServerKey::Engine:
            server.engine = field->text;
            break;
        case ServerKey::EngineVersion:
            server.engineVersion = field->text;
            break;
        case ServerKey::Model:
            server.model = field->text;
            break;
        case ServerKey::Port:
            append(server.ports, static_cast<std::uint16_t>(field->integer));
            break;
        case ServerKey::Address:
            server.addresses.resize(server.ports.empty() ? 0 : server.ports.size() - 1);
            append(server.addresses, std::string(field->text));
            break;
        case ServerKey::Accelerator:
            append(server.accelerators, std::string(field->text));
            break;
        case ServerKey::Container:
            server.container = field->text;
            break;
        case ServerKey::InnerPid:
            server.innerPid = narrow(field->integer);
            break;
        case ServerKey::Role:
            server.role = field->text;
            break;
        case ServerKey::Process:
            append(server.processes, narrow(field->integer));
            break;
        case ServerKey::Upstream:
            append(server.upstreams, narrow(field->integer));
            break;
        case ServerKey::Command:
            server.command = field->text;
            break;
        case ServerKey::Unasked:
            server.unasked = field->integer != 0;
            break;
        case ServerKey::ModelUnasked:
            server.modelUnasked = field->integer != 0;
            break;
        case ServerKey::Note:
            append(server.notes, std::string(field->text.substr(0, 512)));
            break;
        default:
            readTier(server, *field);
            break;
        }
    }
    return server;
}

void writeTarget(wire::FieldWriter& out, const Target& target)
{
    std::uint64_t tiers = 0;
    for (const int tier : target.tiers) {
        tiers |= std::uint64_t(1) << tier;
    }
    out.integer(AttachKey::Pid, target.server.pid)
        .integer(AttachKey::StartTicks, target.server.startTicks)
        .integer(AttachKey::Tiers, tiers)
        .integer(AttachKey::Target, target.number)
        .integer(AttachKey::StartNs, static_cast<std::uint64_t>(target.start.value))
        .integer(AttachKey::StartUnixNs, static_cast<std::uint64_t>(target.startUnixNs))
        .integer(AttachKey::Programs, target.programs);
    if (target.attachTook) {
        out.integer(AttachKey::AttachNs, static_cast<std::uint64_t>(target.attachTook->value));
    }
    if (target.cpuWait) {
        out.integer(AttachKey::CpuWaitNs, static_cast<std::uint64_t>(target.cpuWait->value));
    }
    for (const SnapshotFact& fact : target.snapshot) {
        out.text(AttachKey::SnapshotName, fact.name).text(AttachKey::SnapshotText, fact.text);
    }
}

Target readTarget(std::span<const std::byte> fields)
{
    Target target;
    wire::FieldWalk walk(fields);
    while (const auto field = walk.next()) {
        switch (static_cast<AttachKey>(field->key)) {
        case AttachKey::Pid:
            target.server.pid = narrow(field->integer);
            break;
        case AttachKey::StartTicks:
            target.server.startTicks = field->integer;
            break;
        case AttachKey::Tiers:
            target.tiers.clear();
            for (int tier = 0; tier < 4; ++tier) {
                if ((field->integer >> tier & 1) != 0) {
                    target.tiers.push_back(tier);
                }
            }
            break;
        case AttachKey::Target:
            target.number = narrow(field->integer);
            break;
        case AttachKey::StartNs:
            target.start = instant(field->integer);
            break;
        case AttachKey::StartUnixNs:
            target.startUnixNs = instant(field->integer).value;
            break;
        case AttachKey::Programs:
            target.programs = field->integer;
            break;
        case AttachKey::AttachNs:
            target.attachTook = instant(field->integer);
            break;
        case AttachKey::CpuWaitNs:
            target.cpuWait = instant(field->integer);
            break;
        case AttachKey::SnapshotName:
            append(target.snapshot, SnapshotFact { std::string(field->text), {} });
            break;
        case AttachKey::SnapshotText:
            if (!target.snapshot.empty()) {
                target.snapshot.back().text = field->text;
            }
            break;
        default:
            break;
        }
    }
    return target;
}

MachineFeature readFeature(std::span<const std::byte> fields)
{
    MachineFeature feature;
    wire::FieldWalk walk(fields);
    while (const auto field = walk.next()) {
        switch (static_cast<wire::DoctorKey>(field->key)) {
        case wire::DoctorKey::Feature:
            feature.name = field->text.substr(0, 128);
            break;
        case wire::DoctorKey::Works:
            feature.works = field->integer != 0;
            break;
        case wire::DoctorKey::Reason:
            feature.reason = field->text.substr(0, 512);
            break;
        case wire::DoctorKey::Remedy:
            feature.remedy = field->text.substr(0, 512);
            break;
        case wire::DoctorKey::Needed:
            feature.needed = field->integer != 0;
            break;
        }
    }
    return feature;
}

void writeFeature(wire::FieldWriter& out, const MachineFeature& feature)
{
    out.text(wire::DoctorKey::Feature, feature.name)
        .integer(wire::DoctorKey::Works, feature.works ? 1 : 0)
        .text(wire::DoctorKey::Reason, feature.reason)
        .text(wire::DoctorKey::Remedy, feature.remedy)
        .integer(wire::DoctorKey::Needed, feature.needed ? 1 : 0);
}

std::string readSentence(std::span<const std::byte> fields)
{
    wire::FieldWalk walk(fields);
    while (const auto field = walk.next()) {
        if (field->is(AttachKey::Text)) {
            return std::string(field->text.substr(0, 512));
        }
    }
    return {};
}

} // namespace prism::live
