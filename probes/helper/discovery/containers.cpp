// SPDX-License-Identifier: GPL-3.0-or-later
#include "probes/helper/discovery/containers.h"

#include "probes/helper/discovery/proc.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <vector>

namespace prism::probes {

namespace {

bool isId(std::string_view text)
{
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// "docker-0123….scope" → runtime and id. Prefixes are those of the systemd drivers.
bool readScope(std::string_view part, Container& container)
{
    constexpr std::string_view scope = ".scope";
    if (part.ends_with(scope)) {
        part.remove_suffix(scope.size());
    }
    struct Prefix {
        std::string_view text;
        std::string_view runtime;
    };
    constexpr Prefix prefixes[]
        = { { "docker-", "docker" }, { "libpod-", "podman" }, { "libpod-payload-", "podman" },
              { "cri-containerd-", "containerd" }, { "crio-", "cri-o" }, { "nerdctl-", "containerd" } };
    for (const auto& [prefix, runtime] : prefixes) {
        if (part.starts_with(prefix) && isId(part.substr(prefix.size()))) {
            container.runtime = runtime;
            container.id = part.substr(prefix.size());
            return true;
        }
    }
    // "cri-containerd:name:id" and others put further words in front.
    const std::size_t last = part.find_last_of("-:");
    const std::string_view tail = last == std::string_view::npos ? part : part.substr(last + 1);
    if (isId(tail)) {
        container.id = tail;
        return true;
    }
    return false;
}

bool isPodUid(std::string_view text)
{
    return text.size() >= 32 && text.size() <= 36
        && text.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

/// "pod0a1b…", "kubepods-burstable-pod0a1b_….slice", in kind "kubelet-kubepods-…" → the pod's uid.
std::string podUid(std::string_view part)
{
    const std::size_t at = part.starts_with("pod")                             ? 0
        : part.starts_with("kubepods") || part.starts_with("kubelet-kubepods") ? part.rfind("-pod")
                                                                               : std::string_view::npos;
    if (at == std::string_view::npos) {
        return {};
    }
    // Behind it ".slice" or, of containerd with the other driver, ".slice:cri-containerd:ID".
    const std::string_view rest = part.substr(at + (at == 0 ? 3 : 4));
    std::string uid(rest.substr(0, std::min(rest.find_first_of(".:"), rest.size())));
    std::ranges::replace(uid, '_', '-');
    return isPodUid(uid) ? uid : std::string();
}

void readPath(std::string_view path, Container& container)
{
    std::string_view parent;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/'), path.size());
        const std::string_view part = path.substr(0, end);
        path.remove_prefix(std::min(end + 1, path.size()));
        if (auto uid = podUid(part); !uid.empty()) {
            container.podUid = std::move(uid);
        }
        if (part.starts_with("lxc.payload.")) {
            container.runtime = "lxc";
            container.id = part.substr(12);
        } else if (readScope(part, container) && container.runtime.empty()) {
            container.runtime = parent == "docker" ? "docker"
                : parent == "libpod_parent"        ? "podman"
                : !container.podUid.empty()        ? "containerd"
                                                   : "container";
        }
        parent = part;
    }
}

/// Words of a text.
std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> words;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(separator, begin), text.size());
        words.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return words;
}

/// Files of a container's own that its runtime puts there lie in the runtime's folder of that container:
/// "…/docker/containers/ID/hostname", "…/overlay-containers/ID/userdata/hosts",
/// "…/kubelet/pods/UID/etc-hosts", "…/kubelet/pods/UID/containers/NAME/…" for the termination log. Elsewhere
/// such folders are mounted on a host too.
void readMount(std::string_view source, std::string_view place, Container& container)
{
    constexpr std::string_view own[]
        = { "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/termination-log" };
    if (std::ranges::find(own, place) == std::end(own)) {
        return;
    }
    const auto parts = split(source, '/');
    for (std::size_t i = 1; i < parts.size(); ++i) {
        if (isId(parts[i]) && (parts[i - 1] == "containers" || parts[i - 1] == "overlay-containers")) {
            container.runtime = parts[i - 1] == "containers" ? "docker" : "podman";
            container.id = parts[i];
        } else if (parts[i - 1] == "pods" && isPodUid(parts[i])) {
            container.podUid = parts[i];
            if (i + 2 < parts.size() && parts[i + 1] == "containers") {
                container.name = parts[i + 2];
            }
        }
    }
}

/// Of a line of mountinfo the fourth word is what is mounted within its file system, the fifth where.
Container containerOfMounts(std::string_view mountinfo)
{
    Container container;
    for (const std::string_view line : lines(mountinfo)) {
        if (const auto words = split(line, ' '); words.size() > 5) {
            readMount(words[3], words[4], container);
        }
    }
    return container;
}

/// The kubelet links each container's log by "POD_NAMESPACE_NAME-ID.log".
void nameByLogs(Container& container, const std::string& root)
{
    namespace fs = std::filesystem;
    const std::string end = '-' + container.id + ".log";
    std::error_code error;
    fs::directory_iterator logs(root + "/var/log/containers", error);
    for (; !error && isId(container.id) && logs != fs::directory_iterator(); logs.increment(error)) {
        const std::string file = logs->path().filename().string();
        const auto words
            = split(std::string_view(file).substr(0, file.size() - std::min(file.size(), end.size())), '_');
        if (file.ends_with(end) && words.size() == 3) {
            container.pod = std::string(words[1]) + '/' + std::string(words[0]);
            container.name = words[2];
            return;
        }
    }
}

/// The text between `key` and the next quotation mark; enough for files that their runtimes write themselves.
std::string quotedBehind(std::string_view text, std::string_view key)
{
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos) {
        return {};
    }
    const std::string_view rest = text.substr(at + key.size());
    return std::string(rest.substr(0, std::min(rest.find('"'), std::size_t(128))));
}

