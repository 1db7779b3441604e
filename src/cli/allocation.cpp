// operator new and delete of the `ringfence` executable on Linux: an analysis makes millions of small objects that live
// as long as a path, and the C library's allocator was a fifth of a costly driver's time. Sizes up to `largest` come
// from lists of free places by size, one set a thread, cut from one reserved range of addresses; all else is malloc's.
// A place that another thread frees goes to that thread's list. Nothing is given back before the process ends.
// The one mutable global state of the project: it holds no results. Not linked with sanitizers or elsewhere.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>

#include <malloc.h>
#include <sys/mman.h>

namespace {

constexpr std::size_t step = 16, small = 1024;        ///< places of up to `small` bytes are multiples of `step`
constexpr std::size_t big_step = 256, largest = 4096; ///< larger ones of `big_step`
constexpr std::size_t sizes = small / step + (largest - small) / big_step + 1;
constexpr std::size_t slab_size = std::size_t{1} << 14; ///< of one size of places each
constexpr std::size_t range_size = std::size_t{1} << 33;
constexpr std::size_t heap_size = std::size_t{1} << 28; ///< how much of malloc's heap has large pages
constexpr std::uintptr_t huge_page = std::uintptr_t{1} << 21;

struct Place {
  Place *next;
};
struct Stock {
  std::array<Place *, sizes> free;
  std::array<std::byte *, sizes> fresh, fresh_end; ///< the part of the newest slab that was never given out
};

constinit thread_local Stock stock{};
constinit std::mutex slabs_mutex;
constexpr std::uintptr_t no_range = std::uintptr_t{1} << 63; ///< no place is within `range_size` of it
constinit std::atomic<std::uintptr_t> range{no_range};
constinit std::size_t used_slabs = 0;    ///< guarded by slabs_mutex
constinit bool is_range_refused = false; ///< the system reserves no such range: everything is malloc's
constinit std::array<std::uint8_t, range_size / slab_size>
    size_of_slab{}; ///< by number; written before a place is known

/// The number of the smallest size of places that holds `size` bytes, and that size.
constexpr std::size_t index_of(std::size_t size) {
  return size <= small ? (size + step - 1) / step : (size - small + big_step - 1) / big_step + small / step;
}
constexpr std::size_t size_at(std::size_t index) {
  return index <= small / step ? index * step : small + (index - small / step) * big_step;
}
static_assert(index_of(largest) == sizes - 1 && size_at(sizes - 1) == largest && sizes <= 256);

/// A new slab for places of the size numbered `index`; null when there is none.
std::byte *take_slab(std::size_t index) {
  const std::lock_guard lock(slabs_mutex);
  if (is_range_refused)
    return nullptr;
  if (range.load(std::memory_order_relaxed) == no_range) {
    // Large blocks are asked for again soon: they stay in the heap, which grows in large steps. Z3 fills 16 MB of it
    // before its first question.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 1 << 20);
    if (void *heap = std::malloc(heap_size)) {
      const std::uintptr_t from = (reinterpret_cast<std::uintptr_t>(heap) + huge_page - 1) & ~(huge_page - 1);
      madvise(reinterpret_cast<void *>(from), heap_size - huge_page, MADV_HUGEPAGE);
      std::free(heap);
    }
    void *reserved = mmap(nullptr, range_size + huge_page, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    is_range_refused = reserved == MAP_FAILED;
    if (is_range_refused)
      return nullptr;
    const std::uintptr_t first = (reinterpret_cast<std::uintptr_t>(reserved) + huge_page - 1) & ~(huge_page - 1);
    madvise(reinterpret_cast<void *>(first), range_size, MADV_HUGEPAGE);
    range.store(first, std::memory_order_relaxed);
  }
  if (used_slabs == size_of_slab.size())
    return nullptr;
  size_of_slab[used_slabs] = static_cast<std::uint8_t>(index);
  return reinterpret_cast<std::byte *>(range.load(std::memory_order_relaxed) + slab_size * used_slabs++);
}

void *from_malloc(std::size_t size) {
  void *out = std::malloc(size == 0 ? 1 : size);
  if (!out)
    std::abort(); // nobody catches std::bad_alloc
  return out;
}

void *fresh_place(std::size_t index) {
  const std::size_t size = size_at(index);
  if (static_cast<std::size_t>(stock.fresh_end[index] - stock.fresh[index]) < size) {
    std::byte *slab = take_slab(index);
    if (!slab)
      return from_malloc(size);
    stock.fresh[index] = slab;
    stock.fresh_end[index] = slab + slab_size;
  }
  void *out = stock.fresh[index];
  stock.fresh[index] += size;
  return out;
}

void *allocate(std::size_t size) {
  if (size > largest)
    return from_malloc(size);
  const std::size_t index = size == 0 ? 1 : index_of(size);
  Place *const place = stock.free[index];
  if (!place)
    return fresh_place(index);
  stock.free[index] = place->next;
  return place;
}

void release(void *memory) {
  const auto offset = reinterpret_cast<std::uintptr_t>(memory) - range.load(std::memory_order_relaxed);
  if (offset >= range_size)
    return std::free(memory);
  const std::size_t index = size_of_slab[offset / slab_size];
  Place *const place = static_cast<Place *>(memory);
  place->next = stock.free[index];
  stock.free[index] = place;
}

} // namespace

void *operator new(std::size_t size) { return allocate(size); }
void *operator new[](std::size_t size) { return allocate(size); }
void operator delete(void *memory) noexcept { release(memory); }
void operator delete[](void *memory) noexcept { release(memory); }
void operator delete(void *memory, std::size_t) noexcept { release(memory); }
void operator delete[](void *memory, std::size_t) noexcept { release(memory); }
