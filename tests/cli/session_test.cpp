#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "corpus/store.h"
#include "tests/cli/program.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::testing {
namespace {

using ::testing::HasSubstr;

const std::string kFiveReviews =
    "id\tdocument\tlabel\n"
    "r1\t좋은 영화 좋은 배우\t1\n"
    "r2\t지루한 영화\t0\n"
    "r3\tgreat movie and great cast\t1\n"
    "r4\t\t0\n"
    "r5\t좋은 음악 new york movie\t1\n";

// A corpus of the five reviews, analysed by words, so that no dictionary is needed.
class Session : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string input = folder_.write("reviews.tsv", kFiveReviews).string();
    const Outcome run = run_malmoi({"index", corpus_, input, "--analyzer", "word", "--format", "json"});
    ASSERT_EQ(run.status, 0) << run.err;
    EXPECT_THAT(run.err, HasSubstr("reviews.tsv: TSV with header, UTF-8; id = id, text = document, label = label"));
    const auto report = nlohmann::json::parse(run.out);
    EXPECT_EQ(report["metrics"]["documents"], 5);
    EXPECT_EQ(report["metrics"]["tokens"], 15);
  }

  TemporaryFolder folder_;
  std::string corpus_ = (folder_ / "c.malmoi").string();
};

TEST_F(Session, TermsCountsAsOneWouldByHand) {
  const Outcome run = run_malmoi({"terms", corpus_, "--limit", "4", "--format", "tsv"});
  EXPECT_EQ(run.out,
            "term\toccurrences\tdocuments\tshare\tdp\n"
            "좋은\t3\t2\t0.4\t0.39999999999999997\n"
            "영화\t2\t2\t0.4\t0.6000000000000001\n"
            "great\t2\t1\t0.2\t0.7333333333333334\n"
            "movie\t2\t2\t0.4\t0.39999999999999997\n");
}

TEST_F(Session, SearchRanksMarksAndFilters) {
  Outcome run = run_malmoi({"search", corpus_, "영화 좋은"});
  EXPECT_EQ(run.out,
            "query     영화 좋은\n"
            "matching  3\n"
            "\n"
            "id  label   score  text\n"
            "r1  1      1.8710  «좋은» «영화» «좋은» 배우\n"
            "r2  0      1.0137  지루한 «영화»\n"
            "r5  1      0.6879  «좋은» 음악 new york movie\n");
  run = run_malmoi({"search", corpus_, "영화 좋은", "--where", "label=0", "--format", "tsv"});
  EXPECT_THAT(run.out, HasSubstr("r2"));
  EXPECT_THAT(run.out, ::testing::Not(HasSubstr("r1")));
  run = run_malmoi({"search", corpus_, "+영화 -지루한", "--format", "json"});
  const auto hits = nlohmann::json::parse(run.out)["tables"]["hits"];
  ASSERT_EQ(hits.size(), 1U);
  EXPECT_EQ(hits[0]["id"], "r1");
  run = run_malmoi({"search", corpus_, "\"york movie\"", "--format", "json"});
  EXPECT_EQ(nlohmann::json::parse(run.out)["metrics"]["matching"], 1);
  run = run_malmoi({"search", corpus_, "\"movie york\"", "--format", "json"});
  EXPECT_EQ(nlohmann::json::parse(run.out)["metrics"]["matching"], 0);
}

TEST_F(Session, SearchAnswersOneQueryALine) {
  const Outcome run = run_malmoi({"search", corpus_, "-"}, "\"new york\"\nnothing such\n\"new york\" \"좋은 배우\"\n");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.out,
            "query     \"new york\"\n"
            "matching  1\n"
            "\n"
            "id  label   score  text\n"
            "r5  1      2.1785  좋은 음악 «new york» movie\n"
            "query     nothing such\n"
            "matching  0\n"
            "\n"
            "id  label  score  text\n"
            "(none)\n"
            "query     \"new york\" \"좋은 배우\"\n"
            "matching  2\n"
            "\n"
            "id  label   score  text\n"
            "r5  1      2.1785  좋은 음악 «new york» movie\n"
            "r1  1      1.9904  좋은 영화 «좋은 배우»\n");
}

