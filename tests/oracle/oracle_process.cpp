#include "oracle_process.h"

#include <csignal>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace oracle {

Process::Process(const std::string &program) {
  int in[2], out[2];
  if (pipe(in) != 0 || pipe(out) != 0)
    return;
  std::signal(SIGPIPE, SIG_IGN);
  child_ = fork();
  if (child_ == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    for (const int end : {in[0], in[1], out[0], out[1]})
      close(end);
    execl(program.c_str(), program.c_str(), static_cast<char *>(nullptr));
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  to_ = in[1];
  from_ = out[0];
}

Process::~Process() {
  if (to_ >= 0)
    close(to_);
  if (from_ >= 0)
    close(from_);
  if (child_ > 0)
    waitpid(child_, nullptr, 0);
}

bool Process::write(const void *from, std::size_t size) {
  const auto *bytes = static_cast<const char *>(from);
  while (size > 0) {
    const ssize_t done = ::write(to_, bytes, size);
    if (done <= 0)
      return false;
    bytes += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

bool Process::read(void *to, std::size_t size) {
  auto *bytes = static_cast<char *>(to);
  while (size > 0) {
    const ssize_t done = ::read(from_, bytes, size);
    if (done <= 0)
      return false;
    bytes += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

bool Process::read_reply(Reply &reply) {
  if (!read(&reply.outcome, sizeof reply.outcome) || reply.outcome.chunks > 1u << 20)
    return false;
  reply.chunks.resize(reply.outcome.chunks);
  return read(reply.chunks.data(), reply.chunks.size() * sizeof(Chunk));
}

} // namespace oracle
