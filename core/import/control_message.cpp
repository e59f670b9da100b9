// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/control_message.h"

#include "core/import/protocol.h"

#include <cerrno>
#include <cstring>
#include <vector>

#include <sys/socket.h>

namespace prism {

namespace {

constexpr std::size_t mostBytes = 32u << 10;
constexpr std::size_t mostName = 4096; ///< so that a few fit into the socket's buffer

Error failed(const char* what)
{
    return { {}, {}, std::string(what) + ": " + std::strerror(errno), "Try again" };
}

} // namespace

std::string labelOf(const std::string& name)
{
    return name.size() > mostName ? name.substr(name.size() - mostName) : name;
}

Result<bool> sendControl(int socket, const ControlMessage& message)
{
    protocol::Encoder e;
    e.integer(message.file);
    e.text(labelOf(message.name));
    e.text(message.forced);
    e.integer(message.bytes);
    e.integer(message.mostRows);
    iovec data { e.bytes.data(), e.bytes.size() };
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
    msghdr header {};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = space;
    header.msg_controllen = sizeof space;
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(rights), &message.descriptor, sizeof(int));
    while (sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return false;
        }
        if (errno != EINTR) {
            return failed("the parser cannot be reached");
        }
    }
    return true;
}

Result<std::optional<ControlMessage>> receiveControl(int socket)
{
    std::vector<char> buffer(mostBytes + 256);
    iovec data { buffer.data(), buffer.size() };
    alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
    msghdr header {};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = space;
    header.msg_controllen = sizeof space;
    ssize_t size = -1;
    do {
        size = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
        return failed("the job cannot be heard");
    }
    if (size == 0) {
        return std::optional<ControlMessage>();
    }
    ControlMessage message;
    const cmsghdr* rights = CMSG_FIRSTHDR(&header);
    if (rights && rights->cmsg_type == SCM_RIGHTS) {
        std::memcpy(&message.descriptor, CMSG_DATA(rights), sizeof(int));
    }
    protocol::Decoder d({ buffer.data(), static_cast<std::size_t>(size) });
    message.file = static_cast<std::uint32_t>(d.integer());
    message.name = d.text();
    message.forced = d.text();
    message.bytes = d.integer();
    message.mostRows = d.integer();
    if (!d.ok() || message.descriptor < 0) {
        return Error { {}, {}, "the job sent something that is no file", {} };
    }
    return std::optional(std::move(message));
}

} // namespace prism
