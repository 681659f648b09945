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

void TagCorpus::SetUp() {
  const std::array<std::string, 3> words = {"ball", "film", "vote"};
  std::string lines;
  for (std::size_t i = 0; i < 300; ++i) {
    std::string tags;
    std::string text = "the";
    for (std::size_t w = 0; w < words.size(); ++w) {
      if ((i >> w & 1U) == 0) continue;
      text += concat(' ', words[w]);
      tags += concat(tags.empty() ? "" : ",", words[w]);
    }
    nlohmann::json document = {{"id", std::to_string(i)}, {"text", text + " was here"}};
    if (i % 10 != 9) document["tags"] = tags;
    lines += document.dump() + '\n';
  }
  const std::string file = folder_.write("tags.jsonl", lines);
  ASSERT_EQ(run_malmoi({"index", corpus_, file, "--analyzer", "word", "--meta-field", "tags"}).status, 0);
}

}  // namespace malmoi::testing
