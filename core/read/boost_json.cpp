// SPDX-License-Identifier: GPL-3.0-or-later
// The one place where Boost.JSON's own definitions are compiled; no library is linked for it.
#include <boost/json/src.hpp>
