// Our end of the pipe to an oracle process (POSIX: these tests run where Unicorn does).
#pragma once

#include "oracle_protocol.h"

#include <cstddef>
#include <string>
#include <vector>

namespace oracle {

struct Reply {
  Outcome outcome{};
  std::vector<Chunk> chunks;
};

class Process {
public:
  /// Starts the program; ok() tells whether the pipes stand.
  explicit Process(const std::string &program);
  ~Process();
  Process(const Process &) = delete;
  Process &operator=(const Process &) = delete;

  bool ok() const { return to_ >= 0 && from_ >= 0; }
  bool write(const void *from, std::size_t size);
  bool read(void *to, std::size_t size);
  template <class T> bool write(const T &value) { return write(&value, sizeof value); }
  bool read_reply(Reply &reply);

private:
  int to_ = -1, from_ = -1;
  int child_ = -1;
};

} // namespace oracle
