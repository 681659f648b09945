#include "corpus/writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <thread>

#include "corpus/base/error.h"
#include "corpus/inverted_index.h"
#include "corpus/schema.h"
#include "corpus/token_blocks.h"
#include "tests/support/random_text.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::corpus {
namespace {

using malmoi::testing::TemporaryFolder;

Document document(std::string key, std::string text, std::string label = "") {
  Document made;
  made.key = std::move(key);
  made.text = std::move(text);
  made.label = std::move(label);
  made.source = "test";
  made.line = 1;
  return made;
}

// Words between blanks are the tokens; words of one letter count as dropped.
TokenBatch batch_of(const std::vector<Document>& documents) {
  TokenBatch batch;
  batch.documents = documents;
  for (const Document& one : documents) {
    std::string_view text = one.text;
    while (!text.empty()) {
      const std::string_view word = text.substr(0, text.find(' '));
      if (word.size() == 1) {
        ++batch.dropped["too_short"];
      } else if (!word.empty()) {
        batch.tokens.push_back(batch.terms.intern(word));
      }
      text.remove_prefix(std::min(word.size() + 1, text.size()));
    }
    batch.ends.push_back(batch.tokens.size());
  }
  return batch;
}

WriterOptions options(KnownKey known_key) {
  return {.known_key = known_key,
          .dropped_in = [](std::string_view text) { return batch_of({document("", std::string(text))}).dropped; }};
}

void add_all(const std::filesystem::path& path, const std::vector<Document>& documents,
             KnownKey known_key = KnownKey::refuse) {
  CorpusWriter writer(path, options(known_key));
  TokenBatch batch = batch_of(documents);
  writer.add(batch);
  writer.finish();
  writer.commit();
}

// All that can be read from a corpus, by term and key instead of by number, for comparisons.
struct Content {
  std::map<std::string, std::vector<std::string>> tokens;               ///< key → terms in order
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> counts;  ///< term → documents, occurrences
  std::map<std::string, std::map<std::string, std::int32_t>> postings;  ///< term → key → count
  std::map<std::string, std::int64_t> dropped;
  CorpusSize size;
  bool operator==(const Content& other) const {
    return tokens == other.tokens && counts == other.counts && postings == other.postings && dropped == other.dropped &&
           size.documents == other.size.documents && size.tokens == other.size.tokens;
  }
};

Content content(const std::filesystem::path& path) {
  const Store store = Store::open(path);
  const TermTable terms = load_terms(store.database());
  Content all;
  all.size = store.size();
  for (const DroppedTokens& dropped : store.dropped()) {
    if (dropped.tokens != 0) all.dropped[dropped.rule] = dropped.tokens;
  }
  std::map<std::int64_t, std::string> keys;
  DocumentCursor documents = store.documents();
  for (Document one; documents.next(one);) keys[one.id] = one.key;
  const TokenSequences tokens = load_tokens(store.database());
  for (std::size_t row = 0; row < tokens.rows(); ++row) {
    auto& words = all.tokens[keys.at(tokens.row_ids[row])];
    for (const TermId term : tokens.row(row)) words.emplace_back(terms.texts.at(term));
  }
  for (TermId term = 0; term < terms.texts.size(); ++term) {
    const auto t = static_cast<std::size_t>(term);
    const std::string text(terms.texts.at(term));
    if (terms.documents[t] > 0) all.counts[text] = {terms.documents[t], terms.occurrences[t]};
    for_each_posting(store.database(), term, [&](const Posting& posting) {
      const auto key = keys.find(posting.document);
      if (key != keys.end()) all.postings[text][key->second] = posting.count;
    });
  }
  return all;
}

// What the postings and counts must be, counted from the tokens themselves.
void expect_consistent(const Content& all) {
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> counts;
  std::map<std::string, std::map<std::string, std::int32_t>> postings;
  for (const auto& [key, words] : all.tokens) {
    for (const std::string& word : words) {
      ++counts[word].second;
      if (++postings[word][key] == 1) ++counts[word].first;
    }
  }
  EXPECT_EQ(all.counts, counts);
  EXPECT_EQ(all.postings, postings);
}

std::vector<Document> random_documents(std::uint64_t seed, int count, std::string_view prefix = "d") {
  Rng rng(seed);
  std::vector<Document> documents;
  for (int i = 0; i < count; ++i) {
    std::string text;
    for (std::size_t words = rng.uniform_index(12); words > 0; --words) text += testing::random_word(rng) + " ";
    documents.push_back(document(concat(prefix, i), text, std::to_string(i % 3)));
  }
  return documents;
}

TEST(CorpusWriter, StoresDocumentsTokensTermsAndPostings) {
  const TemporaryFolder folder;
  add_all(folder / "c", {document("a", "좋은 영화 좋은 배우", "1"), document("b", "영화 x"), document("c", "")});
  const Content all = content(folder / "c");
  EXPECT_EQ(all.tokens.at("a"), (std::vector<std::string>{"좋은", "영화", "좋은", "배우"}));
  EXPECT_EQ(all.counts.at("좋은"), std::make_pair(std::int64_t{1}, std::int64_t{2}));
  EXPECT_EQ(all.counts.at("영화"), std::make_pair(std::int64_t{2}, std::int64_t{2}));
  EXPECT_EQ(all.postings.at("좋은"), (std::map<std::string, std::int32_t>{{"a", 2}}));
  EXPECT_EQ(all.dropped, (std::map<std::string, std::int64_t>{{"too_short", 1}}));
  EXPECT_EQ(all.size.documents, 3);
  EXPECT_EQ(all.size.tokens, 5);

  const Store store = Store::open(folder / "c");
  const auto found = store.find(1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->text, "좋은 영화 좋은 배우");
  EXPECT_EQ(found->label, "1");
  EXPECT_EQ(found->source, "test");
  DocumentCursor documents = store.documents(Filter{"label = ?", {"1"}});
  Document one;
  EXPECT_TRUE(documents.next(one));
  EXPECT_EQ(one.key, "a");
  EXPECT_FALSE(documents.next(one));
  EXPECT_FALSE(documents.next(one)) << "the end stays the end";
  EXPECT_EQ(store.resolve("b"), 2);
  EXPECT_EQ(store.resolve("3"), 3);
  EXPECT_THROW((void)store.resolve("4"), Error);
  EXPECT_EQ(find_term(store.database(), "영화")->documents, 2);
  EXPECT_EQ(find_term(store.database(), "영"), std::nullopt);
}

TEST(CorpusWriter, AddingInPartsGivesTheSameNumbersAsAllAtOnce) {
  const TemporaryFolder folder;
  const std::vector<Document> documents = random_documents(1, 500);
  add_all(folder / "whole", documents);
  for (std::size_t begin = 0, part = 1; begin < documents.size(); begin += part, part = part * 2 % 97) {
    const auto end = std::min(begin + part, documents.size());
    add_all(folder / "parts", {documents.begin() + static_cast<std::ptrdiff_t>(begin),
                               documents.begin() + static_cast<std::ptrdiff_t>(end)});
  }
  const Content whole = content(folder / "whole");
  expect_consistent(whole);
  EXPECT_TRUE(content(folder / "parts") == whole);
  const Store a = Store::open(folder / "whole");
  const Store b = Store::open(folder / "parts");
  EXPECT_EQ(load_tokens(a.database()).terms, load_tokens(b.database()).terms) << "term numbers";
  EXPECT_LE(b.database().query_integer("SELECT count(*) FROM segments"), 10) << "small segments are merged";
}

TEST(CorpusWriter, RemovedDocumentsLeaveNoTrace) {
  const TemporaryFolder folder;
  std::vector<Document> documents = random_documents(2, 300);
  add_all(folder / "c", documents);
  {
    CorpusWriter writer(folder / "c", options(KnownKey::refuse));
    std::vector<std::int64_t> ids;
    for (std::int64_t id = 1; id <= 300; id += 3) ids.push_back(id);
    ids.push_back(1000);
    EXPECT_EQ(writer.remove(ids), 100);
    writer.finish();
    writer.commit();
  }
  std::vector<Document> left;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    if (i % 3 != 0) left.push_back(documents[i]);
  }
  add_all(folder / "clean", left);
  expect_consistent(content(folder / "c"));
  EXPECT_TRUE(content(folder / "c") == content(folder / "clean"));
  add_all(folder / "c", {document("new", "영화")});
  EXPECT_EQ(Store::open(folder / "c").resolve("new"), 301) << "numbers are not used again";
}