TEST_F(Session, KwicShowsBothSides) {
  const Outcome run = run_malmoi({"kwic", corpus_, "movie", "--format", "tsv", "--width", "10"});
  EXPECT_THAT(run.out, HasSubstr("r3\t    great \tmovie\t and great\n"));
  EXPECT_THAT(run.out, HasSubstr("r5\t new york \tmovie\t\n"));
}

TEST_F(Session, SimilarByEveryMetric) {
  const Outcome cosine = run_malmoi({"similar", corpus_, "--doc", "r1", "--format", "json", "--limit", "2"});
  const auto rows = nlohmann::json::parse(cosine.out)["tables"]["similar"];
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0]["id"], "r5");
  const Outcome jaccard =
      run_malmoi({"similar", corpus_, "--text", "좋은 영화", "--metric", "jaccard", "--format", "tsv"});
  EXPECT_THAT(jaccard.out, HasSubstr("r1\t1\t0.6666666"));
  const Outcome close = run_malmoi({"similar", corpus_, "--all-pairs", "--threshold", "0.1", "--format", "tsv"});
  EXPECT_THAT(close.out,
              ::testing::ContainsRegex("r1\tr2\t0\\.[0-9]+\nr1\tr5\t0\\.[0-9]+\n|r1\tr5\t0\\.[0-9]+\nr1\tr2\t"));
  EXPECT_THAT(close.out, ::testing::Not(HasSubstr("r1\tr3")));
  for (const std::string metric : {"euclidean", "weighted-jaccard", "manhattan", "minkowski"}) {
    const Outcome run = run_malmoi({"similar", corpus_, "--all-pairs", "--metric", metric, "--space", "counts"});
    EXPECT_EQ(run.status, 0) << metric << run.err;
  }
}

TEST_F(Session, MatrixWritesTheFormThatTheNameTells) {
  const std::string output = (folder_ / "m.svm").string();
  ASSERT_EQ(run_malmoi({"matrix", corpus_, "-o", output, "--min-df", "2"}).status, 0);
  std::ifstream file(output);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(text, "1 1:2 2:1\n0 2:1\n1 3:1\n0\n1 1:1 3:1\n");
  const Outcome again = run_malmoi({"matrix", corpus_, "-o", output});
  EXPECT_EQ(again.status, 1) << "no overwriting without --force";
  EXPECT_EQ(run_malmoi({"matrix", corpus_, "-o", output, "--force"}).status, 0);
}

TEST_F(Session, TokensExplainsWhatIsDropped) {
  const Outcome run = run_malmoi({"tokens", corpus_, "--text", "The K팝 is great!", "--explain", "--format", "tsv"});
  EXPECT_EQ(run.out,
            "term\ttext\tkind\ttag\tbegin\tend\tdropped\n"
            "the\tThe\tword\t\t0\t3\tstop_word\n"
            "k\tK\tword\t\t4\t5\t\n"
            "팝\t팝\tword\t\t5\t8\t\n"
            "is\tis\tword\t\t9\t11\tstop_word\n"
            "great\tgreat\tword\t\t12\t17\t\n"
            "!\t!\tpunctuation\t\t17\t18\tkind\n");
}

TEST_F(Session, AddsReplacesAndRemoves) {
  const std::string more =
      folder_.write("more.tsv", "id\tdocument\tlabel\nr1\t새로운 글\t0\nr6\t마지막 영화\t1\n").string();
  const Outcome refused = run_malmoi({"index", corpus_, more});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("more.tsv:2: the corpus already has a document with the id \"r1\""));
  EXPECT_EQ(run_malmoi({"index", corpus_, more, "--replace"}).status, 0);
  EXPECT_EQ(run_malmoi({"remove", corpus_, "r2", "r3"}).status, 0);
  const Outcome info = run_malmoi({"info", corpus_, "--format", "json"});
  const auto report = nlohmann::json::parse(info.out);
  EXPECT_EQ(report["metrics"]["documents"], 4);
  EXPECT_EQ(report["metrics"]["tokens"], 9);
  const Outcome search = run_malmoi({"search", corpus_, "영화", "--format", "json"});
  EXPECT_EQ(nlohmann::json::parse(search.out)["metrics"]["matching"], 1);
  const Outcome phrases = run_malmoi({"search", corpus_, "-", "--format", "tsv"},
                                     "\"new york\"\n\"마지막 영화\" \"york movie\" \"지루한 영화\"\n");
  EXPECT_THAT(phrases.out, HasSubstr("«마지막 영화»\nr5\t1\t"));
  EXPECT_THAT(phrases.out, ::testing::Not(HasSubstr("r2\t")));
}

