#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/sqlite.h"

namespace malmoi::apps {

/// The names that users gave to a model's topics: [topics], empty where there is none. They lie in the corpus file as
/// the model's note topic_names, {"3": "name of topic 3"} (corpus/models.h).
/// Throws corrupt_data when the note cannot be read.
[[nodiscard]] std::vector<std::string> load_topic_names(const corpus::Database& database, std::string_view model,
                                                        std::size_t topics);

/// Puts all names in the place of those that are there, within the caller's Transaction.
/// Throws invalid_argument for a name that is not UTF-8, has control characters or more than 100 characters.
void save_topic_names(corpus::Database& database, std::string_view model, std::span<const std::string> names);

/// A name made of a topic's terms, the most relevant first: the first three of them that do not repeat each other (one
/// in the other, or the same stem), "배우 · 연기 · 감독". Numbers come only where there is nothing else.
[[nodiscard]] std::string propose_name(std::span<const std::string_view> terms);

/// "3 영화 · 배우 · 감독": the number of a topic, and its name or else the proposal.
[[nodiscard]] std::string titled_topic(std::size_t topic, std::string_view name, std::string_view proposal);

}  // namespace malmoi::apps
