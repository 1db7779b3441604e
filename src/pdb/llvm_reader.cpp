// The one translation unit that sees LLVM: module list, symbol records, line tables, build records.
// LLVM gets whole streams that Msf has checked and copied, and only its readers that return errors are used: PDBFile
// and the hash tables of the named streams take sizes from the file on trust. No LLVM type leaves this file.

#include "contents.h"
#include "msf.h"

#include <llvm/DebugInfo/CodeView/CVRecord.h>
#include <llvm/DebugInfo/CodeView/DebugChecksumsSubsection.h>
#include <llvm/DebugInfo/CodeView/DebugLinesSubsection.h>
#include <llvm/DebugInfo/CodeView/DebugSubsectionRecord.h>
#include <llvm/DebugInfo/CodeView/SymbolDeserializer.h>
#include <llvm/DebugInfo/CodeView/TypeDeserializer.h>
#include <llvm/DebugInfo/PDB/Native/DbiStream.h>
#include <llvm/Support/BinaryByteStream.h>
#include <llvm/Support/BinaryStreamReader.h>

#include <map>
#include <memory>

namespace ringfence::pdb {
namespace {

namespace cv = llvm::codeview;
using StreamBytes = std::vector<std::byte>;

constexpr std::size_t symbol_cap = 4u << 20; // functions and publics, each
constexpr std::size_t line_cap = 16u << 20;
constexpr std::size_t file_cap = 1u << 20; // source files over all modules
constexpr std::size_t type_record_cap = 16u << 20;
constexpr std::size_t diagnostic_cap = 64;
constexpr std::size_t build_string_cap = 1u << 20;

llvm::ArrayRef<std::uint8_t> array_of(Bytes bytes) {
  return {static_cast<const std::uint8_t *>(static_cast<const void *>(bytes.data())), bytes.size()};
}

llvm::BinaryStreamRef stream_of(Bytes bytes) {
  return llvm::BinaryStreamRef(array_of(bytes), llvm::endianness::little);
}

std::string text_of(llvm::StringRef text) { return {text.data(), text.size()}; }

Language language_of(unsigned cv_language) {
  switch (cv_language) {
  case cv::SourceLanguage::C:
    return Language::c;
  case cv::SourceLanguage::Cpp:
    return Language::cpp;
  case cv::SourceLanguage::Masm:
    return Language::assembler;
  case cv::SourceLanguage::Link:
    return Language::linker;
  case cv::SourceLanguage::Cvtres:
    return Language::resource;
  case cv::SourceLanguage::Rust:
    return Language::rust;
  default:
    return Language::other;
  }
}

SourceHash hash_of(cv::FileChecksumKind kind) {
  switch (kind) {
  case cv::FileChecksumKind::None:
    return SourceHash::none;
  case cv::FileChecksumKind::MD5:
    return SourceHash::md5;
  case cv::FileChecksumKind::SHA1:
    return SourceHash::sha1;
  case cv::FileChecksumKind::SHA256:
    return SourceHash::sha256;
  }
  return SourceHash::unknown;
}

bool is_function(cv::SymbolKind kind) {
  return kind == cv::S_GPROC32 || kind == cv::S_LPROC32 || kind == cv::S_GPROC32_ID || kind == cv::S_LPROC32_ID ||
         kind == cv::S_LPROC32_DPC || kind == cv::S_LPROC32_DPC_ID;
}

/// The id stream: type records by index, found once and decoded when a module asks.
class BuildRecords {
public:
  /// `bytes` is the IPI stream; an error leaves it with the records before the broken one.
  Status load(StreamBytes bytes) {
    bytes_ = std::move(bytes);
    const SpanReader reader{Bytes(bytes_)};
    const auto header_size = reader.get<std::uint32_t>(4);
    const auto first = reader.get<std::uint32_t>(8);
    const auto record_bytes = reader.get<std::uint32_t>(16);
    if (!record_bytes || !reader.contains(*header_size, *record_bytes))
      return Error{ErrorCode::malformed, 0, "id stream: header of " + std::to_string(bytes_.size()) + " bytes"};
    first_ = *first;
    bool broken = false;
    const cv::CVTypeArray records(stream_of(Bytes(bytes_).subspan(*header_size, *record_bytes)));
    for (auto it = records.begin(&broken); it != records.end() && records_.size() < type_record_cap; ++it)
      records_.push_back(it->RecordData);
    if (broken)
      return Error{ErrorCode::malformed, 0, "id stream: record " + std::to_string(records_.size()) + " is broken"};
    return {};
  }