std::string podmanName(std::string_view list, std::string_view id)
{
    const std::size_t at = list.find(id);
    return at == std::string_view::npos ? std::string() : quotedBehind(list.substr(at), "\"names\":[\"");
}

} // namespace

std::string Container::text() const
{
    const std::string shortId = id.substr(0, 12);
    if (!pod.empty() || !podUid.empty()) {
        return "pod " + (pod.empty() ? podUid : pod) + ", container " + (name.empty() ? shortId : name);
    }
    return runtime + ' ' + (name.empty() ? shortId : name == id ? name : name + " (" + shortId + ')');
}

Container containerOf(std::string_view cgroupFile, std::string_view mountinfo)
{
    Container container;
    for (const std::string_view line : lines(cgroupFile)) {
        const std::size_t colon = line.find(':');
        const std::size_t second = line.find(':', colon == std::string_view::npos ? colon : colon + 1);
        if (second == std::string_view::npos) {
            continue;
        }
        Container found;
        readPath(line.substr(second + 1), found);
        if (found && (!container || container.id.empty())) {
            container = std::move(found);
        }
    }
    Container mounted = containerOfMounts(mountinfo);
    if (!container) {
        return mounted;
    }
    if (container.podUid.empty() && !mounted.podUid.empty()) {
        container.podUid = mounted.podUid;
    }
    if (container.podUid == mounted.podUid) {
        container.name = mounted.name;
    }
    return container;
}

void nameContainer(Container& container, const std::string& root)
{
    namespace fs = std::filesystem;
    if (!container.podUid.empty()) {
        nameByLogs(container, root);
        std::error_code error;
        fs::directory_iterator pods(root + "/var/log/pods", error);
        for (; container.pod.empty() && !error && pods != fs::directory_iterator(); pods.increment(error)) {
            const std::string folder = pods->path().filename().string(); // namespace_name_uid
            const std::size_t first = folder.find('_');
            const std::size_t second = folder.rfind('_');
            if (first < second && folder.substr(second + 1) == container.podUid) {
                container.pod = folder.substr(0, first) + '/' + folder.substr(first + 1, second - first - 1);
            }
        }
        return;
    }
    if (!isId(container.id)) {
        container.name = container.id;
    } else if (container.runtime == "docker") {
        const auto state
            = readFile(root + "/var/lib/docker/containers/" + container.id + "/config.v2.json", 256u << 10);
        container.name = quotedBehind(state.value_or(""), "\"Name\":\"/");
    } else if (container.runtime == "podman") {
        const auto list
            = readFile(root + "/var/lib/containers/storage/overlay-containers/containers.json", 1u << 20);
        container.name = podmanName(list.value_or(""), container.id);
    }
}

} // namespace prism::probes
