#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace malmoi::corpus {

/// A condition on documents, as SQL over the table `documents` with its values to be bound in order.
struct Filter {
  std::string sql;                  ///< empty: all documents
  std::vector<std::string> values;  ///< for the ? marks; numbers are compared as numbers by CAST in the SQL
};

/// Parses `label=0`, `date>=2019-01 and date<2019-07`, `meta.num_agree>1000`, `key!="a b"`, `source~news`, `id<=100`.
///
/// Fields   id, key, label, date, source, line, text, meta.PATH (dotted; a name with blanks stands in quotes: meta."a
/// b") Compare  = != < <= > >= as numbers when the value is a number and the field holds one, else as text (byte
/// order);
///          ~ holds when the field contains the value; ='' asks whether the field is missing, !='' whether it is there
/// Join     and, or, not, parentheses; `,` means and. Values with blanks or operators stand in '...' or "...", where
///          the quote itself is doubled
/// A document without the field matches only !=. Truth values of metadata are the words true and false.
/// Throws invalid_argument with the byte where the text is not understood; also for more than 200 comparisons or
/// nesting deeper than 10.
Filter parse_filter(std::string_view text);

}  // namespace malmoi::corpus
