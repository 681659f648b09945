// For vectors_peer_test.py: reads word vectors in either form and writes them in both, to OUT.vec and OUT.bin.
#include <iostream>
#include <string>

#include "neural/embeddings.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: export_vectors IN OUT\n";
    return 2;
  }
  try {
    using namespace malmoi::neural;
    const Embeddings embeddings = read_vectors(argv[1]);
    const std::string out = argv[2];
    write_vectors(embeddings, VectorFormat::text, out + ".vec", true);
    write_vectors(embeddings, VectorFormat::word2vec_binary, out + ".bin", true);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
