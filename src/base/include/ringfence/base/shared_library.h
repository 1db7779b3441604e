// A library that is loaded when it is first needed, so that a run which never asks it pays nothing for it, and a
// machine without it still runs the program.
#pragma once

namespace ringfence {

class SharedLibrary {
public:
  /// Loads the library from where the system looks for libraries, never from the working directory. It stays loaded
  /// until the process ends. Empty when there is none.
  static SharedLibrary open(const char *name);
  explicit operator bool() const { return handle_ != nullptr; }
  /// The address of an exported function; null when it has none of this name.
  void *symbol(const char *name) const;

private:
  explicit SharedLibrary(void *handle) : handle_(handle) {}
  void *handle_;
};

} // namespace ringfence
