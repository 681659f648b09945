#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace malmoi::apps {

// What the report page shows, as plain data. Topic k is the k-th everywhere; terms and documents are called by their
// place in the lists of PageData. A NaN means "not defined" and becomes null.

struct PageFigure {
  std::string name = {};
  double value = 0.0;
};

struct PageOption {
  std::string name = {};
  std::string value = {};
};

struct Weighted {
  std::int32_t index = 0;  ///< of a term, a document or a topic, as the place says
  double value = 0.0;
  friend bool operator==(const Weighted&, const Weighted&) = default;
};

/// How the page was made: enough to make it again.
struct PageHead {
  std::string corpus = {};
  std::string model = {};
  std::string made = {};  ///< UTC, ISO 8601
  std::string version = {};
  std::optional<std::uint64_t> seed = {};
  std::string fingerprint = {};  ///< of the model
  std::string data = {};         ///< fingerprints of the inputs
  std::string command = {};      ///< all commands that lead here, a line each
  std::vector<PageOption> options = {};
  std::vector<PageFigure> figures = {};
};

struct PageTopic {
  std::string name = {};      ///< the user's; may be empty
  std::string proposal = {};  ///< made of its terms
  double share = 0.0;         ///< of all tokens; of a dimension: explained variance
  double x = 0.0;             ///< on the map
  double y = 0.0;
  std::optional<double> alpha = {};
  std::vector<Weighted> terms = {};      ///< p(term | topic); of a dimension: signed loadings
  std::vector<Weighted> documents = {};  ///< shares, best first; of a dimension: signed scores
  std::vector<PageFigure> figures = {};
};

struct PageTerm {
  std::string text = {};
  std::int64_t tokens = 0;            ///< in the documents of the model
  std::vector<Weighted> topics = {};  ///< p(topic | term), best first
};

struct PageSpan {
  std::uint32_t begin = 0;  ///< UTF-16 code units
  std::uint32_t length = 0;
  std::int32_t topic = 0;
  std::int32_t sign = 0;   ///< of a dimension: of the term's loading there
  std::int32_t term = -1;  ///< -1: the page's list does not have it
  friend bool operator==(const PageSpan&, const PageSpan&) = default;
};

struct PageDocument {
  std::string id = {};
  std::string label = {};
  std::string date = {};
  std::string text = {};
  bool cut = false;  ///< the text goes on
  std::vector<Weighted> topics = {};
  std::vector<PageSpan> spans = {};     ///< ascending, apart from each other
  std::vector<std::int32_t> more = {};  ///< terms without a span: beyond the cut, or inside others; ascending
};

/// Shares of topics in groups of documents. Tables are [topics][groups].
struct PageTrend {
  std::string by = {};  ///< "date", "label", "meta.x"
  std::vector<std::string> groups = {};
  std::vector<std::int64_t> documents = {};  ///< [groups]
  std::vector<std::vector<double>> share = {};
  std::vector<std::vector<double>> low = {};  ///< empty: no interval
  std::vector<std::vector<double>> high = {};
  bool quantiles =
      false;  ///< the interval is 2.5 % to 97.5 % of the samples; otherwise from the smallest to the largest
  std::int32_t samples = 0;
  std::int64_t left_out = 0;  ///< documents without the field
  std::int64_t merged = 0;    ///< values that the last group, "…", holds together; 0: there is no such group
};

struct PageData {
  bool is_lsa = false;
  std::string language = "ko";  ///< of the interface at the start: ko or en
  PageHead head = {};
  std::vector<PageTopic> topics = {};
  std::vector<PageTerm> terms = {};
  std::int32_t most_terms = 0;      ///< of a topic, where there was no room for more; 0: there was
  std::int64_t terms_left_out = 0;  ///< of all topics, for want of room
  std::int64_t total_tokens = 0;
  std::int64_t documents_of_model = 0;
  std::int64_t documents_gone = 0;  ///< of those: no longer in the corpus
  std::vector<PageDocument> documents = {};
  std::vector<std::vector<double>> similarity = {};  ///< [topics][topics] or empty
  std::vector<PageTrend> trends = {};
  std::vector<double> singular_values = {};  ///< of LSA
  std::vector<double> explained = {};        ///< of LSA: shares of the total variance
};

inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

/// One JSON object in ASCII and UTF-8 without <, >, & and line separators, so that it can stand in a script element:
/// nothing in it ends that element or starts another. Bytes that are not UTF-8 become U+FFFD. Numbers have at most five
/// digits; counts are written in full.
[[nodiscard]] std::string to_json(const PageData& data);

/// Bytes of to_json that a document takes.
[[nodiscard]] std::size_t json_size(const PageDocument& document);

/// Appends the text in quotes, escaped as said above.
void append_json_text(std::string& out, std::string_view text);

/// The page: fill_page with these data.
[[nodiscard]] std::string make_page(const PageData& data, std::string_view page_template);

/// The longest beginning of at most `characters` code points; where it cuts, behind the last blank of its last third if
/// there is one. text: any bytes.
[[nodiscard]] std::string_view cut_text(std::string_view text, std::size_t characters);

/// Turns places in bytes of UTF-8 into places in UTF-16 code units; ask in ascending order. Linear in all.
class Utf16Places {
 public:
  explicit Utf16Places(std::string_view text) : text_(text) {}  ///< must outlive the object
  [[nodiscard]] std::uint32_t at(std::size_t byte);             ///< a border of code points, ≤ size

 private:
  std::string_view text_;
  std::size_t byte_ = 0;
  std::uint32_t units_ = 0;
};

}  // namespace malmoi::apps
