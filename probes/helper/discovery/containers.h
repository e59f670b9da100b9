// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace prism::probes {

/// The container that a process lives in, read off the paths of its control groups (v1 and v2) and off the
/// files that its runtime has put over some of its own.
struct Container {
    std::string runtime; ///< "docker", "podman", "containerd", "cri-o", "lxc", "container"
    std::string id; ///< 64 hexadecimal digits; of lxc the name
    std::string name; ///< as its runtime calls it, where that can be read
    std::string pod; ///< "namespace/name" of the Kubernetes pod, where that can be read
    std::string podUid; ///< with '-'

    explicit operator bool() const { return !id.empty() || !podUid.empty(); }
    /// For people: "pod default/chat-0, container vllm", "docker web (0123456789ab)".
    std::string text() const;
};

/// Reads /proc/PID/cgroup and /proc/PID/mountinfo; empty when the process is in none. The mounts tell where
/// the groups do not: podman without control groups of its own, a helper that sees a part of the tree.
Container containerOf(std::string_view cgroupFile, std::string_view mountinfo);

/// Looks the names up in the state of Docker, podman and the kubelet below `root`; stays without where they
/// cannot be read. Cost: one small file, or one folder listing.
void nameContainer(Container& container, const std::string& root = {});

} // namespace prism::probes
