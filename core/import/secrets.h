// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace prism {

/// True for the names of keys, tokens, passwords and headers, by their letters alone: "api_key", "API Key",
/// "WANDB_API_KEY", "auth_config".
bool namesSecret(std::string_view name);

/// `text` without what results quote by accident: user and password and the query of a URL, "Bearer …", and
/// the values of options such as "--api-key …". A "…" stands for what is gone.
std::string withoutSecrets(std::string_view text);

} // namespace prism
