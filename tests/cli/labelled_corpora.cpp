#include "tests/cli/labelled_corpora.h"

#include <array>
#include <string_view>

#include "corpus/base/error.h"
#include "corpus/base/rng.h"

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

void FewLabelsCorpus::SetUp() {
  Rng rng(3);
  std::string lines = "id\ttext\tlabel\tsplit\n";
  int documents = 0;
  const auto add = [&](int count, std::size_t first, std::size_t end, bool has_label, std::string_view split) {
    for (int i = 0; i < count; ++i) {
      const std::string_view side = i % 2 == 0 ? "g" : "b";
      lines += concat(documents++, '\t');
      for (int word = 0; word < 6; ++word) lines += concat(side, first + rng.uniform_index(end - first), ' ');
      lines += concat('\t', has_label ? side : "", '\t', split, '\n');
    }
  };
  add(40, 0, 4, true, "train");
  add(100, 4, 20, true, "test");
  add(300, 0, 20, false, "");
  add(300, 0, 20, false, "train");
  add(50, 0, 20, false, "test");
  const std::string file = folder_.write("few.tsv", lines);
  ASSERT_EQ(run_malmoi({"index", corpus_, file, "--analyzer", "word", "--meta-field", "split"}).status, 0);
}

void stop_between_epochs(const Words& training, const std::string& corpus, const std::string& model,
                         const std::string& checkpoint) {
  double milliseconds = 200;
  for (int attempt = 0; attempt < 60; ++attempt) {
    kill_malmoi(training, static_cast<int>(1000 * milliseconds), attempt % 3 == 0 ? 2 : 9);
    if (run_malmoi({"models", corpus}).out.find(model + checkpoint) != std::string::npos) return;
    const bool too_late = run_malmoi({"models", corpus, "--show", model}).status == 0;  // it has saved its model
    if (too_late) {
      ASSERT_EQ(run_malmoi({"models", corpus, "--delete", model}).status, 0);
    }
    milliseconds *= too_late ? 0.7 : 1.3;
  }
  FAIL() << "it was never stopped between two epochs";
}

}  // namespace malmoi::testing