TEST_F(Session, TheCorpusStaysOneFile) {
  run_malmoi({"search", corpus_, "영화"});
  run_malmoi({"info", corpus_});
  EXPECT_FALSE(std::filesystem::exists(corpus_ + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(corpus_ + "-shm"));
}

TEST_F(Session, EveryCommandLeavesARun) {
  run_malmoi({"search", corpus_, "영화"});
  run_malmoi({"terms", corpus_});
  run_malmoi({"tokens", corpus_, "--text", "영화"});
  run_malmoi({"info", corpus_});
  const auto report = nlohmann::json::parse(run_malmoi({"info", corpus_, "--format", "json"}).out);
  std::vector<std::string> commands;
  for (const auto& run : report["tables"]["runs"]) commands.push_back(run["command"]);
  EXPECT_EQ(commands, (std::vector<std::string>{"index", "search", "terms", "tokens", "info"}));
}

TEST_F(Session, ReanalyzeChangesTheAnalysisAndAnotherOneIsRefusedWithout) {
  const std::string more = folder_.write("more.txt", "more movies").string();
  EXPECT_EQ(run_malmoi({"index", corpus_, "--reanalyze", "--min-length", "2"}).status, 0);
  EXPECT_THAT(run_malmoi({"info", corpus_}).out, HasSubstr("\"korean\":\"word\"")) << "what is not given stays";
  const Outcome refused = run_malmoi({"index", corpus_, more, "--analyzer", "word", "--stem", "english"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.err, HasSubstr("--reanalyze"));
  EXPECT_EQ(run_malmoi({"index", corpus_, "--reanalyze", "--analyzer", "word", "--stem", "english"}).status, 0);
  EXPECT_EQ(run_malmoi({"index", corpus_, more}).status, 0);
  const Outcome search = run_malmoi({"search", corpus_, "movies", "--format", "json"});
  EXPECT_EQ(nlohmann::json::parse(search.out)["metrics"]["matching"], 3);
}

TEST_F(Session, NgramsAreTermsOfTheirOwnAndPhrasesStillFound) {
  ASSERT_EQ(run_malmoi({"index", corpus_, "--reanalyze", "--analyzer", "word", "--ngrams", "2"}).status, 0);
  const Outcome terms = run_malmoi({"terms", corpus_, "--limit", "100", "--format", "tsv"});
  EXPECT_THAT(terms.out, HasSubstr("new york\t1\t1\t"));
  const Outcome search = run_malmoi({"search", corpus_, "\"new york movie\"", "--format", "json"});
  EXPECT_EQ(nlohmann::json::parse(search.out)["metrics"]["matching"], 1);
}

TEST(Program, LearnsPhrasesOnRequest) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 20; ++i) text += "we love new york today\nother words here " + std::to_string(i) + "\n";
  const std::string input = folder.write("a.txt", text).string();
  const std::string corpus = (folder / "c").string();
  const Outcome run =
      run_malmoi({"index", corpus, input, "--from", "lines", "--analyzer", "word", "--phrases", "npmi:0.6"});
  ASSERT_EQ(run.status, 0) << run.err;
  const Outcome tokens = run_malmoi({"tokens", corpus, "--text", "in new york", "--format", "tsv"});
  EXPECT_THAT(tokens.out, HasSubstr("new york\tnew york\tword"));
}

