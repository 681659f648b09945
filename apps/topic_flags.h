#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/topic_input.h"
#include "topics/lda.h"

namespace boost::program_options {
class options_description;
}

namespace malmoi::apps {

// Flags that the verbs of topic models share. Each object must outlive the parsing that fills it.

/// --min-df --max-df --remove-top --max-features --where: what a topic model is made of.
class TermFlags {
 public:
  void add_to(boost::program_options::options_description& flags);
  [[nodiscard]] const std::vector<std::string>& given() const noexcept { return given_; }  ///< as "--min-df"
  [[nodiscard]] TermSelection selection() const { return selection_; }

 private:
  TermSelection selection_;
  std::vector<std::string> given_;
};

/// Words that are wanted in a topic.
struct SeedList {
  std::int32_t topic = 0;
  std::vector<std::string> words;
  std::string place;  ///< file:line
};

/// UTF-8 lines `3: word word`, topics from 0; commas separate words too, what stands behind # is a comment.
/// Throws  io; invalid_argument with file and line
[[nodiscard]] std::vector<SeedList> read_seed_lists(const std::string& path);

/// The columns of the words, each once a topic: of the term that a word is, or that the corpus' analysis makes of it.
/// Throws  invalid_argument, with file and line, for a word that is no term and a topic that is not there
[[nodiscard]] std::vector<topics::SeedWord> find_seed_words(Workspace& workspace, const std::vector<SeedList>& lists,
                                                            const std::vector<std::string>& terms, std::int32_t topics);

/// --topics and --alpha ... --seed: all of topics::LdaOptions.
class LdaFlags {
 public:
  void add_topics_to(boost::program_options::options_description& flags);
  void add_to(boost::program_options::options_description& flags);                         ///< all but --topics
  [[nodiscard]] const std::vector<std::string>& given() const noexcept { return given_; }  ///< as "--alpha"
  [[nodiscard]] bool is_given(const std::string& flag) const;

  /// `base` with what was given in its place, but for the seed words, whose columns are not known yet. Where --samples
  /// was not given, fewer are taken if the iterations do not hold so many. Throws UsageError for flags that do not go
  /// together.
  [[nodiscard]] topics::LdaOptions options(topics::LdaOptions base = {}) const;
  [[nodiscard]] std::vector<SeedList> seed_lists() const;  ///< read from the file given; none without

 private:
  void add_model_to(boost::program_options::options_description& flags);
  void add_sampling_to(boost::program_options::options_description& flags);

  topics::LdaOptions options_;
  std::string seed_file_;
  std::vector<std::string> given_;
};

}  // namespace malmoi::apps
