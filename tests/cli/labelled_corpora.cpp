#include "tests/cli/labelled_corpora.h"

#include <array>
#include <string_view>

#include "corpus/base/error.h"

namespace malmoi::testing {

void ReviewCorpus::SetUp() {
  ASSERT_EQ(run_malmoi({"index", corpus_, kReviews, "--analyzer", "word"}).status, 0);
}

void NewsCorpus::SetUp() {
  std::string text = "id\ttext\ttopic\ttone\n";
  const std::array<std::string_view, 3> words = {"ball", "film", "vote"};
  for (std::size_t i = 0; i < 210; ++i) {
    const std::string_view topic = words[i % 3];
    const std::string_view tone = i / 3 % 2 == 0 ? "good" : "bad";
    text += concat(i, "\tthe ", topic, " was ", tone, '\t', topic, '\t', i % 7 == 0 ? "" : tone, '\n');
  }
  const std::string news = folder_.write("news.tsv", text);
  const Words fields = {"--meta-field", "topic", "--meta-field", "tone"};
  ASSERT_EQ(run_malmoi(Words{"index", corpus_, news, "--analyzer", "word"} + fields).status, 0);
}

}  // namespace malmoi::testing
