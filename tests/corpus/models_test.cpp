#include "corpus/models.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "corpus/base/error.h"
#include "corpus/schema.h"
#include "corpus/store.h"
#include "tests/support/temporary_folder.h"

namespace malmoi::corpus {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;

Database new_corpus(const std::filesystem::path& path) {
  Database database = Database::open(path, {.access = Access::write, .create = true});
  database.execute("PRAGMA journal_mode=WAL");
  create_schema(database);
  return database;
}

StoredModel sample(std::string tensors = "0123456789") {
  return {.kind = "lda", .version = 1, .options = R"({"topics":20})", .tensors = std::move(tensors)};
}

ErrorCode code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::io;
}

TEST(Models, ComeBackAsTheyWereSaved) {
  const TemporaryFolder folder;
  Database database = new_corpus(folder / "c");
  save_model(database, "lda", sample());
  const StoredModel model = load_model(database, "lda");
  EXPECT_EQ(model.kind, "lda");
  EXPECT_EQ(model.version, 1);
  EXPECT_EQ(model.options, R"({"topics":20})");
  EXPECT_EQ(model.tensors, "0123456789");
  EXPECT_EQ(model.run, std::nullopt);
  EXPECT_EQ(model.checksum, checksum(sample()));
  EXPECT_TRUE(has_model(database, "lda"));
  EXPECT_FALSE(has_model(database, "LDA"));
}

TEST(Models, TheChecksumFollowsFromEveryPartButTheRun) {
  const std::string sum = checksum(sample());
  EXPECT_EQ(sum.size(), 16U);
  StoredModel other = sample();
  other.run = 7;
  EXPECT_EQ(checksum(other), sum);
  other = sample();
  other.version = 2;
  EXPECT_NE(checksum(other), sum);
  other = sample();
  other.kind = "lsa";
  EXPECT_NE(checksum(other), sum);
  other = sample("012345678");
  other.options += '9';
  EXPECT_NE(checksum(other), sum);
  EXPECT_NE(checksum(sample("0123456798")), sum);
}

TEST(Models, LongTensorsAreCutIntoPartsAndJoined) {
  const TemporaryFolder folder;
  Database database = new_corpus(folder / "c");
  for (const std::size_t part : {1U, 3U, 5U, 9U, 10U, 11U}) {
    save_model(database, "lda", sample(), {.overwrite = true, .part_bytes = part});
    EXPECT_EQ(load_model(database, "lda").tensors, "0123456789") << part;
    EXPECT_EQ(database.query_integer("SELECT count(*) FROM model_parts"), static_cast<std::int64_t>((10 - 1) / part));
    EXPECT_EQ(Store::open(folder / "c").models().at(0).bytes, 10);
  }
  rename_model(database, "lda", "other");
  EXPECT_EQ(load_model(database, "other").tensors, "0123456789");
  remove_model(database, "other");
  EXPECT_EQ(database.query_integer("SELECT count(*) FROM model_parts"), 0);
}

TEST(Models, ReadsBlobsStraightToTheirPlace) {
  const TemporaryFolder folder;
  Database database = Database::open(folder / "blobs", {.access = Access::write, .create = true});
  database.execute("CREATE TABLE parts(data BLOB); INSERT INTO parts VALUES(x'414200'), (x''), ('ja'), (NULL)");
  std::string bytes = "<";
  for (const std::int64_t row : {1, 2, 3, 1}) database.append_blob({"parts", "data", row}, bytes);
  EXPECT_EQ(bytes, std::string("<AB\0jaAB\0", 9));
  const auto refused = [&](const char* column, std::int64_t row) {
    return code_of([&] { database.append_blob({"parts", column, row}, bytes); });
  };
  EXPECT_EQ(refused("data", 4), ErrorCode::corrupt_data);  // no blob
  EXPECT_EQ(refused("data", 5), ErrorCode::corrupt_data);  // no row
  EXPECT_EQ(refused("other", 1), ErrorCode::corrupt_data);
}

