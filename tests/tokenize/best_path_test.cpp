#include "tokenize/best_path.h"

#include <gtest/gtest.h>
#include <mecab.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "corpus/base/error.h"
#include "tests/tokenize/shared_data.h"
#include "tokenize/user_dictionary.h"

namespace malmoi::tokenize {
namespace {

const std::filesystem::path kFolder = MALMOI_SHARE_DIR "/mecab-ko-dic";

std::unique_ptr<MeCab::Model> load_model() {
  std::vector<std::string> arguments = {"mecab", "-r", "/dev/null", "-d", kFolder.string()};
  std::vector<char*> argv(arguments.size());
  std::ranges::transform(arguments, argv.begin(), [](std::string& argument) { return argument.data(); });
  return std::unique_ptr<MeCab::Model>(MeCab::createModel(static_cast<int>(argv.size()), argv.data()));
}

/// Non-blank lines of the reviews, cut where BestPath takes no more, without blanks at the end.
std::vector<std::string> sentences() {
  const std::string text = read_shared("nsmc/ratings_test.txt").substr(0, 1'000'000);
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    line.erase(line.find_last_not_of(" \t") + 1);
    if (!line.empty()) lines.push_back(line);
    begin = end + 1;
  }
  if (!lines.empty()) lines.pop_back();  // may be cut within a character
  return lines;
}

TEST(BestPath, WithoutPenaltiesIsThePathOfMeCab) {
  const std::vector<std::string> lines = sentences();
  const std::unique_ptr<MeCab::Model> model = load_model();
  if (!model || lines.empty()) GTEST_SKIP() << "no dictionary in " << kFolder << " or no nsmc/ratings_test.txt";
  const ConnectionCosts costs(kFolder);
  BestPath path(*model, costs, {});
  const std::unique_ptr<MeCab::Tagger> tagger(model->createTagger());
  const std::unique_ptr<MeCab::Lattice> lattice(model->createLattice());
  for (const std::string& line : lines) {
    lattice->set_sentence(line.data(), line.size());
    ASSERT_TRUE(tagger->parse(lattice.get()));
    const MeCab::Node* node = lattice->bos_node()->next;
    for (const PathWord& word : path.find(line)) {
      ASSERT_EQ(word.surface, std::string_view(node->surface, node->length)) << line;
      ASSERT_EQ(word.surface.data(), node->surface) << line;
      ASSERT_EQ(word.feature, node->feature) << line;
      ASSERT_EQ(word.known, node->stat == MECAB_NOR_NODE) << line;
      node = node->next;
    }
    ASSERT_EQ(node, lattice->eos_node()) << line;
    ASSERT_EQ(path.cost(), node->cost) << line;
  }
}

/// The cheapest way to write sentence[position ...] after a word with this right id, by trying every one.
long brute_force(const MeCab::Model& model, std::span<const int> penalties, std::string_view sentence,
                 std::size_t position, unsigned short right_id) {
  if (position == sentence.size()) return model.transition_cost(right_id, 0);
  const std::unique_ptr<MeCab::Lattice> lattice(model.createLattice());
  lattice->set_sentence(sentence.data(), sentence.size());
  long best = std::numeric_limits<long>::max();
  const char* const end = sentence.data() + sentence.size();
  for (const MeCab::Node* node = model.lookup(sentence.data() + position, end, lattice.get()); node;
       node = node->bnext) {
    const bool behind_blank = node->length != node->rlength;
    const long penalty = behind_blank && node->posid < penalties.size() ? penalties[node->posid] : 0;
    const long rest = brute_force(model, penalties, sentence, position + node->rlength, node->rcAttr);
    best = std::min(best, model.transition_cost(right_id, node->lcAttr) + node->wcost + penalty + rest);
  }
  return best;
}

TEST(BestPath, WithPenaltiesIsTheCheapestOfAllPaths) {
  const std::unique_ptr<MeCab::Model> model = load_model();
  if (!model) GTEST_SKIP() << "no dictionary in " << kFolder;
  const ConnectionCosts costs(kFolder);
  const std::vector<int> penalties = read_space_penalties(kFolder);
  BestPath path(*model, costs, penalties);
  BestPath without(*model, costs, {});
  int changed = 0;
  for (const std::string_view sentence : {"내 생의", "이 하도", "ㅋ 만", "1 이", "생 의", "A 가"}) {
    path.find(sentence);
    without.find(sentence);
    EXPECT_EQ(path.cost(), brute_force(*model, penalties, sentence, 0, 0)) << sentence;
    changed += path.cost() != without.cost() ? 1 : 0;
  }
  EXPECT_GT(changed, 0);
}

TEST(BestPath, RefusesSentencesThatAreTooLong) {
  const std::unique_ptr<MeCab::Model> model = load_model();
  if (!model) GTEST_SKIP() << "no dictionary in " << kFolder;
  const ConnectionCosts costs(kFolder);
  BestPath path(*model, costs, {});
  EXPECT_NO_THROW(path.find(std::string(BestPath::kMaxBytes, 'a')));
  EXPECT_THROW(path.find(std::string(BestPath::kMaxBytes + 1, 'a')), Error);
}

TEST(SpacePenalties, AreReadFromDicrc) {
  const TemporaryFolder work;
  const auto read = [&](std::string_view dicrc) {
    std::ofstream(work.path() / "dicrc") << dicrc;
    return read_space_penalties(work.path());
  };
  EXPECT_EQ(read("; comment\ncost-factor = 800\nleft-space-penalty-factor = 1,3000,4,60\n"),
            (std::vector<int>{0, 3000, 0, 0, 60}));
  EXPECT_TRUE(read("cost-factor = 800\n").empty());
  EXPECT_THROW(read("left-space-penalty-factor = 1,3000,4\n"), Error);
  EXPECT_THROW(read("left-space-penalty-factor = 1;3000\n"), Error);
  EXPECT_THROW(read("left-space-penalty-factor = 1,-3\n"), Error);
}

TEST(SpacePenalties, NeedADicrc) {
  const TemporaryFolder work;
  EXPECT_THROW(static_cast<void>(read_space_penalties(work.path())), Error);
}

}  // namespace
}  // namespace malmoi::tokenize