  /// Fills the strings of compiland `to` from the LF_BUILDINFO record `index`.
  void describe(std::uint32_t index, Compiland &to) const {
    const auto record = find<cv::BuildInfoRecord>(index, cv::LF_BUILDINFO);
    if (!record)
      return;
    std::string *const fields[] = {&to.working_directory, &to.tool, &to.source, nullptr, &to.command_line};
    const auto arguments = record->getArgs();
    for (std::size_t i = 0; i < std::size(fields) && i < arguments.size(); ++i)
      if (fields[i]) {
        fields[i]->clear();
        append_string(arguments[i].getIndex(), *fields[i], 0);
      }
  }

private:
  template <class Record> std::optional<Record> find(std::uint32_t index, cv::TypeLeafKind kind) const {
    if (index < first_ || index - first_ >= records_.size())
      return std::nullopt;
    cv::CVType type(records_[index - first_]);
    if (type.kind() != kind)
      return std::nullopt;
    auto record = cv::TypeDeserializer::deserializeAs<Record>(type.data());
    if (!record) {
      llvm::consumeError(record.takeError());
      return std::nullopt;
    }
    return *record;
  }

  /// A string longer than one record is a list of substrings before the last part.
  void append_string(std::uint32_t index, std::string &to, unsigned depth) const {
    constexpr unsigned depth_cap = 4;
    const auto text = find<cv::StringIdRecord>(index, cv::LF_STRING_ID);
    if (!text || depth >= depth_cap)
      return;
    if (const auto list = find<cv::StringListRecord>(text->getId().getIndex(), cv::LF_SUBSTR_LIST))
      for (const cv::TypeIndex part : list->getIndices())
        if (to.size() < build_string_cap)
          append_string(part.getIndex(), to, depth + 1);
    if (to.size() < build_string_cap)
      to += text_of(text->getString());
  }

  StreamBytes bytes_;
  std::uint32_t first_ = 0;
  std::vector<llvm::ArrayRef<std::uint8_t>> records_;
};

class Reader {
public:
  explicit Reader(Msf msf) : msf_(std::move(msf)) {}

  Result<Contents> run() {
    Status status = read_identity_streams();
    if (!status)
      return status.error();
    status = open_dbi();
    if (!status)
      return status.error();
    read_sections();
    read_build_records();
    read_names();
    read_modules();
    read_publics();
    return std::move(contents_);
  }

private:
  void diagnose(ErrorCode code, std::uint64_t offset, std::string what) {
    if (contents_.diagnostics.size() < diagnostic_cap)
      contents_.diagnostics.push_back({code, offset, std::move(what)});
  }
  void diagnose(Error error) { diagnose(error.code, error.offset, std::move(error.what)); }
  void diagnose(llvm::Error error, const std::string &where) {
    diagnose(ErrorCode::malformed, 0, where + ": " + llvm::toString(std::move(error)));
  }