TEST(Models, AnExistingNameIsRefusedUnlessItIsToBeReplaced) {
  const TemporaryFolder folder;
  Database database = new_corpus(folder / "c");
  save_model(database, "lda", sample("old"));
  EXPECT_EQ(code_of([&] { save_model(database, "lda", sample("new")); }), ErrorCode::invalid_argument);
  EXPECT_EQ(load_model(database, "lda").tensors, "old");
  save_model(database, "lda", sample("new"), {.overwrite = true});
  EXPECT_EQ(load_model(database, "lda").tensors, "new");
}

TEST(Models, NamesThatWouldConfuseAreRefused) {
  const TemporaryFolder folder;
  Database database = new_corpus(folder / "c");
  for (const std::string& name : {std::string(), std::string("a/b"), std::string("a\nb"), std::string("\x7F"),
                                  std::string("\xFF"), std::string(201, 'a')}) {
    EXPECT_EQ(code_of([&] { save_model(database, name, sample(), {.overwrite = true}); }), ErrorCode::invalid_argument);
  }
  save_model(database, "리뷰 20", sample());
  EXPECT_TRUE(has_model(database, "리뷰 20"));
}

TEST(Models, AMissingModelIsNamedWithThoseThatAreThere) {
  const TemporaryFolder folder;
  Database database = new_corpus(folder / "c");
  const auto message = [&] {
    try {
      (void)load_model(database, "lda");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::not_found);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(message(), HasSubstr("there is no model \"lda\"; it has none yet"));
  save_model(database, "b", sample());
  save_model(database, "a", sample());
  EXPECT_THAT(message(), HasSubstr("there is no model \"lda\"; it has a, b"));
  EXPECT_EQ(code_of([&] { remove_model(database, "lda"); }), ErrorCode::not_found);
  EXPECT_EQ(code_of([&] { rename_model(database, "lda", "c"); }), ErrorCode::not_found);
  EXPECT_EQ(code_of([&] { rename_model(database, "a", "b"); }), ErrorCode::invalid_argument);
}

TEST(Models, AnotherKindAndANewerVersionAreRefused) {
  const TemporaryFolder folder;
  Database database = new_corpus(folder / "c");
  StoredModel model = sample();
  model.version = 3;
  save_model(database, "m", model);
  EXPECT_EQ(load_model(database, "m", {.kind = "lda", .newest = 3}).version, 3);
  EXPECT_EQ(code_of([&] { (void)load_model(database, "m", {.kind = "lsa", .newest = 3}); }),
            ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { (void)load_model(database, "m", {.kind = "lda", .newest = 2}); }),
            ErrorCode::unsupported_version);
}

TEST(Models, EveryFlippedBitAndEveryShorterRowIsFound) {
  const TemporaryFolder folder;
  Database database = new_corpus(folder / "c");
  const StoredModel right = sample();
  const Transaction transaction(database);  // or every change would wait for the disk
  save_model(database, "m", right, {.part_bytes = 6});
  Statement set = database.prepare("UPDATE models SET kind = ?, version = ?, options = ?, tensors = ?");
  const auto damaged = [&](const StoredModel& model) {
    set.bind(1, model.kind).bind(2, model.version).bind(3, model.options).bind_blob(4, model.tensors).run();
    return code_of([&] { (void)load_model(database, "m"); }) == ErrorCode::corrupt_data;
  };
  StoredModel stored = right;
  stored.tensors = "012345";
  for (std::string* field : {&stored.kind, &stored.options, &stored.tensors}) {
    const std::string whole = *field;
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
      (*field)[bit / 8] = static_cast<char>(static_cast<unsigned char>(whole[bit / 8]) ^ (1U << (bit % 8)));
      EXPECT_TRUE(damaged(stored)) << whole << " bit " << bit;
      *field = whole;
    }
    for (std::size_t size = 0; size < whole.size(); ++size) {
      *field = whole.substr(0, size);
      EXPECT_TRUE(damaged(stored)) << whole << " size " << size;
      *field = whole;
    }
  }
  stored.version = 0;
  EXPECT_TRUE(damaged(stored));
  stored.version = 1;
  set.bind(1, stored.kind).bind(2, stored.version).bind(3, stored.options).bind_blob(4, stored.tensors).run();
  EXPECT_EQ(load_model(database, "m").tensors, right.tensors);
  database.execute("DELETE FROM model_parts");
  EXPECT_EQ(code_of([&] { (void)load_model(database, "m"); }), ErrorCode::corrupt_data);
}

