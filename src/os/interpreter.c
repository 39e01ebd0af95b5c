/* The first line of a script, and the program header of an ELF file that names its loader. */
#include "os/interpreter.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"

/* The system reads no longer first line. */
#define LINE_LONGEST 255

/* Nor does it go further from script to script. */
#define SCRIPTS_MOST 5

/* No path is longer. */
#define PATH_LONGEST 4096

static bool of_script(int fd, struct buf *name)
{
    char line[LINE_LONGEST + 1];
    ssize_t length = pread(fd, line, LINE_LONGEST, 0);
    if (length < 3 || line[0] != '#' || line[1] != '!')
        return false;
    line[length] = '\0';
    const char *begin = line + 2 + strspn(line + 2, " \t");
    buf_append(name, begin, strcspn(begin, " \t\n"));
    return name->length;
}

static bool read_at(int fd, void *bytes, size_t size, uint64_t from)
{
    return from <= INT64_MAX && pread(fd, bytes, size, (off_t)from) == (ssize_t)size;
}

/* Reads the path that stands in SIZE bytes of the file, with its NUL. */
static bool read_path(int fd, uint64_t from, uint64_t size, struct buf *name)
{
    if (size < 2 || size > PATH_LONGEST)
        return false;
    char *room = buf_reserve(name, (size_t)size);
    if (!read_at(fd, room, (size_t)size, from) || room[size - 1])
        return false;
    buf_added(name, strlen(room));
    return true;
}

/* Both classes of ELF have the same fields, at other places. */
#define OF_ELF(bits)                                                                               \
    static bool of_elf##bits(int fd, struct buf *name)                                             \
    {                                                                                              \
        Elf##bits##_Ehdr head;                                                                     \
        Elf##bits##_Phdr part;                                                                     \
        if (!read_at(fd, &head, sizeof(head), 0))                                                  \
            return false;                                                                          \
        for (unsigned i = 0; i < head.e_phnum; i++) {                                              \
            if (!read_at(fd, &part, sizeof(part), head.e_phoff + (uint64_t)i * head.e_phentsize))  \
                return false;                                                                      \
            if (part.p_type == PT_INTERP)                                                          \
                return read_path(fd, part.p_offset, part.p_filesz, name);                          \
        }                                                                                          \
        return false;                                                                              \
    }

OF_ELF(32)
OF_ELF(64)

static bool of_binary(int fd, struct buf *name)
{
    unsigned char ident[EI_NIDENT];
    if (!read_at(fd, ident, sizeof(ident), 0) || memcmp(ident, ELFMAG, SELFMAG))
        return false;
    return ident[EI_CLASS] == ELFCLASS32   ? of_elf32(fd, name)
           : ident[EI_CLASS] == ELFCLASS64 ? of_elf64(fd, name)
                                           : false;
}

/* The interpreter of the program at PATH, seen from FROM; *LOADER: it is the one of a binary. */
static bool find(int from, const char *path, struct buf *name, bool *loader)
{
    struct stat status;
    int fd = openat(from, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool runs = !fstat(fd, &status) && S_ISREG(status.st_mode) &&
                (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH));
    *loader = runs && of_binary(fd, name);
    bool found = *loader || (runs && of_script(fd, name));
    close(fd);
    return found;
}

static int tell(const char *path, const struct buf *name, bool loader, int number, struct error *error)
{
    const char *missing = number == ENOENT ? "does not exist" : "is not executable";
    if (loader)
        return error_set(error, -number, "program '%s' needs the loader '%s', which %s; it was built for "
                         "another system", path, name->data, missing);
    if (number == ENOENT && name->data[name->length - 1] == '\r')
        return error_set(error, -number,
                         "program '%s' needs the interpreter '%.*s\\r', which does not exist: its lines end in "
                         "CR LF, as on Windows; sed -i 's/\\r$//' mends it",
                         path, (int)name->length - 1, name->data);
    return error_set(error, -number, "program '%s' needs the interpreter '%s', which %s", path, name->data,
                     missing);
}

int interpreter_explain(const char *directory, const char *path, int number, struct error *error)
{
    struct buf at = {0};
    int result = 0;
    int from = directory ? open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC) : AT_FDCWD;
    if (directory && from < 0)
        return 0;
    buf_text(&at, path);
    for (int i = 0; !result && i < SCRIPTS_MOST; i++) {
        struct buf name = {0};
        bool loader;
        if (!find(from, buf_string(&at), &name, &loader)) {
            buf_release(&name);
            break;
        }
        buf_string(&name);
        if (faccessat(from, name.data, number == ENOENT ? F_OK : X_OK, 0))
            result = tell(at.data, &name, loader, number, error);
        if (result && i)
            error_wrap(error, "program '%s'", path);
        buf_release(&at);
        at = name;
    }
    buf_release(&at);
    if (directory)
        close(from);
    return result;
}
