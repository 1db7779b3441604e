#include <ringfence/base/result.h>

#include <ringfence/base/text.h>

namespace ringfence {

const char *name_of(ErrorCode code) {
  switch (code) {
  case ErrorCode::truncated:
    return "truncated";
  case ErrorCode::malformed:
    return "malformed";
  case ErrorCode::unsupported:
    return "unsupported";
  case ErrorCode::limit:
    return "limit";
  case ErrorCode::not_found:
    return "not found";
  case ErrorCode::io:
    return "i/o";
  case ErrorCode::invalid:
    return "invalid";
  }
  return "unknown";
}

std::string to_string(const Error &error) {
  return error.what + " (" + name_of(error.code) + " at offset " + hex(error.offset) + ")";
}

} // namespace ringfence