TEST(CorpusWriter, ReplacesRefusesOrSkipsKnownKeys) {
  const TemporaryFolder folder;
  add_all(folder / "c", {document("a", "좋은 영화"), document("b", "나쁜 영화 y")});
  const Content before = content(folder / "c");
  EXPECT_THROW(add_all(folder / "c", {document("n", "새로운"), document("b", "다른")}), Error);
  EXPECT_TRUE(content(folder / "c") == before) << "all or nothing";

  add_all(folder / "c", {document("n", "새로운 x"), document("b", "다른 x z")}, KnownKey::skip);
  EXPECT_EQ(content(folder / "c").tokens.at("b"), before.tokens.at("b"));
  EXPECT_EQ(content(folder / "c").dropped.at("too_short"), 2) << "the skipped document's are not counted";

  add_all(folder / "c", {document("b", "다른 영화"), document("b", "마지막 것")}, KnownKey::replace);
  const Content after = content(folder / "c");
  expect_consistent(after);
  EXPECT_EQ(after.tokens.at("b"), (std::vector<std::string>{"마지막", "것"}));
  EXPECT_EQ(after.dropped.at("too_short"), 1);
  EXPECT_EQ(after.size.documents, 3);
}

TEST(CorpusWriter, NamesBothPlacesOfADoubleKey) {
  const TemporaryFolder folder;
  Document first = document("7", "하나");
  Document second = document("7", "둘");
  first.line = 2;
  second.line = 5;
  try {
    add_all(folder / "c", {first, second});
    FAIL() << "a double key was taken";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "test:5: the id \"7\" is used already by test:2");
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "c"));
  EXPECT_FALSE(std::filesystem::exists(folder / "c.partial"));
}