  Status read_identity_streams() {
    const auto info_bytes = msf_.read(info_stream, "info stream");
    if (!info_bytes)
      return info_bytes.error();
    auto info = read_info_stream(*info_bytes);
    if (!info)
      return info.error();
    info_ = *std::move(info);
    auto dbi = msf_.read(dbi_stream, "DBI stream");
    if (!dbi)
      return dbi.error();
    dbi_bytes_ = *std::move(dbi);
    const auto start = read_dbi_start(dbi_bytes_);
    if (!start)
      return start.error();
    contents_.identity = {info_.guid, start->age};
    contents_.machine = start->machine;
    contents_.stripped = start->stripped;
    for (const InfoStream::Named &named : info_.named)
      contents_.source_link |= named.name == "sourcelink" || named.name.starts_with("sourcelink$");
    return {};
  }

  Status open_dbi() {
    dbi_ = std::make_unique<llvm::pdb::DbiStream>(
        std::make_unique<llvm::BinaryByteStream>(array_of(dbi_bytes_), llvm::endianness::little));
    if (llvm::Error error = dbi_->reload(nullptr))
      return Error{ErrorCode::malformed, 0, "DBI stream: " + llvm::toString(std::move(error))};
    return {};
  }

  void read_sections() {
    const std::uint32_t stream = dbi_->getDebugStreamIndex(llvm::pdb::DbgHeaderType::SectionHdr);
    const auto bytes = msf_.read(stream, "section headers");
    if (!bytes)
      return diagnose(bytes.error());
    constexpr std::uint64_t header_size = 40, virtual_size_field = 8, rva_field = 12;
    const SpanReader reader{Bytes(*bytes)};
    for (std::uint64_t at = 0; reader.contains(at, header_size); at += header_size)
      sections_.push_back(
          {*reader.get<std::uint32_t>(at + rva_field), *reader.get<std::uint32_t>(at + virtual_size_field)});
    if (dbi_->getDebugStreamIndex(llvm::pdb::DbgHeaderType::OmapFromSrc) != no_stream) {
      // Every address in the file is one before the rearrangement: a wrong name is worse than none.
      sections_.clear();
      diagnose(ErrorCode::unsupported, 0,
               "the image was rearranged after linking (OMAP): addresses are not translated");
    }
  }

  /// The address of section:offset; nothing when the section does not exist or ends before.
  std::optional<Rva> rva_of(std::uint16_t section, std::uint32_t offset) const {
    if (section == 0 || section > sections_.size() || offset >= sections_[section - 1u].size)
      return std::nullopt;
    const std::uint64_t rva = std::uint64_t{sections_[section - 1u].rva} + offset;
    if (rva > 0xffffffffu)
      return std::nullopt;
    return Rva(static_cast<std::uint32_t>(rva));
  }

  void read_build_records() {
    auto bytes = msf_.read(ipi_stream, "id stream");
    if (!bytes || bytes->empty())
      return; // before Visual C++ 11 there is none
    Status status = build_records_.load(*std::move(bytes));
    if (!status)
      diagnose(status.error());
  }

  void read_names() {
    const auto stream = info_.find("/names");
    if (!stream)
      return;
    auto bytes = msf_.read(*stream, "/names");
    if (!bytes)
      return diagnose(bytes.error());
    names_ = *std::move(bytes);
  }

  std::string_view name_at(std::uint32_t offset) const {
    constexpr std::uint64_t names_header = 12;
    return SpanReader(Bytes(names_)).c_string(names_header + offset, names_.size()).value_or(std::string_view());
  }

  void read_modules() {
    const llvm::pdb::DbiModuleList &modules = dbi_->modules();
    for (std::uint32_t i = 0; i < modules.getModuleCount() && i < stream_cap; ++i) {
      const llvm::pdb::DbiModuleDescriptor module = modules.getModuleDescriptor(i);
      Compiland compiland;
      compiland.module = text_of(module.getModuleName());
      compiland.library = text_of(module.getObjFileName());
      if (module.getModuleStreamIndex() != no_stream)
        read_module(module, compiland);
      contents_.compilands.push_back(std::move(compiland));
    }
  }

