/* Counts what passes through malloc; preloaded into a process by benchmarks/memory.py.

   Built as a shared library and named in LD_PRELOAD, it takes the place of the allocation functions
   of glibc and calls the originals under their other names. Bytes alive are those of all blocks;
   allocations are counted from THRESHOLD bytes on. Sizes are those that glibc gives, a little more
   than was asked for. */

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>

#define THRESHOLD 16384
#define PUBLIC __attribute__((visibility("default")))

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_long blocks, bytes, live, peak, large, large_peak;

static void raise_to(atomic_long *peak, long now) {
    long most = atomic_load(peak);
    while (now > most && !atomic_compare_exchange_weak(peak, &most, now)) {}
}

static void *took(void *block) {
    long size = block ? (long)malloc_usable_size(block) : 0;
    raise_to(&peak, atomic_fetch_add(&live, size) + size);
    if (size >= THRESHOLD) {
        raise_to(&large_peak, atomic_fetch_add(&large, size) + size);
        atomic_fetch_add(&blocks, 1);
        atomic_fetch_add(&bytes, size);
    }
    return block;
}

static void gave(void *block) {
    long size = block ? (long)malloc_usable_size(block) : 0;
    atomic_fetch_sub(&live, size);
    if (size >= THRESHOLD) atomic_fetch_sub(&large, size);
}

PUBLIC void *malloc(size_t size) { return took(__libc_malloc(size)); }
PUBLIC void *calloc(size_t count, size_t size) { return took(__libc_calloc(count, size)); }
PUBLIC void *memalign(size_t to, size_t size) { return took(__libc_memalign(to, size)); }
PUBLIC void *aligned_alloc(size_t to, size_t size) { return took(__libc_memalign(to, size)); }

PUBLIC int posix_memalign(void **result, size_t to, size_t size) {
    void *block = took(__libc_memalign(to, size));
    if (!block) return ENOMEM;
    *result = block;
    return 0;
}

PUBLIC void *realloc(void *old, size_t size) {
    gave(old);
    void *block = __libc_realloc(old, size);
    if (!block && size) { took(old); return NULL; }
    return took(block);
}

PUBLIC void free(void *block) {
    gave(block);
    __libc_free(block);
}

/* For the process itself, through ctypes. */
PUBLIC long counted_blocks(void) { return atomic_load(&blocks); }
PUBLIC long counted_bytes(void) { return atomic_load(&bytes); }
PUBLIC long counted_live(void) { return atomic_load(&live); }
PUBLIC long counted_peak(void) { return atomic_load(&peak); }
PUBLIC long counted_large(void) { return atomic_load(&large); }
PUBLIC long counted_large_peak(void) { return atomic_load(&large_peak); }
PUBLIC void counted_restart(void) {
    atomic_store(&peak, atomic_load(&live));
    atomic_store(&large_peak, atomic_load(&large));
}