TEST(CorpusWriter, LeavesNothingWithoutCommit) {
  const TemporaryFolder folder;
  {
    CorpusWriter writer(folder / "new", {});
    TokenBatch batch = batch_of({document("a", "영화")});
    writer.add(batch);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  add_all(folder / "c", {document("a", "영화")});
  {
    CorpusWriter writer(folder / "c", {});
    TokenBatch batch = batch_of({document("b", "배우")});
    writer.add(batch);
  }
  EXPECT_EQ(content(folder / "c").tokens.size(), 1U);
}

TEST(CorpusWriter, ReplacesTheLeftoverOfAKilledRun) {
  const TemporaryFolder folder;
  folder.write("c.partial", "half a file that no SQLite can read");
  add_all(folder / "c", {document("a", "영화")});
  EXPECT_EQ(content(folder / "c").tokens.size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(folder / "c.partial"));
}

TEST(CorpusWriter, ASecondWriterWaitsForTheFirst) {
  const TemporaryFolder folder;
  auto first = std::make_unique<CorpusWriter>(folder / "c", WriterOptions{});
  std::jthread second([&] { add_all(folder / "c", {document("b", "배우")}); });
  TokenBatch batch = batch_of({document("a", "영화")});
  first->add(batch);
  first->finish();
  first->commit();
  first.reset();
  second.join();
  EXPECT_EQ(content(folder / "c").tokens.size(), 2U);
  expect_consistent(content(folder / "c"));
}

TEST(CorpusWriter, ReindexReplacesTheAnalysisOfAllDocuments) {
  const TemporaryFolder folder;
  std::vector<Document> documents = {document("a", "하나 둘"), document("b", "둘 x")};
  add_all(folder / "c", documents);
  {
    CorpusWriter writer(folder / "c", {});
    EXPECT_EQ(writer.tokens().terms, (std::vector<TermId>{0, 1, 1}));
    writer.clear_index();
    documents[0].id = 1;
    documents[1].id = 2;
    documents[0].text = "셋 넷 다섯";
    TokenBatch batch = batch_of(documents);
    writer.reindex(batch);
    writer.finish();
    writer.commit();
  }
  const Content all = content(folder / "c");
  expect_consistent(all);
  EXPECT_EQ(all.tokens.at("a"), (std::vector<std::string>{"셋", "넷", "다섯"}));
  EXPECT_EQ(all.counts.count("하나"), 0U);
  EXPECT_EQ(all.dropped.at("too_short"), 1);
  EXPECT_EQ(Store::open(folder / "c").find(1)->text, "하나 둘") << "texts are left alone";
}

TEST(CorpusWriter, TermsOfAnyCharactersComeBackAndTheViewShowsThem) {
  const TemporaryFolder folder;
  add_all(folder / "c", {document("a", "q\"uote back\\slash con\x01trol 영화 영화 new\u00A0york")});
  const Content all = content(folder / "c");
  EXPECT_EQ(all.tokens.at("a"),
            (std::vector<std::string>{"q\"uote", "back\\slash", "con\x01trol", "영화", "영화", "new\u00A0york"}));
  const Store store = Store::open(folder / "c");
  EXPECT_EQ(find_term(store.database(), "con\x01trol")->id, 2);
  Statement select = store.database().prepare("SELECT id, documents, occurrences FROM terms WHERE term = ?");
  for (const std::string_view term : {"q\"uote", "back\\slash", "con\x01trol", "영화"}) {
    select.bind(1, term);
    ASSERT_TRUE(select.step()) << term;
    EXPECT_EQ(select.integer(1), 1);
    EXPECT_EQ(select.integer(2), term == "영화" ? 2 : 1);
    select.reset();
  }
}

TEST(CorpusWriter, ManyTermsFillManyBuckets) {
  const TemporaryFolder folder;
  std::vector<Document> documents;
  documents.reserve(3000);
  for (int i = 0; i < 3000; ++i) documents.push_back(document(concat("k", i), concat("단어", i, " 공통")));
  add_all(folder / "c", documents);
  const Store store = Store::open(folder / "c");
  EXPECT_GT(store.database().query_integer("SELECT count(*) FROM term_buckets"), 2);
  EXPECT_EQ(store.database().query_integer("SELECT count(*) FROM terms"), 3001);
  for (int i = 0; i < 3000; i += 17) EXPECT_TRUE(find_term(store.database(), concat("단어", i))) << i;
  EXPECT_EQ(find_term(store.database(), "공통")->documents, 3000);
  expect_consistent(content(folder / "c"));
}

TEST(Store, RefusesWhatIsNoCorpus) {
  const TemporaryFolder folder;
  EXPECT_THROW(Store::open(folder / "absent"), Error);
  EXPECT_THROW(Store::open(folder.path()), Error);
  EXPECT_THROW(Store::open(folder.write("text", "this is a text file, not a corpus, and long enough to be read")),
               Error);
  {
    Database other = Database::open(folder / "other", {.access = Access::write, .create = true});
    other.execute("CREATE TABLE t(x)");
  }
  EXPECT_THROW(Store::open(folder / "other"), Error);
  EXPECT_THROW(CorpusWriter(folder / "other", {}), Error);
}

TEST(Store, RefusesANewerSchema) {
  const TemporaryFolder folder;
  add_all(folder / "c", {document("a", "영화")});
  Database::open(folder / "c", {.access = Access::write}).execute("PRAGMA user_version = 99");
  try {
    Store::open(folder / "c");
    FAIL() << "a newer corpus was opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported_version);
  }
}

TEST(Schema, MigratesStepByStepOrNotAtAll) {
  const TemporaryFolder folder;
  Database database = Database::open(folder / "old", {.access = Access::write, .create = true});
  database.execute("PRAGMA user_version = 3; CREATE TABLE t(x); INSERT INTO t VALUES(1)");
  const std::vector<Migration> steps = {{3, "ALTER TABLE t ADD COLUMN y"}, {4, "UPDATE t SET y = x + 1"}};
  EXPECT_THROW(migrate(database, 6, steps), Error);
  EXPECT_EQ(database.query_integer("PRAGMA user_version"), 3);
  migrate(database, 5, steps);
  EXPECT_EQ(database.query_integer("PRAGMA user_version"), 5);
  EXPECT_EQ(database.query_integer("SELECT y FROM t"), 2);
}

// One column of the only token block, damaged in many ways: cut short, or with one bit turned over.
void expect_damage_is_seen(const std::filesystem::path& path, const std::string& column) {
  Database database = Database::open(path, {.access = Access::write});
  const std::string whole = [&] {
    Statement select = database.prepare(concat("SELECT ", column, " FROM token_blocks"));
    select.step();
    return std::string(select.blob(0));
  }();
  Statement update = database.prepare(concat("UPDATE token_blocks SET ", column, " = ?"));
  Rng rng(4);
  for (int round = 0; round < 300; ++round) {
    const bool cut = round % 2 == 0;
    std::string damaged = whole.substr(0, cut ? rng.uniform_index(whole.size()) : whole.size());
    if (!cut) damaged[rng.uniform_index(damaged.size())] ^= static_cast<char>(1U << rng.uniform_index(8));
    update.bind_blob(1, damaged).run();
    try {
      const TokenSequences tokens = load_tokens(database);
      EXPECT_EQ(tokens.offsets.size(), tokens.rows() + 1);
      EXPECT_FALSE(cut) << "a truncated block was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    }
  }
  update.bind_blob(1, whole).run();
}

TEST(Store, DamagedBlocksAreReported) {
  const TemporaryFolder folder;
  add_all(folder / "c", random_documents(3, 200));
  expect_damage_is_seen(folder / "c", "terms");
  expect_damage_is_seen(folder / "c", "lengths");
}

TEST(Store, KeepsRuns) {
  const TemporaryFolder folder;
  add_all(folder / "c", {document("a", "영화")});
  Store store = Store::open(folder / "c", Access::write);
  corpus::Run run;
  run.started = "2026-01-02T03:04:05Z";
  run.seconds = 0.25;
  run.command = "index";
  run.options = R"(["c"])";
  run.seed = 7;
  run.version = "1";
  run.results = "{}";
  store.record(run);
  const std::vector<corpus::Run> runs = store.runs();
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].id, 1);
  EXPECT_EQ(runs[0].seconds, 0.25);
  EXPECT_EQ(runs[0].seed, 7);
  EXPECT_EQ(runs[0].options, R"(["c"])");
}

TEST(Store, ReadsFromAFolderThatCannotBeWritten) {
  const TemporaryFolder folder;
  add_all(folder / "c", {document("a", "영화")});
  std::filesystem::permissions(folder / "c", std::filesystem::perms::owner_read);
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  EXPECT_EQ(Store::open(folder / "c").size().documents, 1);
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace malmoi::corpus