  void read_module(const llvm::pdb::DbiModuleDescriptor &module, Compiland &compiland) {
    const auto bytes = msf_.read(module.getModuleStreamIndex(), compiland.module);
    if (!bytes)
      return diagnose(bytes.error());
    const SpanReader reader{Bytes(*bytes)};
    const std::uint32_t symbol_size = module.getSymbolDebugInfoByteSize();
    constexpr std::uint32_t signature_size = 4;
    const auto symbols =
        symbol_size < signature_size ? std::nullopt : reader.slice(signature_size, symbol_size - signature_size);
    const auto lines =
        reader.slice(std::uint64_t{symbol_size} + module.getC11LineInfoByteSize(), module.getC13LineInfoByteSize());
    if (!symbols || !lines)
      return diagnose(ErrorCode::truncated, 0, "module " + compiland.module + ": its stream is shorter than stated");
    if (module.getC11LineInfoByteSize() != 0)
      diagnose(ErrorCode::unsupported, 0, "module " + compiland.module + ": line table of an old compiler (C11)");
    read_symbols(symbols->bytes(), compiland);
    read_subsections(lines->bytes(), compiland);
  }

  void read_symbols(Bytes bytes, Compiland &compiland) {
    bool broken = false;
    const cv::CVSymbolArray symbols(stream_of(bytes));
    Function *function = nullptr;
    for (auto it = symbols.begin(&broken); it != symbols.end(); ++it) {
      const cv::CVSymbol symbol = *it;
      llvm::Error error = llvm::Error::success();
      if (is_function(symbol.kind()))
        error = add_function(symbol, function);
      else if (symbol.kind() == cv::S_FRAMEPROC)
        error = set_frame(symbol, function);
      else
        error = describe(symbol, compiland);
      if (error)
        diagnose(std::move(error), "module " + compiland.module);
    }
    if (broken)
      diagnose(ErrorCode::malformed, 0, "module " + compiland.module + ": a symbol record is broken");
  }

  llvm::Error add_function(const cv::CVSymbol &symbol, Function *&function) {
    function = nullptr;
    auto procedure = cv::SymbolDeserializer::deserializeAs<cv::ProcSym>(symbol);
    if (!procedure)
      return procedure.takeError();
    const auto rva = rva_of(procedure->Segment, procedure->CodeOffset);
    if (!rva || contents_.functions.size() >= symbol_cap)
      return llvm::Error::success(); // a function that the linker dropped has section 0
    const bool global = symbol.kind() == cv::S_GPROC32 || symbol.kind() == cv::S_GPROC32_ID;
    contents_.functions.push_back({.name = text_of(procedure->Name),
                                   .rva = *rva,
                                   .size = procedure->CodeSize,
                                   .compiland = static_cast<std::uint32_t>(contents_.compilands.size()),
                                   .global = global});
    function = &contents_.functions.back();
    return llvm::Error::success();
  }

  static llvm::Error set_frame(const cv::CVSymbol &symbol, Function *function) {
    auto frame = cv::SymbolDeserializer::deserializeAs<cv::FrameProcSym>(symbol);
    if (!frame)
      return frame.takeError();
    if (!function || function->frame_described)
      return llvm::Error::success();
    const auto has = [&](cv::FrameProcedureOptions flag) { return (frame->Flags & flag) == flag; };
    function->frame_described = true;
    function->security_checks = has(cv::FrameProcedureOptions::SecurityChecks);
    function->safe_buffers = has(cv::FrameProcedureOptions::SafeBuffers);
    return llvm::Error::success();
  }