TEST(Models, NotesAndDocumentTopicsFollowTheModel) {
  const TemporaryFolder folder;
  Database database = new_corpus(folder / "c");
  save_model(database, "a", sample());
  set_model_note(database, kTopicNames, "a", R"({"0":"배우"})");
  database.execute("INSERT INTO documents(id, text) VALUES(1, ''), (2, '')");
  const std::vector<std::int64_t> both = {1, 2};
  const std::vector<DocumentTopic> before = {{1, 0, 0.9}, {1, 5, 0.1}, {2, 0, 1}};
  const std::vector<DocumentTopic> rows = {{1, 0, 0.5}, {1, 3, 0.25}, {2, 1, 1}};
  save_document_topics(database, "a", both, before);
  save_document_topics(database, "a", both, {});
  EXPECT_EQ(database.query_integer("SELECT count(*) FROM document_topics"), 0);
  save_document_topics(database, "a", both, before);
  save_document_topics(database, "a", both, rows);
  EXPECT_EQ(database.query_integer("SELECT count(*) FROM document_topics"), 3);
  EXPECT_EQ(database.query_integer("SELECT topic FROM document_topics WHERE share = 0.25"), 3);
  rename_model(database, "a", "b");
  EXPECT_EQ(model_note(database, kTopicNames, "a"), std::nullopt);
  EXPECT_EQ(model_note(database, kTopicNames, "b"), R"({"0":"배우"})");
  EXPECT_EQ(database.query_integer("SELECT count(*) FROM document_topics WHERE model = 'b'"), 3);
  database.execute("DELETE FROM documents WHERE id = 1");
  EXPECT_EQ(database.query_integer("SELECT count(*) FROM document_topics"), 1);
  remove_model(database, "b");
  EXPECT_EQ(model_note(database, kTopicNames, "b"), std::nullopt);
  EXPECT_EQ(database.query_integer("SELECT count(*) FROM document_topics"), 0);
}

TEST(Models, ATransactionThatIsNotFinishedLeavesTheOldModel) {
  const TemporaryFolder folder;
  Database database = new_corpus(folder / "c");
  save_model(database, "m", sample("old"));
  {
    const Transaction transaction(database);
    save_model(database, "m", sample("new"), {.overwrite = true});
    const Store reader = Store::open(folder / "c");  // reads on meanwhile
    EXPECT_EQ(load_model(reader.database(), "m").tensors, "old");
  }
  EXPECT_EQ(load_model(database, "m").tensors, "old");
}

TEST(ExportedModels, GoIntoAnotherCorpusWithTheirNames) {
  const TemporaryFolder folder;
  Database from = new_corpus(folder / "from");
  StoredModel model = sample();
  from.execute("INSERT INTO runs VALUES(7, '', 0, '', '', 0, '', '', '')");
  model.run = 7;
  save_model(from, "m", model);
  set_model_note(from, kTopicNames, "m", "{}");
  export_model(from, "m", folder / "m.model");
  EXPECT_FALSE(std::filesystem::exists(folder / "m.model.partial"));

  const ImportedModel imported = read_exported_model(folder / "m.model");
  EXPECT_EQ(imported.name, "m");
  EXPECT_EQ(imported.model.checksum, checksum(model));
  EXPECT_EQ(imported.model.run, std::nullopt);
  EXPECT_EQ(imported.topic_names, "{}");
  Database to = new_corpus(folder / "to");
  save_model(to, "n", imported.model);
  EXPECT_EQ(load_model(to, "n").tensors, model.tensors);
}

