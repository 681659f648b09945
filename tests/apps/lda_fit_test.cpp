#include "apps/lda_fit.h"

#include <gtest/gtest.h>

#include <boost/program_options.hpp>
#include <sstream>

#include "apps/indexer.h"
#include "apps/parse.h"
#include "corpus/base/error.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::apps {
namespace {

using testing::TemporaryFolder;

// Flags as they are read from a command line.
struct Given {
  explicit Given(std::vector<std::string> args) {
    boost::program_options::options_description flags;
    lda.add_topics_to(flags);
    lda.add_to(flags);
    terms.add_to(flags);
    std::istringstream in;
    std::ostringstream out;
    Streams io{in, out, out};
    (void)parse({.verb = "test", .summary = ""}, flags, args, io);
  }
  LdaFlags lda;
  TermFlags terms;
};

// A corpus of one document a line, analysed by words.
void index_lines(const TemporaryFolder& folder, const std::string& name, const std::string& lines) {
  const std::string input = folder.write(name, lines).string();
  IndexOptions options;
  if (!std::filesystem::exists(folder / "c")) {
    options.analyzer.emplace();
    options.analyzer->korean = tokenize::KoreanUnit::word;
  }
  options.reader.from = corpus::InputForm::lines;
  RunLog run("index", {});
  (void)index_documents(folder / "c", {input}, options, run);
}

const std::vector<std::string> kSmall = {"--topics", "2", "--iterations", "3", "--min-df", "1", "--max-df", "100%"};

LdaModel fitted(const TemporaryFolder& folder, const std::vector<std::string>& args) {
  Workspace workspace(folder / "c");
  const Given given(args);
  return run_lda_task(new_lda(workspace, given.terms.selection(), given.lda, {}), {folder / "c", "m"}, {});
}

void save(const TemporaryFolder& folder, const LdaModel& model) {
  const RunLog log("lda", {});
  save_lda(folder / "c", to_stored(model), log.finish({}), {.name = "m"});
}

TEST(LdaFlags, DefaultsAreThoseOfTheLibraryAndOnlyWhatIsGivenChanges) {
  const topics::LdaOptions defaults = Given({}).lda.options();
  EXPECT_EQ(defaults.topics, topics::LdaOptions{}.topics);
  EXPECT_EQ(defaults.samples, topics::LdaOptions{}.samples);
  const Given given({"--alpha", "0.5", "--learn-beta", "--term-weight", "idf", "--seed", "9"});
  topics::LdaOptions base;
  base.topics = 7;
  const topics::LdaOptions options = given.lda.options(base);
  EXPECT_EQ(options.topics, 7);
  EXPECT_EQ(options.alpha, 0.5);
  EXPECT_TRUE(options.learn_beta);
  EXPECT_EQ(options.term_weight, topics::TermWeight::idf);
  EXPECT_EQ(options.seed, 9U);
  EXPECT_EQ(given.lda.given(), (std::vector<std::string>{"--alpha", "--learn-beta", "--seed", "--term-weight"}));
}

TEST(LdaFlags, ShortFitsTakeFewerSamplesUnlessTheyAreGiven) {
  EXPECT_EQ(Given({"--iterations", "91"}).lda.options().samples, 10);
  EXPECT_EQ(Given({"--iterations", "90"}).lda.options().samples, 9);
  EXPECT_EQ(Given({"--iterations", "1"}).lda.options().samples, 1);
  EXPECT_THROW((void)Given({"--iterations", "30", "--samples", "4"}).lda.options(), UsageError);
}

TEST(SelectInput, AppliesTheRulesInTheirOrder) {
  const TemporaryFolder folder;
  index_lines(folder, "a", "zeta zeta zeta alpha beta\nalpha beta gamma\nalpha gamma zeta\nalpha\n");
  Workspace workspace(folder / "c");
  const auto terms = [&](const TermSelection& selection) { return select_input(workspace, selection, {}).terms; };
  using List = std::vector<std::string>;
  EXPECT_EQ(terms({.min_df = "1", .max_df = "100%"}), (List{"zeta", "alpha", "beta", "gamma"}));
  EXPECT_EQ(terms({.min_df = "2", .max_df = "50%"}), (List{"zeta", "beta", "gamma"}));  // alpha is in all
  // zeta and alpha have 4 tokens, beta and gamma 2; the first of equals counts as the more frequent.
  EXPECT_EQ(terms({.min_df = "1", .max_df = "100%", .remove_top = 1}), (List{"alpha", "beta", "gamma"}));
  EXPECT_EQ(terms({.min_df = "1", .max_df = "100%", .remove_top = 1, .max_features = 2}), (List{"alpha", "beta"}));
  EXPECT_EQ(terms({.min_df = "1", .max_df = "100%", .where = "id=4"}), (List{"alpha"}));
  EXPECT_THROW(terms({.min_df = "5", .max_df = "100%"}), Error);
  const TopicInput input = select_input(workspace, {.min_df = "2", .max_df = "50%"}, {});
  EXPECT_EQ(input.counts.values.rows(), 4);
  EXPECT_EQ(input.counts.values.cols(), 3);
  EXPECT_EQ(row_tokens(input.counts), (std::vector<std::int64_t>{4, 2, 2, 0}));
}

TEST(InputOf, CountsGivenTermsInGivenOrderAndLeavesTheOthersOut) {
  const TemporaryFolder folder;
  index_lines(folder, "a", "alpha beta beta\ngamma alpha\nbeta\n");
  Workspace workspace(folder / "c");
  const std::vector<std::int64_t> documents = {1, 2, 9};
  const TopicInput input = input_of(workspace, documents, {"beta", "missing", "alpha"}, {});
  EXPECT_EQ(input.counts.row_ids, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(input.counts.values.coeff(0, 0), 2);
  EXPECT_EQ(input.counts.values.coeff(0, 2), 1);
  EXPECT_EQ(input.counts.values.coeff(1, 2), 1);
  EXPECT_EQ(input.counts.values.nonZeros(), 3);
  EXPECT_EQ(input.term_ids[1], -1);
}

TEST(RunLdaTask, AnotherProgramThatWritesDoesNotEndTheFit) {
  const TemporaryFolder folder;
  index_lines(folder, "a", "bee cow cow\nant bee\ncow ant\n");
  const std::string expected = to_stored(fitted(folder, kSmall)).checksum;
  corpus::Store other = corpus::Store::open(folder / "c", corpus::Access::write);
  const corpus::Transaction transaction(other.database());
  Workspace workspace(folder / "c");
  const Given given(kSmall);
  LdaTask task = new_lda(workspace, given.terms.selection(), given.lda, {});
  const LdaModel model = run_lda_task(std::move(task), {folder / "c", "m", 1e-9}, {});
  EXPECT_EQ(to_stored(model).checksum, expected);
  EXPECT_FALSE(corpus::has_model(workspace.store().database(), "m.checkpoint"));
}

TEST(ContinuedLda, KeepsTheTopicsOfUnchangedDocumentsAndDrawsTheOthers) {
  const TemporaryFolder folder;
  index_lines(folder, "a", "bee cow cow\nant bee\ncow ant\n");
  const LdaModel old = fitted(folder, kSmall);
  save(folder, old);
  ASSERT_EQ(old.lda.assignments.size(), 7U);
  const std::vector<std::int64_t> gone = {2};
  (void)remove_documents(folder / "c", gone, {}, RunLog("remove", {}));
  index_lines(folder, "b", "cow dot\n");

  Workspace workspace(folder / "c");
  const LdaTask task = continued_lda(workspace, "m", Given({}).lda, {});
  EXPECT_EQ(task.model.lda.options.anneal_sweeps, 0);  // the old topics stay what they are
  EXPECT_EQ(task.model.row_ids, (std::vector<std::int64_t>{1, 3, 4}));
  EXPECT_EQ(task.model.lda.options.seed, old.lda.options.seed + 1);
  std::vector<std::uint16_t> expected(old.lda.assignments.begin(), old.lda.assignments.begin() + 3);
  expected.insert(expected.end(), old.lda.assignments.begin() + 5, old.lda.assignments.end());
  expected.insert(expected.end(), 2, topics::kUnassigned);
  EXPECT_EQ(task.assignments, expected);
  EXPECT_TRUE(task.model.replaces);
  EXPECT_TRUE(task.model.keeps_names);
}

TEST(ContinuedLda, DrawsDocumentsAnewThatWereAnalysedOtherwise) {
  const TemporaryFolder folder;
  index_lines(folder, "a", "running runs dog\ncat dog\n");
  save(folder, fitted(folder, kSmall));
  IndexOptions options;
  options.analyzer.emplace();
  options.analyzer->korean = tokenize::KoreanUnit::word;
  options.analyzer->stemmer = tokenize::Stemmer::english;
  options.reanalyze = true;
  RunLog run("index", {});
  (void)index_documents(folder / "c", {}, options, run);
  Workspace workspace(folder / "c");
  const LdaTask task = continued_lda(workspace, "m", Given({}).lda, {});
  ASSERT_EQ(task.assignments.size(), 5U);
  EXPECT_EQ(std::count(task.assignments.begin(), task.assignments.end(), topics::kUnassigned), 3);
}

TEST(ResumedLda, RefusesDocumentsThatAreNoLongerAsTheyWere) {
  const TemporaryFolder folder;
  index_lines(folder, "a", "bee cow cow\nant bee\ncow ant\n");
  LdaModel model = fitted(folder, kSmall);
  {
    Workspace workspace(folder / "c");
    EXPECT_THROW((void)resumed_lda(workspace, "m", {}), Error);  // there is none
  }
  model.lda.sweeps = 2;  // as if it had been stopped
  corpus::Store store = corpus::Store::open(folder / "c", corpus::Access::write);
  corpus::save_model(store.database(), "m.checkpoint", to_stored(model));
  {
    Workspace workspace(folder / "c");
    const LdaTask task = resumed_lda(workspace, "m", {});
    EXPECT_EQ(task.from->assignments, model.lda.assignments);
    EXPECT_EQ(task.model.lda.options.iterations, 3);
    EXPECT_EQ(row_hashes(task.counts), model.row_hashes);
  }
  index_lines(folder, "b", "cow dot\n");  // further documents do no harm
  Workspace workspace(folder / "c");
  EXPECT_EQ(resumed_lda(workspace, "m", {}).model.row_ids.size(), 3U);
  const std::vector<std::int64_t> gone = {2};
  (void)remove_documents(folder / "c", gone, {}, RunLog("remove", {}));
  EXPECT_THROW((void)resumed_lda(workspace, "m", {}), Error);
}

}  // namespace
}  // namespace malmoi::apps