  /// Records about the compiland as a whole; others are passed over.
  llvm::Error describe(const cv::CVSymbol &symbol, Compiland &to) {
    switch (symbol.kind()) {
    case cv::S_COMPILE3: {
      auto record = cv::SymbolDeserializer::deserializeAs<cv::Compile3Sym>(symbol);
      if (!record)
        return record.takeError();
      const auto has = [&](cv::CompileSym3Flags flag) { return (record->Flags & flag) == flag; };
      to.sdl = has(cv::CompileSym3Flags::Sdl);
      set_compiler(to, record->getLanguage(), text_of(record->Version), has(cv::CompileSym3Flags::SecurityChecks),
                   has(cv::CompileSym3Flags::LTCG), has(cv::CompileSym3Flags::ManagedPresent));
      to.frontend_version = {record->VersionFrontendMajor, record->VersionFrontendMinor, record->VersionFrontendBuild,
                             record->VersionFrontendQFE};
      to.backend_version = {record->VersionBackendMajor, record->VersionBackendMinor, record->VersionBackendBuild,
                            record->VersionBackendQFE};
      break;
    }
    case cv::S_COMPILE2: {
      auto record = cv::SymbolDeserializer::deserializeAs<cv::Compile2Sym>(symbol);
      if (!record)
        return record.takeError();
      const auto has = [&](cv::CompileSym2Flags flag) { return (record->Flags & flag) == flag; };
      set_compiler(to, record->getLanguage(), text_of(record->Version), has(cv::CompileSym2Flags::SecurityChecks),
                   has(cv::CompileSym2Flags::LTCG), has(cv::CompileSym2Flags::ManagedPresent));
      to.frontend_version = {record->VersionFrontendMajor, record->VersionFrontendMinor, record->VersionFrontendBuild,
                             0};
      to.backend_version = {record->VersionBackendMajor, record->VersionBackendMinor, record->VersionBackendBuild, 0};
      break;
    }
    case cv::S_BUILDINFO: {
      auto record = cv::SymbolDeserializer::deserializeAs<cv::BuildInfoSym>(symbol);
      if (!record)
        return record.takeError();
      build_records_.describe(record->BuildId.getIndex(), to);
      break;
    }
    case cv::S_ENVBLOCK:
      return read_environment(symbol, to);
    default:
      break;
    }
    return llvm::Error::success();
  }

  static void set_compiler(Compiland &to, unsigned language, std::string version, bool security_checks,
                           bool link_time_code, bool managed) {
    to.described = true;
    to.language = language_of(language);
    to.compiler = std::move(version);
    to.security_checks = security_checks;
    to.link_time_code = link_time_code;
    to.managed = managed;
  }

  /// Pairs of names and values; older compilers and the linker record the command line here.
  static llvm::Error read_environment(const cv::CVSymbol &symbol, Compiland &to) {
    auto record = cv::SymbolDeserializer::deserializeAs<cv::EnvBlockSym>(symbol);
    if (!record)
      return record.takeError();
    for (std::size_t i = 0; i + 1 < record->Fields.size(); i += 2) {
      const llvm::StringRef key = record->Fields[i];
      std::string *const field = key == "cmd"                  ? &to.command_line
                                 : key == "cwd"                ? &to.working_directory
                                 : key == "src"                ? &to.source
                                 : key == "cl" || key == "exe" ? &to.tool
                                                               : nullptr;
      if (field)
        *field = text_of(record->Fields[i + 1]);
    }
    return llvm::Error::success();
  }

  void read_subsections(Bytes bytes, Compiland &compiland) {
    std::map<std::uint32_t, std::uint32_t> files; // offset of a checksum entry -> index of the file
    for (const bool want_lines : {false, true}) {
      bool broken = false;
      const cv::DebugSubsectionArray subsections(stream_of(bytes));
      for (auto it = subsections.begin(&broken); it != subsections.end(); ++it) {
        llvm::Error error = llvm::Error::success();
        if (!want_lines && it->kind() == cv::DebugSubsectionKind::FileChecksums)
          error = read_checksums(it->getRecordData(), compiland, files);
        else if (want_lines && it->kind() == cv::DebugSubsectionKind::Lines)
          error = read_lines(it->getRecordData(), files);
        if (error)
          diagnose(std::move(error), "module " + compiland.module);
      }
      if (broken && want_lines)
        diagnose(ErrorCode::malformed, 0, "module " + compiland.module + ": the line table is broken");
    }
  }