TEST(Program, SaysThatACorpusWithoutDocumentsTeachesNothing) {
  const TemporaryFolder folder;
  const std::string corpus = (folder / "empty.malmoi").string();
  const std::string input = folder.write("empty.tsv", "id\ttext\tlabel\n").string();
  ASSERT_EQ(run_malmoi({"index", corpus, input, "--analyzer", "word"}).status, 0);
  for (const std::string verb : {"lda", "lsa", "train"}) {
    const Outcome run = run_malmoi({verb, corpus});
    EXPECT_EQ(run.status, 1);
    EXPECT_THAT(run.err, HasSubstr("malmoi " + verb + ": there are no documents")) << verb;
  }
}

TEST(Program, StripsNewsgroupPosts) {
  const TemporaryFolder folder;
  const std::string corpus = (folder / "posts.malmoi").string();
  const std::string posts =
      R"({"text":"From: a@b\nSubject: lens\n\nIn article <1> b@c writes:\n> old words\nA new lens.\n--\nA\n"})"
      "\n"
      R"({"text":"no header"})"
      "\n";
  const Outcome run =
      run_malmoi({"index", corpus, "-", "--from", "jsonl", "--strip", "newsgroup", "--analyzer", "word"}, posts);
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("text = text; without headers, footers and quotes\n"));
  EXPECT_THAT(run.err, HasSubstr("documents left empty without headers, footers and quotes: 1\n"));
  EXPECT_EQ(corpus::Store::open(corpus).find(1)->text, "A new lens.");
  const Outcome wrong = run_malmoi({"index", corpus, "-", "--strip", "mail"}, posts);
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("--strip"));
}

TEST(Similar, DocumentsLieAtTheMeanOfTheirWordVectors) {
  const TemporaryFolder folder;
  // By hand: idf is ln((1 + 4) / (1 + df)) + 1 of 4 documents; bird is in 2 of them, the other words in 1.
  const std::string corpus = (folder / "small.malmoi").string();
  const auto similar = [&](std::vector<std::string> query) {
    query.insert(query.begin(), {"similar", corpus, "--space", "embedding", "--format", "json"});
    return nlohmann::json::parse(run_malmoi(query).out);
  };
  const std::string documents =
      folder.write("a.tsv", "id\ttext\n1\tcat bird bird\n2\tbird\n3\tfish shark\n4\tlion\n").string();
  const std::string vectors = folder.write("a.vec", "4 2\ncat 1 0\nbird 0 1\nfish 3 4\nabsent 1 1\n").string();
  ASSERT_EQ(run_malmoi({"index", corpus, documents, "--analyzer", "word"}).status, 0);
  ASSERT_EQ(run_malmoi({"embed", corpus, "--read", vectors}).status, 0);
  const nlohmann::json near = similar({"--doc", "1"});
  const double cat = std::log(5.0 / 2) + 1;
  const double bird = 2 * (std::log(5.0 / 3) + 1);
  const double norm = std::hypot(cat, bird);
  ASSERT_EQ(near["tables"]["similar"].size(), 2U) << "document 4 has no word with a vector";
  EXPECT_EQ(near["tables"]["similar"][0]["id"], "3");
  EXPECT_NEAR(near["tables"]["similar"][0]["score"].get<double>(), (3 * cat + 4 * bird) / (5 * norm), 1e-5);
  EXPECT_EQ(near["tables"]["similar"][1]["id"], "2");
  EXPECT_NEAR(near["tables"]["similar"][1]["score"].get<double>(), bird / norm, 1e-5);
  const nlohmann::json text = similar({"--text", "fish", "--limit", "1"});
  EXPECT_EQ(text["tables"]["similar"][0]["id"], "3");
  EXPECT_THAT(run_malmoi({"similar", corpus, "--space", "embedding", "--text", "lion"}).err,
              HasSubstr("the text has no term that the model knows"));
  EXPECT_THAT(run_malmoi({"similar", corpus, "--space", "embedding", "--doc", "4"}).err,
              HasSubstr("has no term that the model knows"));
  EXPECT_THAT(run_malmoi({"similar", corpus, "--space", "embedding", "--term", "fish"}).err,
              HasSubstr("--term goes with --space lsa"));
}