TEST(ExportedModels, OverwriteOnlyWhenAsked) {
  const TemporaryFolder folder;
  Database from = new_corpus(folder / "from");
  save_model(from, "m", sample());
  const std::filesystem::path file = folder.write("m.model", "precious");
  EXPECT_EQ(code_of([&] { export_model(from, "m", file); }), ErrorCode::invalid_argument);
  EXPECT_EQ(std::filesystem::file_size(file), 8U);
  EXPECT_EQ(code_of([&] { export_model(from, "gone", file, {.overwrite = true}); }), ErrorCode::not_found);
  EXPECT_EQ(std::filesystem::file_size(file), 8U);
  export_model(from, "m", file, {.overwrite = true});
  EXPECT_EQ(read_exported_model(file).model.tensors, "0123456789");
}

TEST(ExportedModels, OtherFilesAreRefused) {
  const TemporaryFolder folder;
  Database corpus = new_corpus(folder / "c");
  save_model(corpus, "m", sample());
  EXPECT_EQ(code_of([&] { (void)read_exported_model(folder / "c"); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([&] { (void)read_exported_model(folder / "none"); }), ErrorCode::not_found);
  EXPECT_EQ(code_of([&] { (void)read_exported_model(folder.write("t", "text")); }), ErrorCode::corrupt_data);
  export_model(corpus, "m", folder / "e");
  EXPECT_EQ(code_of([&] { (void)Store::open(folder / "e"); }), ErrorCode::corrupt_data);
  Database::open(folder / "e", {.access = Access::write}).execute("PRAGMA user_version = 99");
  EXPECT_EQ(code_of([&] { (void)read_exported_model(folder / "e"); }), ErrorCode::unsupported_version);
}

// A cut or damaged file may be unreadable for SQLite or fail the checksum; it must never give another model.
TEST(ExportedModels, DamagedFilesThrow) {
  const TemporaryFolder folder;
  Database corpus = new_corpus(folder / "c");
  save_model(corpus, "m", sample(std::string(20000, 'x')));
  export_model(corpus, "m", folder / "e");
  std::ifstream file(folder / "e", std::ios::binary);
  const std::string right(std::istreambuf_iterator<char>(file), {});
  for (std::size_t size = 0; size < right.size(); size += 1777) {
    EXPECT_THROW((void)read_exported_model(folder.write("cut", right.substr(0, size))), Error) << size;
  }
  int refused = 0;
  for (std::size_t at = 0; at < right.size(); at += 101) {
    std::string bytes = right;
    bytes[at] = static_cast<char>(~bytes[at]);
    try {
      EXPECT_EQ(read_exported_model(folder.write("flipped", bytes)).model.tensors, std::string(20000, 'x')) << at;
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 150);
}

// As the first version of the tables had it.
Database corpus_of_version_1(const std::filesystem::path& path) {
  Database database = new_corpus(path);
  database.execute("DROP TRIGGER document_topics_go; DROP TABLE document_topics; DROP TABLE model_parts");
  database.execute("INSERT INTO documents(id, text) VALUES(1, '')");
  database.execute("PRAGMA user_version = 1");
  return database;
}

TEST(Schema, ACorpusOfVersion1IsBroughtUpToDate) {
  const TemporaryFolder folder;
  (void)corpus_of_version_1(folder / "c");
  (void)Store::open(folder / "c");
  Database database = Database::open(folder / "c", {.access = Access::write});
  EXPECT_EQ(database.query_integer("PRAGMA user_version"), 2);
  save_model(database, "m", sample(), {.part_bytes = 4});
  EXPECT_EQ(load_model(database, "m").tensors, "0123456789");
  database.execute("INSERT INTO document_topics VALUES(1, 'm', 0, 1); DELETE FROM documents");
  EXPECT_EQ(database.query_integer("SELECT count(*) FROM document_topics"), 0);
}

TEST(Schema, ACorpusOfVersion1ThatIsInUseCanBeRead) {
  const TemporaryFolder folder;
  Database writer = corpus_of_version_1(folder / "c");
  const Transaction transaction(writer);
  const Store store = Store::open(folder / "c");
  EXPECT_TRUE(store.models().empty());
  EXPECT_EQ(store.matching({}), std::vector<std::int64_t>{1});
}

}  // namespace
}  // namespace malmoi::corpus