  llvm::Error read_checksums(llvm::BinaryStreamRef data, Compiland &compiland,
                             std::map<std::uint32_t, std::uint32_t> &files) {
    cv::DebugChecksumsSubsectionRef checksums;
    if (llvm::Error error = checksums.initialize(data))
      return error;
    bool broken = false;
    for (auto it = checksums.getArray().begin(&broken); it != checksums.end() && contents_.files.size() < file_cap;
         ++it) {
      const auto index = static_cast<std::uint32_t>(contents_.files.size());
      contents_.files.push_back({std::string(name_at(it->FileNameOffset)), hash_of(it->Kind)});
      compiland.files.push_back(index);
      files.emplace(it.offset(), index);
    }
    if (broken)
      diagnose(ErrorCode::malformed, 0, "module " + compiland.module + ": a source file record is broken");
    return llvm::Error::success();
  }

  llvm::Error read_lines(llvm::BinaryStreamRef data, const std::map<std::uint32_t, std::uint32_t> &files) {
    cv::DebugLinesSubsectionRef lines;
    if (llvm::Error error = lines.initialize(llvm::BinaryStreamReader(data)))
      return error;
    const std::uint16_t section = lines.header()->RelocSegment;
    const std::uint32_t start = lines.header()->RelocOffset;
    bool any = false;
    for (const cv::LineColumnEntry &block : lines) {
      const auto file = files.find(block.NameIndex);
      if (file == files.end())
        continue;
      for (const cv::LineNumberEntry &entry : block.LineNumbers) {
        const cv::LineInfo info(entry.Flags);
        const auto rva = rva_of(section, start + entry.Offset);
        if (!rva || info.isAlwaysStepInto() || info.isNeverStepInto() || contents_.lines.size() >= line_cap)
          continue;
        contents_.lines.push_back({*rva, file->second, info.getStartLine()});
        any = true;
      }
    }
    const auto first = rva_of(section, start);
    if (any && first && first->value <= 0xffffffffu - lines.header()->CodeSize)
      contents_.lines.push_back({Rva(first->value + lines.header()->CodeSize), 0, 0});
    return llvm::Error::success();
  }

  void read_publics() {
    const auto bytes = msf_.read(dbi_->getSymRecordStreamIndex(), "symbol records");
    if (!bytes)
      return diagnose(bytes.error());
    bool broken = false;
    const cv::CVSymbolArray symbols(stream_of(*bytes));
    for (auto it = symbols.begin(&broken); it != symbols.end() && contents_.publics.size() < symbol_cap; ++it) {
      if (it->kind() != cv::S_PUB32)
        continue;
      auto record = cv::SymbolDeserializer::deserializeAs<cv::PublicSym32>(*it);
      if (!record) {
        diagnose(record.takeError(), "symbol records");
        continue;
      }
      if (const auto rva = rva_of(record->Segment, record->Offset))
        contents_.publics.push_back({text_of(record->Name), *rva,
                                     (record->Flags & cv::PublicSymFlags::Function) == cv::PublicSymFlags::Function});
    }
    if (broken)
      diagnose(ErrorCode::malformed, 0, "symbol records: a record is broken");
  }

  struct SectionExtent {
    std::uint32_t rva, size;
  };
  Msf msf_;
  InfoStream info_;
  StreamBytes dbi_bytes_, names_;
  std::unique_ptr<llvm::pdb::DbiStream> dbi_;
  std::vector<SectionExtent> sections_;
  BuildRecords build_records_;
  Contents contents_;
};

} // namespace

Result<Contents> read_contents(Bytes file) {
  auto msf = Msf::open(file);
  if (!msf)
    return msf.error();
  return Reader(*std::move(msf)).run();
}

bool can_read_contents() { return true; }

} // namespace ringfence::pdb
