// SPDX-License-Identifier: GPL-3.0-or-later
// Boost.JSON is compiled here: the client links nothing of the product.
#include <boost/json/src.hpp>
