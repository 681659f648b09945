# Compares the #include lines of the source folders with the allowed directions:
#
#   base ← tokenize ← vectorize ← topics,  vectorize ← neural,  base ← corpus;  apps sees all
#
# and keeps the headers of ICU, SQLite, MeCab, libstemmer, zlib, oneTBB and Boost out of our own headers.
# Run: cmake -DROOT=<folder that holds corpus, tokenize, ...> -P tests/include_rules.cmake
# Prints every include that breaks a rule as "file: reason" and fails.
cmake_minimum_required(VERSION 3.25)

set(sees_base base)
set(sees_corpus corpus base)
set(sees_tokenize tokenize base)
set(sees_vectorize vectorize tokenize base)
set(sees_topics topics vectorize tokenize base)
set(sees_neural_math neural_math base)
set(sees_neural neural neural_math vectorize tokenize base)
set(sees_apps apps corpus tokenize vectorize topics neural neural_math base)

set(neural_math real simd buffer_pool tensor kernels graph gemm panels ops_broadcast ops_elementwise ops_shape ops_reduce
    ops_matmul ops_lookup ops_loss ops_mask ops parameter initializer layers normalization recurrent recurrent_cell recurrent_sequence run_sequence
    sequence_lengths convolution conv1d_max window_scores pooling attention transformer optimizer learning_rate)
# The layout of tensors in files, of models of every kind: part of base.
set(base_layout tensors int8_blocks)
set(hidden_libraries "^(unicode/|sqlite3\\.h|mecab\\.h|libstemmer\\.h|zlib\\.h|tbb/|oneapi/|boost/)")

# The part of the program that "corpus/base/utf8.h" or "neural/tensor.cpp" belongs to.
function(part_of file result)
  get_filename_component(name ${file} NAME_WE)
  string(REGEX MATCH "^[^/]+" part ${file})
  if(file MATCHES "^corpus/base/" OR (part STREQUAL corpus AND name IN_LIST base_layout))
    set(part base)
  elseif(part STREQUAL neural AND name IN_LIST neural_math)
    set(part neural_math)
  endif()
  set(${result} ${part} PARENT_SCOPE)
endfunction()

# Why `file` may not hold this include, or empty.
function(objection file include quote result)
  set(${result} "" PARENT_SCOPE)
  if(quote STREQUAL "<")
    if(file MATCHES "\\.h$" AND include MATCHES "${hidden_libraries}")
      set(${result} "<${include}> belongs into a .cpp file" PARENT_SCOPE)
    endif()
    return()
  endif()
  part_of(${file} from)
  part_of(${include} to)
  if(NOT EXISTS "${ROOT}/${include}")
    set(${result} "\"${include}\" is not a path from the top of the repository" PARENT_SCOPE)
  elseif(NOT to IN_LIST sees_${from})
    set(${result} "${from} may not include ${to} (\"${include}\")" PARENT_SCOPE)
  endif()
endfunction()

# Appends "file: reason" to the list `broken` of the caller for every include against the rules.
function(check_file file)
  file(STRINGS "${ROOT}/${file}" lines ENCODING UTF-8 REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS lines)
    if(line MATCHES "include[ \t]*([\"<])([^\">]+)[\">]")
      objection(${file} ${CMAKE_MATCH_2} ${CMAKE_MATCH_1} reason)
      if(reason)
        list(APPEND broken "${file}: ${reason}")
      endif()
    endif()
  endforeach()
  set(broken "${broken}" PARENT_SCOPE)
endfunction()

set(broken "")
set(checked 0)
foreach(folder corpus tokenize vectorize topics neural apps)
  file(GLOB_RECURSE files RELATIVE "${ROOT}" "${ROOT}/${folder}/*.h" "${ROOT}/${folder}/*.cpp")
  foreach(file IN LISTS files)
    check_file(${file})
    math(EXPR checked "${checked} + 1")
  endforeach()
endforeach()

if(checked EQUAL 0)
  message(FATAL_ERROR "no source files under '${ROOT}'")
endif()
if(broken)
  list(JOIN broken "\n  " text)
  message(FATAL_ERROR "includes against the rules:\n  ${text}")  # indented, so that CMake does not wrap it
endif()
message(STATUS "${checked} files keep the include rules")
