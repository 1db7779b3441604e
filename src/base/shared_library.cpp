#include <ringfence/base/shared_library.h>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace ringfence {

#ifdef _WIN32
SharedLibrary SharedLibrary::open(const char *name) {
  return SharedLibrary(LoadLibraryExA(name, nullptr, LOAD_LIBRARY_SEARCH_DEFAULT_DIRS));
}

void *SharedLibrary::symbol(const char *name) const {
  return reinterpret_cast<void *>(GetProcAddress(static_cast<HMODULE>(handle_), name));
}
#else
SharedLibrary SharedLibrary::open(const char *name) { return SharedLibrary(dlopen(name, RTLD_LAZY | RTLD_LOCAL)); }

void *SharedLibrary::symbol(const char *name) const { return dlsym(handle_, name); }
#endif

} // namespace ringfence