TEST(Program, SaysWhatIsWrongWithTheInput) {
  const TemporaryFolder folder;
  const std::string corpus = (folder / "c").string();
  const std::string broken = folder.write("b.tsv", "id\ttext\n1\tgood\n2\tbad \xFF byte\n").string();
  const Outcome run = run_malmoi({"index", corpus, broken, "--analyzer", "word", "--encoding", "utf-8"});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.err, HasSubstr("b.tsv:3: byte "));
  EXPECT_FALSE(std::filesystem::exists(corpus));
  const Outcome skipped =
      run_malmoi({"index", corpus, broken, "--analyzer", "word", "--encoding", "utf-8", "--on-error", "skip"});
  EXPECT_EQ(skipped.status, 0) << skipped.err;
  EXPECT_THAT(skipped.out, HasSubstr("records_skipped  1"));
  EXPECT_EQ(run_malmoi({"index", corpus, (folder / "absent").string()}).status, 1);
  EXPECT_EQ(run_malmoi({"index"}).status, 2);
  EXPECT_EQ(run_malmoi({"serach", corpus}).status, 2);
  EXPECT_THAT(run_malmoi({"serach", corpus}).err, HasSubstr("search"));
}

TEST(Program, TakesAnEmptyInput) {
  const TemporaryFolder folder;
  const std::string corpus = (folder / "c").string();
  ASSERT_EQ(run_malmoi({"index", corpus, folder.write("e.txt", "").string(), "--analyzer", "word"}).status, 0);
  for (const std::vector<std::string>& verb :
       std::vector<std::vector<std::string>>{{"info", corpus},
                                             {"terms", corpus},
                                             {"terms", corpus, "--collocations"},
                                             {"search", corpus, "영화"},
                                             {"kwic", corpus, "영화"},
                                             {"similar", corpus, "--all-pairs"},
                                             {"similar", corpus, "--text", "영화"},
                                             {"matrix", corpus, "-o", (folder / "m.mtx").string()}}) {
    const Outcome run = run_malmoi(verb);
    EXPECT_EQ(run.status, 0) << verb[0] << ": " << run.err;
  }
}

TEST(Program, EveryVerbHasHelpWithAnExample) {
  const Outcome help = run_malmoi({"--help"});
  EXPECT_EQ(help.status, 0);
  for (const std::string verb : {"index", "remove", "info", "tokens", "terms", "kwic", "search", "similar", "matrix",
                                 "lda", "lsa", "topics", "infer", "choose-topics", "report", "models"}) {
    EXPECT_THAT(help.out, HasSubstr("  " + verb + " "));
    EXPECT_THAT(run_malmoi({verb, "--help"}).out, HasSubstr("  malmoi " + verb + " "));
  }
}

TEST(Program, KoreanMorphemesEndToEnd) {
  if (!has_korean_dictionary()) GTEST_SKIP() << "no Korean dictionary in the build's share folder";
  const TemporaryFolder folder;
  const std::string corpus = (folder / "c").string();
  const std::string input =
      folder.write("k.txt", "주가가 떨어졌다.\n국회의원이 말했다.\nAI가 K팝을 3월에 만들었다\n").string();
  ASSERT_EQ(run_malmoi({"index", corpus, input, "--from", "lines"}).status, 0);
  const Outcome search = run_malmoi({"search", corpus, "떨어지는", "--format", "json"});
  EXPECT_EQ(nlohmann::json::parse(search.out)["tables"]["hits"][0]["text"], "주가가 «떨어졌»다.");
  const Outcome terms = run_malmoi({"terms", corpus, "--limit", "100", "--format", "tsv"});
  for (const std::string term : {"떨어지다", "국회의원", "ai", "k팝", "만들다"}) {
    EXPECT_THAT(terms.out, HasSubstr("\n" + term + "\t1\t1\t"));
  }
}

}  // namespace
}  // namespace malmoi::testing
