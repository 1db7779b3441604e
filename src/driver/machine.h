// The analysed machine: the image mapped at its preferred base, import slots that point to recognisable addresses,
// and the text and structure reads that everything in this room needs. One for each analysed driver.
#pragma once

#include <ringfence/code/idiom.h>
#include <ringfence/image/image.h>
#include <ringfence/kernel/api.h>
#include <ringfence/kernel/word_size.h>
#include <ringfence/symbolic/executor.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringfence::driver {

/// An outside routine: imported, found by name at run time, or an entry of a framework's function table.
struct Import {
  std::string name, module;
  const kernel::Api *api = nullptr;
  bool resolved_at_run_time = false;
};

/// A routine of the driver that only fills, copies, compares or measures memory.
struct MemoryRoutine {
  std::uint64_t entry = 0;
  code::IdiomKind kind = code::IdiomKind::fill;
  bool returns_destination = false;
  unsigned popped = 0; ///< argument bytes that its return removes (x86)
};

class Machine : public symbolic::CodeSource {
public:
  Machine(const image::Image &image, ir::Architecture architecture);

  const ir::Body &body() const override { return cache_.body(); }
  const ir::Block *block_at(std::uint64_t address) override { return cache_.block_at(address); }

  const image::Image &image() const { return image_; }
  /// All code that can be reached from what the image declares: for questions that no path answers. Made when asked.
  const code::Program &program() const;
  ir::Architecture architecture() const { return architecture_; }
  unsigned bits() const { return architecture_ == ir::Architecture::x86 ? 32 : 64; }
  kernel::WordSize word() const { return bits() == 32 ? kernel::WordSize::bits32 : kernel::WordSize::bits64; }
  /// True when the image says that an exception at the address goes to an __except block (x64 and ARM64 scope tables;
  /// x86 registers its handlers at run time: never).
  bool is_guarded(std::uint64_t address) const;
  /// The first address that is not the caller's (MmUserProbeAddress).
  std::uint64_t user_limit() const { return bits() == 32 ? 0x7fff0000u : 0x7fffffff0000u; }
  bool is_code(std::uint64_t address) const { return cache_.is_code_address(address); }
  /// The memory routine at an address; null when it is none.
  const MemoryRoutine *memory_routine_at(std::uint64_t address);
  /// True for the routine that compares a frame's security cookie.
  bool is_cookie_check(std::uint64_t address);
  /// Argument bytes that a routine of the driver removes from the stack when it returns (x86).
  unsigned popped_by(std::uint64_t routine) override;
  /// The address relative to the image base; nothing outside.
  std::optional<Rva> rva_of(std::uint64_t address) const { return image_.rva_of(Va(address)); }

  symbolic::ExprPool &pool() { return pool_; }
  symbolic::ObjectTable &objects() { return objects_; }

  void seed_security_cookie(symbolic::State &state);
  /// Puts the addresses of imported routines and variables into the import address table.
  void bind_imports(symbolic::State &state);
  /// The address that stands for an outside routine; the same name gives the same address.
  std::uint64_t address_of_import(std::string_view name, std::string_view module, const kernel::Api *api,
                                  bool at_run_time);
  /// The routine at an address; null when it is none.
  const Import *import_at(std::uint64_t address) const;
  const std::vector<Import> &imports() const { return imports_; }

  // Reads that succeed only when everything is constant.
  std::optional<std::uint64_t> read(const symbolic::State &state, std::uint64_t address, unsigned bytes);
  std::optional<std::string> read_text(const symbolic::State &state, std::uint64_t address);
  std::optional<std::string> read_wide_text(const symbolic::State &state, std::uint64_t address, std::size_t units);
  /// The characters before the NUL at `address`, at most `most` of them, each `unit` bytes wide (1 or 2) and one
  /// element of the result.
  std::optional<std::u16string> read_units(const symbolic::State &state, std::uint64_t address, unsigned unit,
                                           std::size_t most);
  /// The GUID at `address`: "{00000000-0000-...}".
  std::optional<std::string> read_guid(const symbolic::State &state, std::uint64_t address);
  /// The text of a UNICODE_STRING at `address`, as UTF-8.
  std::optional<std::string> read_unicode_string(const symbolic::State &state, std::uint64_t address);

  symbolic::Expr load(const symbolic::State &state, symbolic::ObjectId object, std::uint64_t offset, unsigned bytes);
  void store(symbolic::State &state, symbolic::ObjectId object, std::uint64_t offset, symbolic::Expr value);
  void store(symbolic::State &state, symbolic::ObjectId object, std::uint64_t offset, std::uint64_t value,
             unsigned bytes);
  symbolic::Expr pointer(std::uint64_t value) { return pool_.constant(value, bits()); }
  /// A fresh structure of known place; its unwritten bytes are unknown and carry `labels`.
  symbolic::ObjectId new_object(std::string name, std::uint64_t size, symbolic::ObjectKind kind, symbolic::Fill fill,
                                std::uint32_t labels);

private:
  void map_sections();
  std::optional<MemoryRoutine> recognise_memory_routine(std::uint64_t address);
  std::optional<unsigned> popped_at_first_return(std::uint64_t routine);
  unsigned popped_by_function(std::uint64_t routine) const;

  bool is_security_cookie(Rva rva) const;
  bool recognise_cookie_check(std::uint64_t address) const;

  const image::Image &image_;
  ir::Architecture architecture_;
  code::BlockCache cache_;
  mutable std::unique_ptr<code::Program> program_; ///< when asked; its blocks are its own
  code::FunctionRecogniser recogniser_;
  std::map<std::uint64_t, std::optional<MemoryRoutine>> memory_routines_; ///< by entry: what was asked
  std::map<std::uint64_t, bool> cookie_checks_;                           ///< by entry: what was asked
  std::map<std::uint64_t, unsigned> popped_;                              ///< by entry: what was asked
  symbolic::ExprPool pool_;
  symbolic::ObjectTable objects_;
  std::vector<Import> imports_;
  std::map<std::string, std::uint64_t, std::less<>> import_addresses_;
  mutable std::map<std::uint32_t, std::vector<image::ScopeEntry>> scopes_; ///< by the function's begin, when asked
  std::uint64_t import_base_;
};

} // namespace ringfence::driver
